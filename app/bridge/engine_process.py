"""The engine as a child process: commands to its stdin, acknowledgements from its stdout.

The engine may be killed at any moment. What it committed is in the trace; commands it has not
acknowledged are kept here and sent again after a restart, which it applies once (by their id).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PyQt6.QtCore import QObject, QProcess, QProcessEnvironment, pyqtSignal

from app.state.target import PROJECT_ROOT
from core.commands import Command, Name

EngineState = Literal["none", "starting", "running", "paused", "finished", "failed"]
NICENESS = 5
_MOTIONS: tuple[Name, ...] = ("run", "step_over", "step_into", "step_out", "accept", "redo")
_KEPT_STDERR = 16_384
_LONGEST_LINE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCommandLine:
    """How the engine is started."""

    trace: Path
    checkpoint: Path
    arguments: tuple[str, ...] = ()
    module: str = "core.engine"

    def words(self, *, resume: bool) -> list[str]:
        """The arguments after the interpreter."""
        words = [
            "-m",
            self.module,
            "--trace",
            str(self.trace),
            "--checkpoint",
            str(self.checkpoint),
        ]
        return [*words, *self.arguments, *(["--resume"] if resume else [])]


class EngineProcess(QObject):
    """Starts the engine, talks to it, notices its death."""

    state_changed = pyqtSignal(str)
    ready = pyqtSignal()
    applied = pyqtSignal(object)
    """One acknowledgement, a dict: id, accepted, effect, seq."""
    complained = pyqtSignal(str)
    """One line from an engine that still lives."""
    died = pyqtSignal(str)
    """One line: how an engine ended that nobody had asked to."""

    def __init__(self, command_line: EngineCommandLine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.command_line = command_line
        self._state: EngineState = "none"
        self._last_motion: Name = "run"
        self._process: QProcess | None = None
        self._unacknowledged: dict[str, Command] = {}
        self._ready = False
        self._stopping = False
        self._session = uuid.uuid4().hex[:8]
        self._count = 0
        self._stdout = b""
        self._stderr = b""
        self._last_complaint = ""

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def alive(self) -> bool:
        """Whether a process runs."""
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        """None where no process runs."""
        return int(self._process.processId()) or None if self._process else None

    @property
    def last_motion(self) -> Name:
        """The last command that set the engine in motion, of those it acknowledged."""
        return self._last_motion

    @property
    def unacknowledged(self) -> tuple[Command, ...]:
        return tuple(self._unacknowledged.values())

    @property
    def stderr_tail(self) -> str:
        """The last 16 KiB of what the engine wrote to stderr."""
        return self._stderr.decode("utf-8", "replace")

    def start(self, *, resume: bool = False) -> None:
        """Start the process; `resume` goes on from the last record where the trace exists."""
        if self._process is not None:
            return
        self._stdout = self._stderr = b""
        self._last_complaint, self._ready, self._stopping = "", False, False
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments(
            self.command_line.words(resume=resume and self.command_line.trace.exists())
        )
        process.setWorkingDirectory(str(PROJECT_ROOT))
        process.setProcessEnvironment(engine_environment())
        process.started.connect(lambda: lower_priority(int(process.processId())))
        process.readyReadStandardOutput.connect(self._read_stdout)
        process.readyReadStandardError.connect(self._read_stderr)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process = process
        self._set_state("starting")
        process.start()

    def send(self, name: Name, settings: dict[str, Any] | None = None, **fields: Any) -> str:
        """Send a command, or keep it until the engine is ready; returns its id.

        `fields` are those of `Command`: at, k, checkpoint, seed, breakpoints, text.
        """
        self._count += 1
        command = Command(
            id=f"w-{self._session}-{self._count}",
            name=name,
            settings=settings or {},
            **fields,
        )
        self._unacknowledged[command.id] = command
        if self._ready:
            self._write(command)
        return command.id

    def stop(self, timeout_ms: int = 3000) -> None:
        """Ask the engine to close its trace and end; kill it after `timeout_ms`. Blocks."""
        process, self._stopping = self._process, True
        if process is None:
            return
        if self._ready:
            self._write(Command(id=f"w-{self._session}-stop", name="stop"))
        process.closeWriteChannel()
        if not process.waitForFinished(timeout_ms):
            process.kill()
            process.waitForFinished(timeout_ms)

    def _write(self, command: Command) -> None:
        if self._process is not None:
            self._process.write(command.to_line().encode() + b"\n")

    def _read_stdout(self) -> None:
        if self._process is None:
            return
        lines = (self._stdout + self._process.readAllStandardOutput().data()).split(b"\n")
        self._stdout = lines.pop()[-_LONGEST_LINE:]
        for line in lines:
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "ready": self._take_ready,
            "applied": self._take_applied,
            "state": self._take_state,
            "failed": self._take_failed,
        }
        handler = handlers.get(str(event.get("event")))
        if handler is not None:
            handler(event)

    def _take_ready(self, _event: dict[str, Any]) -> None:
        self._ready = True
        for command in self._unacknowledged.values():
            self._write(command)
        if self._state == "starting":
            self._set_state("paused")
        self.ready.emit()

    def _take_applied(self, event: dict[str, Any]) -> None:
        command = self._unacknowledged.pop(str(event.get("id")), None)
        if command is not None and command.name in _MOTIONS:
            self._last_motion = command.name
        if command is not None and command.name == "run":
            # The engine may be killed before it says so itself, and must then run again.
            self._set_state("running")
        self.applied.emit(event)

    def _take_state(self, event: dict[str, Any]) -> None:
        state = event.get("state")
        if state == "running" or state == "paused" or state == "finished":
            self._set_state(state)

    def _take_failed(self, event: dict[str, Any]) -> None:
        self._last_complaint = " ".join(str(event.get("line", "")).split())
        self.complained.emit(self._last_complaint)

    def _read_stderr(self) -> None:
        if self._process is not None:
            new = self._process.readAllStandardError().data()
            self._stderr = (self._stderr + new)[-_KEPT_STDERR:]

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end("the engine could not be started", wanted=False)

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_stdout()
        self._read_stderr()
        wanted = self._stopping or (self._state == "finished" and code == 0)
        crashed = status == QProcess.ExitStatus.CrashExit
        self._end(self._how_it_ended(code, crashed=crashed), wanted=wanted)

    def _end(self, line: str, *, wanted: bool) -> None:
        process, self._process, self._ready = self._process, None, False
        if process is not None:
            process.deleteLater()
        if wanted:
            self._set_state("finished" if self._state == "finished" else "none")
            return
        self._set_state("failed")
        self.died.emit(line)

    def _how_it_ended(self, code: int, *, crashed: bool) -> str:
        if crashed:
            return f"the engine was ended from outside ({_signal_name(code)})"
        lines = [line for line in self.stderr_tail.splitlines() if line.strip()]
        reason = self._last_complaint or (lines[-1].strip() if lines else "")
        return f"the engine ended with code {code}" + (f": {reason[:300]}" if reason else "")

    def _set_state(self, state: EngineState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def engine_environment() -> QProcessEnvironment:
    """One torch thread that sleeps while it waits: two processes share the cores."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("OMP_NUM_THREADS", "1")
    environment.insert("OMP_WAIT_POLICY", "PASSIVE")
    environment.insert("PYTHONUNBUFFERED", "1")
    return environment


def lower_priority(process_id: int) -> None:
    """Below the window, so that drawing goes first on a busy machine."""
    # From outside, so that the child runs no Python between fork and exec.
    if process_id and hasattr(os, "setpriority"):
        with suppress(OSError):
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, process_id, own + NICENESS)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
