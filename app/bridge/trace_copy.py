"""A copy of a trace as one file, made in a thread of its own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from PyQt6.QtCore import QObject, QThread, pyqtSignal

from core.errors import TraceError
from core.traces.connection import connect, open_read_only, reported


class TraceCopy(QThread):
    """Copies once; the copy appears complete or not at all."""

    done = pyqtSignal()
    failed = pyqtSignal(str)
    """One line."""

    def __init__(self, source: Path, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source, self.target = source, target

    def run(self) -> None:
        self._work()

    def _work(self) -> None:
        try:
            copy_trace(self.source, self.target)
        except TraceError as error:
            self.failed.emit(str(error))
        else:
            self.done.emit()


def copy_trace(source: Path, target: Path) -> None:
    """Write what is committed in `source` to a new file. Raises TraceError."""
    part = target.with_name(f".{target.name}.part")
    with closing(open_read_only(source)) as original, reported(target):
        try:
            with closing(connect(part, "mode=rwc")) as copy:
                original.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
