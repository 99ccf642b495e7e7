"""Tells whoever watches how far a training is, and keeps two from working in one folder."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from core.checkpoints.disk import reporting
from core.checkpoints.training import (
    LOCK_FILE,
    StageProgress,
    TrainingProgress,
    TrainingRequest,
    write_progress,
)
from core.errors import DataError, PsiscopeError
from core.traces import lock

INTERVAL = 0.5
"""Seconds between two writings, at least."""
_ATTEMPTS = 40
_PAUSE = 0.05
"""Seconds between two attempts: who asks whether a training lives holds the lock shortly."""


@runtime_checkable
class Watcher(Protocol):
    """Is told how far a stage is."""

    def begin(self, number: int, curves: Mapping[str, Sequence[float]]) -> None:
        """The stage goes on from that update."""
        ...

    def advance(self, number: int) -> None:
        """That many updates are done. Called after each: it must cost next to nothing."""
        ...

    def note(self, number: int, curves: Mapping[str, Sequence[float]]) -> None:
        """The same, after an evaluation."""
        ...


class Unwatched:
    """Nobody watches."""

    def begin(self, number: int, curves: Mapping[str, Sequence[float]]) -> None: ...
    def advance(self, number: int) -> None: ...
    def note(self, number: int, curves: Mapping[str, Sequence[float]]) -> None: ...


class Progress:
    """Writes `progress.json`. What the disk refuses is not written: the training goes on."""

    def __init__(
        self,
        folder: Path,
        request: TrainingRequest,
        stages: Sequence[tuple[str, int]],
        *,
        command: str = "",
    ) -> None:
        """stages: name and gradient updates of each."""
        self._folder = folder
        self._said = TrainingProgress(
            state="running",
            request=request,
            command=command,
            process=os.getpid(),
            stages=tuple(StageProgress(name=name, number=0, of=of) for name, of in stages),
        )
        self._began = (0, 0.0)
        self._due = 0.0

    def begin(self, number: int, curves: Mapping[str, Sequence[float]]) -> None:
        """The current stage goes on from that update."""
        self._began = (number, time.monotonic())
        self.note(number, curves)

    def advance(self, number: int) -> None:
        """That many updates are done; written where the last writing is long enough ago."""
        if time.monotonic() >= self._due:
            self._write(number)

    def note(self, number: int, curves: Mapping[str, Sequence[float]]) -> None:
        """The same with new curves, written now."""
        name = self._said.stages[self._said.stage].name
        known: dict[str, tuple[float | None, ...]] = {
            key: tuple(values) for key, values in curves.items()
        }
        self._said = dataclasses.replace(self._said, curves={**self._said.curves, name: known})
        self._write(number)

    def end_stage(self) -> None:
        """The next stage follows, if there is one."""
        last = len(self._said.stages) - 1
        self._said = dataclasses.replace(
            self._said, stage=min(self._said.stage + 1, last), rate=0.0
        )

    def end(self, state: str, line: str = "") -> None:
        """The training is over, or waits. One that never began leaves what was there before."""
        if not self._due:
            return
        self._said = dataclasses.replace(self._said, state=state, line=line, rate=0.0)
        self._put()

    def _write(self, number: int) -> None:
        said = self._said
        first, since = self._began
        seconds = time.monotonic() - since
        stages = list(said.stages)
        stages[said.stage] = dataclasses.replace(stages[said.stage], number=number)
        rate = (number - first) / seconds if number > first and seconds > 0 else 0.0
        self._said = dataclasses.replace(said, stages=tuple(stages), rate=rate)
        self._put()

    def _put(self) -> None:
        with suppress(OSError):
            write_progress(self._folder, self._said)
        self._due = time.monotonic() + INTERVAL


@contextmanager
def followed(
    folder: Path,
    request: TrainingRequest,
    stages: Sequence[tuple[str, int]],
    *,
    command: str = "",
) -> Iterator[Progress]:
    """While a training works in `folder`: nobody else does, and its progress is told.

    Raises DataError where another training works there.
    """
    held = _take_lock(folder)
    progress = Progress(folder, request, stages, command=command)
    try:
        yield progress
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        progress.end("stopped" if stopped else "failed", _line(error))
        raise
    else:
        progress.end("finished")
    finally:
        os.close(held)


def _take_lock(folder: Path) -> int:
    path = folder / LOCK_FILE
    with reporting(path, "written"):
        folder.mkdir(parents=True, exist_ok=True)
        path.touch()
        for _ in range(_ATTEMPTS):
            held = lock.take(path)
            if held is not None:
                return held
            time.sleep(_PAUSE)
    raise DataError(
        f"the training in {folder} runs already", "stop it first, or choose another --output"
    )


def _line(error: BaseException) -> str:
    ours = isinstance(error, PsiscopeError)
    return " ".join((str(error) if ours else f"{type(error).__name__}: {error}").split())[:500]
