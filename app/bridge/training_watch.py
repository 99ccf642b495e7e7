"""Looks at the trainings in a folder twice a second, in a thread, while anybody looks."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.bridge.training_process import exists, last_line, lives
from app.state.trainings import State, Training
from core.checkpoints.manifest import MANIFEST_FILE
from core.checkpoints.training import (
    TrainingProgress,
    list_trainings,
    output_of,
    read_progress,
    training_folder,
)
from core.errors import CheckpointError

LOOK_MS = 500
MOST = 200
"""Trainings that are listed."""


class TrainingWatch(QObject):
    """Tells what changed in the list of trainings; those finished meanwhile stay in it."""

    changed = pyqtSignal(object)
    """tuple[Training, ...]"""
    _looked = pyqtSignal(object, object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.started: dict[Path, int] = {}
        """Process ids of what this window started, by output."""
        self.trainings: tuple[Training, ...] = ()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trainings")
        self._under_way = False
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._looked.connect(self._take)

    def watch(self) -> None:
        """Look now and from now on."""
        if not self._timer.isActive():
            self._timer.start()
            self.look()

    def rest(self) -> None:
        """Look no more, until `watch`."""
        self._timer.stop()

    def look(self) -> None:
        """Once, soon."""
        if not self._under_way and not self._closed:
            self._under_way = True
            self._pool.submit(self._work, dict(self.started), self.trainings)

    def close(self) -> None:
        """Stop for good; the trainings go on."""
        self._closed = True
        self._timer.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, started: Mapping[Path, int], before: tuple[Training, ...]) -> None:
        """In the thread."""
        self._looked.emit(look_at(self.folder, started, before), started)

    def _take(self, found: tuple[Training, ...], started: Mapping[Path, int]) -> None:
        self._under_way = False
        if self.started.items() - started.items():
            # What was started meanwhile is not among what was found, or looks as it did before.
            self.look()
        elif not self._closed and found != self.trainings:
            self.trainings = found
            self.changed.emit(found)


def look_at(
    folder: Path, started: Mapping[Path, int], before: tuple[Training, ...] = ()
) -> tuple[Training, ...]:
    """The trainings of a folder and those started elsewhere; what was seen `before` is
    remembered where the training has finished and left nothing but the checkpoint."""
    known = {training.output: training for training in before}
    outputs = {output_of(path) for path in list_trainings(folder)[:MOST]}
    outputs |= set(started) | {t.output for t in before if _is_complete(t.output)}
    found = (
        _look(output, started.get(output), known.get(output)) for output in sorted(outputs)
    )
    return tuple(training for training in found if training is not None)


def _look(output: Path, process: int | None, before: Training | None) -> Training | None:
    found = before if _is_complete(output) else _look_at_unfinished(output, process)
    if _is_complete(output):
        # Also where it has finished since: what was found then is that it ended, not how.
        known = (each.progress for each in (found, before) if each and each.progress)
        return Training(output=output, state="finished", progress=next(known, None))
    return found


def _look_at_unfinished(output: Path, process: int | None) -> Training | None:
    folder = training_folder(output)
    if not folder.is_dir():
        if process is None:
            return None
        if exists(process):
            return Training(output=output, state="starting")
        line = last_line(output)
        ended: State = "stopped" if line == "stopped" else "failed"
        return Training(output=output, state=ended, line=line)
    alive = lives(folder)
    try:
        said = read_progress(folder)
    except CheckpointError as error:
        begins = alive or (process is not None and exists(process))
        state: State = "starting" if begins else "failed"
        return Training(output=output, state=state, line="" if begins else str(error))
    return _stand(output, said, alive=alive, process=process)


def _stand(
    output: Path, said: TrainingProgress, *, alive: bool, process: int | None
) -> Training:
    if alive:
        # Until it has read the data, what it says is from the time before.
        state: State = "running" if said.state == "running" else "starting"
        return Training(output=output, state=state, progress=said)
    if process is not None and exists(process):
        return Training(output=output, state="starting", progress=said)
    if process is not None and said.process != process:
        # It ended before it came to its work.
        return Training(output=output, state="failed", progress=said, line=last_line(output))
    if said.state in ("running", "finished"):
        return Training(output=output, state="killed", progress=said)
    state = "failed" if said.state == "failed" else "stopped"
    return Training(output=output, state=state, progress=said, line=said.line)


def _is_complete(output: Path) -> bool:
    return (output / MANIFEST_FILE).is_file()
