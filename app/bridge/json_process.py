"""`main.py ... --json` as a child process: it reads files that may be large or hostile."""

from __future__ import annotations

import sys

from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from app.bridge.engine_process import engine_environment, lower_priority
from app.state.target import PROJECT_ROOT

MAIN = str(PROJECT_ROOT / "main.py")
LARGEST = 64 * 2**20
"""Bytes that one may print."""


class JsonProcess(QObject):
    """One question at a time: a new one takes the place of the one under way."""

    answered = pyqtSignal(bytes)
    """What it printed."""
    failed = pyqtSignal(str)
    """One line: why there is no answer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._output = bytearray()

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._process is not None

    def ask(self, *words: str) -> None:
        """The words of the command line after `main.py`."""
        self.close()
        self._output.clear()
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments([MAIN, *words])
        process.setWorkingDirectory(str(PROJECT_ROOT))
        process.setProcessEnvironment(engine_environment())
        process.started.connect(lambda: lower_priority(int(process.processId())))
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process = process
        process.start()

    def close(self) -> None:
        """Drop the question under way."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _read(self) -> None:
        if self._process is None:
            return
        self._output += self._process.readAllStandardOutput().data()
        if len(self._output) > LARGEST:
            self.close()
            self.failed.emit("the answer is larger than anybody needs")

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end("Python could not be started")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        process = self._process
        if process is None:
            # Dropped before, or just now for the length of its answer.
            return
        if status == QProcess.ExitStatus.CrashExit:
            self._end("its process was ended from outside")
            return
        told = process.readAllStandardError().data().decode("utf-8", "replace").splitlines()
        lines = [line.strip() for line in told if line.strip()]
        reason = lines[-1] if lines else f"it ended with code {code}"
        self._end("" if code == 0 else reason.partition(": ")[2] or reason)

    def _end(self, reason: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if reason:
            self.failed.emit(reason)
        else:
            self.answered.emit(bytes(self._output))
