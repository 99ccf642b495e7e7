"""What the window shows: a recorded trace, or a live run that takes over from it."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from app.bridge.engine_process import EngineCommandLine
from app.bridge.live_run import LiveRun
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_copy import TraceCopy
from app.bridge.trace_follower import TraceFollower
from app.driver import Driver
from app.panels.message_bar import MessageBar
from app.state.decision import Request
from app.state.runs import new_run_path, prune_runs
from core.errors import InputError
from core.traces.origin import check_own
from core.trust import FLAG

STOP_MS = 5000
"""How long an engine may take to close its trace."""


class Source(QObject):
    """Owns the live run; opens traces; says in the bar what happened to the engine."""

    changed = pyqtSignal()
    """Another trace, or another state of the engine."""
    edit_refused = pyqtSignal(str, str)
    """The id of an edit of the settings that the engine refused, and one line: why."""

    engine_died = pyqtSignal(str)
    """One line: how."""

    def __init__(
        self,
        follower: TraceFollower,
        playback: Playback,
        driver: Driver,
        bar: MessageBar,
        *,
        runs_folder: Path,
        engine_module: str,
        trust_code: bool = False,
    ) -> None:
        super().__init__()
        self._follower, self._playback = follower, playback
        self._driver, self._bar = driver, bar
        self._runs_folder, self._engine_module = runs_folder, engine_module
        self.trust_code = trust_code
        """Whether programs of the user may run in engines."""
        self._live_run: LiveRun | None = None
        self._edits: set[str] = set()
        self._copy: TraceCopy | None = None
        self.label = ""
        """What the shown trace is, in a word or two; empty for the live run's own."""
        self.branch_name = ""
        """Which branch is looked at; empty where there is only one."""
        driver.said.connect(lambda line: bar.say(line))
        driver.engine_wanted.connect(self.go_on_in_a_copy)

    @property
    def live_run(self) -> LiveRun | None:
        return self._live_run

    @property
    def shows_live_run(self) -> bool:
        """Whether the shown trace is the live run's."""
        return self._live_run is not None and self._driver.engine is self._live_run.engine

    @property
    def engine_state(self) -> str:
        """none, starting, running, paused, finished or failed."""
        return "none" if self._live_run is None else self._live_run.engine.state

    @property
    def engine_process(self) -> int | None:
        """The process id of a living engine."""
        return None if self._live_run is None else self._live_run.engine.process_id

    def show_trace(self, path: Path, label: str) -> None:
        """Show a recorded trace. Raises TraceError where it cannot be read."""
        run = RecordedRun(path)
        self._driver.engine, self.label = None, label
        self._follower.set_running(False)
        self._follower.open(run)
        self.changed.emit()

    def open_trace(self, path: Path) -> None:
        """Show a recorded trace instead of everything else; the live run ends.

        Raises TraceError where it cannot be read, and then changes nothing.
        """
        self.show_trace(path, "recorded run")
        self.end_live_run()
        self.changed.emit()

    def run_checkpoint(
        self, folder: Path, arguments: tuple[str, ...] = (), *, paused: bool = False
    ) -> None:
        """Run a checkpoint live, its trace in the user's folder; shown once it has begun."""
        prune_runs(self._runs_folder)
        trace = new_run_path(self._runs_folder, folder.name)
        self._make_live_run(trace, folder, arguments).start(paused=paused)

    def go_on_in_a_copy(self, requests: tuple[Request, ...]) -> None:
        """Give the shown recorded trace an engine: on a copy in the user's folder."""
        run = self._follower.run
        if run is None or self._copy is not None:
            return
        try:
            check_own(run.started)
            target = new_run_path(self._runs_folder, run.started.checkpoint)
        except InputError as error:
            self._bar.say(str(error))
            return
        copy = self._copy = TraceCopy(run.path, target, self)
        copy.done.connect(lambda: self._begin_in_the_copy(requests))
        copy.failed.connect(self._copy_failed)
        self._bar.tell(f"Copying {run.path.name} to go on from it")
        copy.start()

    def _begin_in_the_copy(self, requests: tuple[Request, ...]) -> None:
        copy, self._copy, run = self._copy, None, self._follower.run
        if copy is None or run is None or run.path != copy.source:
            return
        checkpoint = Path(run.started.checkpoint_path or run.started.checkpoint)
        live = self._make_live_run(copy.target, checkpoint, ())
        live.begin_from_trace()
        for request in requests:
            live.engine.send(request.name, request.settings, **request.fields)
        self._bar.tell(
            f"Going on in a copy, {copy.target.name}: {copy.source.name} stays as it is"
        )

    def _copy_failed(self, line: str) -> None:
        self._copy = None
        self._bar.say(line)

    def _make_live_run(
        self, trace: Path, checkpoint: Path, arguments: tuple[str, ...]
    ) -> LiveRun:
        """A live run in place of the one before; not started yet."""
        command_line = EngineCommandLine(
            trace=trace,
            checkpoint=checkpoint,
            arguments=(*arguments, *((FLAG,) if self.trust_code else ())),
            module=self._engine_module,
        )
        self.end_live_run()
        live = self._live_run = LiveRun(command_line, self)
        live.begun.connect(self._take_over)
        live.engine.state_changed.connect(self._engine_changed)
        live.engine.died.connect(self._engine_died)
        live.engine.complained.connect(lambda line: self._bar.say(line))
        live.engine.applied.connect(self._applied)
        return live

    def edit(self, changes: dict[str, object]) -> str:
        """Send new settings to the engine; returns the command's id, empty where none runs."""
        if self._live_run is None:
            return ""
        command_id = self._live_run.engine.send("edit", changes)
        self._edits.add(command_id)
        return command_id

    def end_live_run(self) -> None:
        """End the engine in good order, at most a few seconds later by force."""
        if self._copy is not None:
            self._copy.wait()
        live, self._live_run = self._live_run, None
        self._driver.engine = None
        if live is not None:
            live.engine.blockSignals(True)
            live.stop(STOP_MS)
            live.deleteLater()

    def _take_over(self, run: RecordedRun) -> None:
        if self._live_run is None:
            run.close()
            return
        self._playback.stop()
        self._driver.engine = self._live_run.engine
        self.label = ""
        self._follower.set_running(self.engine_state == "running")
        self._follower.open(run)
        self.changed.emit()

    def _engine_changed(self, state: str) -> None:
        if self.shows_live_run:
            self._follower.set_running(state == "running")
        self.changed.emit()

    def _engine_died(self, line: str) -> None:
        live = self._live_run
        if live is None:
            return
        if live.trace.exists():
            text = f"{_sentence(line)} What it recorded is safe."
            self._bar.say(text, "Go on from the last record", live.go_on)
        else:
            self._bar.say(_sentence(line), "Start again", live.start)
        self.engine_died.emit(line)

    def _applied(self, acknowledgement: dict[str, object]) -> None:
        command_id = str(acknowledgement.get("id"))
        accepted = bool(acknowledgement.get("accepted", True))
        effect = str(acknowledgement.get("effect", ""))
        self._driver.note_applied(command_id, accepted=accepted)
        if command_id in self._edits:
            self._edits.discard(command_id)
            if not accepted:
                self.edit_refused.emit(command_id, effect)
        elif not accepted:
            self._bar.say(effect)


def _sentence(line: str) -> str:
    text = line[:1].upper() + line[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
