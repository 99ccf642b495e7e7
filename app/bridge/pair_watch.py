"""Keeps a comparison of two branches up to date while the trace grows, beside the window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.bridge.branch_study import BranchStudy, Study
from app.bridge.trace_jobs import TraceJobs

AGAIN_MS = 500
"""Between two looks at a growing trace."""
_JOB = "compare"


class PairWatch(QObject):
    """One pair of branches at a time; answers about another are dropped."""

    studied = pyqtSignal()
    """`study` is new."""
    failed = pyqtSignal(str)
    """One line: why the branches could not be compared."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.study: Study | None = None
        """What is known of the pair; None until it was looked at."""
        self._asked: tuple[int, int, int] | None = None
        self._studies = BranchStudy()
        self._jobs = TraceJobs(self)
        self._jobs.failed.connect(lambda _job, line: self.failed.emit(line))
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._look)

    def open(self, path: Path | None) -> None:
        """Another trace: everything that was known is about the last one."""
        self.study, self._asked = None, None
        self._jobs.open(path)

    def watch(self, pair: tuple[int, int], episode: int) -> None:
        """Look at these branches now, at their columns in that episode."""
        known = None if self.study is None else self.study.comparison
        if known is not None and (known.a, known.b) != pair:
            self.study = None
        self._asked = (*pair, max(0, episode))
        self._look()

    def note_growth(self) -> None:
        """The trace has new records: look again soon."""
        if not self._again.isActive():
            self._again.start()

    def shut_down(self) -> None:
        """Wait for the look under way and let go of the file."""
        self._again.stop()
        self._jobs.close()
        self._studies.close()

    def _look(self) -> None:
        if self._asked is not None:
            a, b, episode = self._asked
            studies = self._studies
            self._jobs.ask(_JOB, lambda reader: studies.look(reader, a, b, episode), self._take)

    def _take(self, study: Study) -> None:
        found = study.comparison
        if self._asked is not None and (found.a, found.b) == self._asked[:2]:
            self.study = study
            self.studied.emit()
