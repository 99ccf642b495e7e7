"""`python main.py repro` as a child process: it needs torch, which the window never imports."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from app.bridge.engine_process import engine_environment, lower_priority
from app.bridge.interruptible import interruptible_children
from app.state.target import PROJECT_ROOT
from core.commands import At

_PREFIX = "psiscope repro: "
STOP_MS = 3000
"""How long it may take to remove what it began to write."""


class ReproProcess(QObject):
    """Writes one repro at a time."""

    written = pyqtSignal(object)
    """The folder."""
    failed = pyqtSignal(str)
    """One line: why there is none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder = Path()
        self._given_up = False

    @property
    def busy(self) -> bool:
        """Whether one is being written."""
        return self._process is not None

    def start(self, trace: Path, at: At, folder: Path) -> None:
        """Begin; while another one is being written nothing happens."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments(
            [
                str(PROJECT_ROOT / "main.py"),
                "repro",
                str(trace.absolute()),
                f"--at={','.join(map(str, at))}",
                f"--output={folder}",
            ]
        )
        process.setWorkingDirectory(str(PROJECT_ROOT))
        process.setProcessEnvironment(engine_environment())
        process.started.connect(lambda: lower_priority(int(process.processId())))
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process, self._folder, self._given_up = process, folder, False
        with interruptible_children():
            process.start()

    def give_up(self) -> None:
        """End it soon, without a word; what it began to write is removed."""
        process = self._process
        if process is None:
            return
        self._given_up = True
        if os.name == "posix" and process.processId():
            # As Ctrl+C: it takes back what it began.
            with suppress(OSError):
                os.kill(int(process.processId()), signal.SIGINT)
        else:
            process.terminate()

    def close(self) -> None:
        """The same, and wait for it."""
        self.give_up()
        process = self._process
        if process is not None and not process.waitForFinished(STOP_MS):
            process.kill()
            process.waitForFinished(STOP_MS)

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end("Python could not be started")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._process is None:
            return
        if status == QProcess.ExitStatus.CrashExit:
            self._end("its process was ended from outside")
            return
        told = self._process.readAllStandardError().data().decode("utf-8", "replace")
        lines = [line.strip() for line in told.splitlines() if line.strip()]
        reason = lines[-1].removeprefix(_PREFIX) if lines else f"it ended with code {code}"
        self._end("" if code == 0 else reason)

    def _end(self, reason: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if self._given_up:
            return
        if reason:
            self.failed.emit(reason)
        else:
            self.written.emit(self._folder)
