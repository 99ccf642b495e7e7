"""A live run: an engine on a checkpoint, and its trace once it has something to show."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.bridge.engine_process import EngineCommandLine, EngineProcess
from app.bridge.recorded_run import RecordedRun
from core.errors import PsiscopeError
from core.traces.reader import TraceReader
from core.traces.trace import BreakpointHit

_LOOK_EVERY_MS = 50


class LiveRun(QObject):
    """Starts the engine, sets it running, and hands over the trace at its first whole step."""

    begun = pyqtSignal(object)
    """The RecordedRun, once; whoever takes it closes it."""

    def __init__(self, command_line: EngineCommandLine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = EngineProcess(command_line, self)
        self._was_running = True
        self._run: RecordedRun | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self.engine.ready.connect(self._timer.start)
        self.engine.state_changed.connect(self._note_state)
        self._handed_over = False

    @property
    def trace(self) -> Path:
        return self.engine.command_line.trace

    def start(self, *, paused: bool = False) -> None:
        """Start the engine, running, or paused after one environment step: something to see."""
        self.engine.start()
        self.engine.send("step_over" if paused else "run")

    def begin_from_trace(self) -> None:
        """Start the engine where its trace ends, paused."""
        self.engine.start(resume=True)

    def go_on(self) -> None:
        """After the engine's death: go on from the last record, running if it ran.

        A step that the death cut short stays short, and a breakpoint that was hit still holds.
        """
        ran = self._was_running and self.engine.last_motion == "run"
        waiting = {command.name for command in self.engine.unacknowledged}
        self.engine.start(resume=True)
        if ran and not waiting & {"run", "pause"} and not stands_at_a_break(self.trace):
            self.engine.send("run")

    def stop(self, timeout_ms: int) -> None:
        """End the engine in good order, by force after `timeout_ms`. Blocks."""
        self._timer.stop()
        self.engine.stop(timeout_ms)
        if self._run is not None and not self._handed_over:
            self._run.close()

    def _note_state(self, state: str) -> None:
        if state in {"running", "paused", "finished"}:
            self._was_running = state == "running"

    def _waits(self, run: RecordedRun) -> bool:
        """Whether it pauses in its first environment step, at a breakpoint."""
        return self.engine.state == "paused" and run.newest() is not None

    def _look(self) -> None:
        """The engine is ready, so the trace exists; its first step may take a while."""
        if self._handed_over:
            self._timer.stop()
            return
        try:
            self._run = self._run or RecordedRun(self.trace)
            begun = not self.engine.unacknowledged and (
                self._run.newest_complete() is not None or self._waits(self._run)
            )
        except PsiscopeError:
            return
        if begun:
            self._timer.stop()
            self._handed_over = True
            self.begun.emit(self._run)


def stands_at_a_break(trace: Path) -> bool:
    """Whether the newest record is a breakpoint hit that pauses; False where unreadable."""
    try:
        with TraceReader(trace) as reader:
            for seq in range(reader.last_seq(), 0, -1):
                record = reader.read(seq)
                if not isinstance(record, BreakpointHit):
                    return False
                if record.paused:
                    return True
    except PsiscopeError:
        return False
    return False
