"""Reading that may take longer than a frame: in its own thread, with its own reader."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from core.errors import PsiscopeError
from core.traces.archive import TraceReader

Job = Callable[[TraceReader], Any]
Answer = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    job: Job
    answer: Answer
    path: Path
    trace: int
    """Counts the traces opened, so that an answer about another one is dropped."""


class TraceJobs(QObject):
    """Does jobs on one trace, one after another; of each name only the newest one waits."""

    failed = pyqtSignal(str, str)
    """Name of the job, and one line: why it could not be done."""
    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trace-jobs")
        self._path: Path | None = None
        self._trace = 0
        self._under_way: dict[str, _Asked] = {}
        self._waiting: dict[str, _Asked] = {}
        self._reader: TraceReader | None = None
        self._reads = 0
        self._closed = False
        self._done.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether a job is under way or waits."""
        return bool(self._under_way or self._waiting)

    def open(self, path: Path | None) -> None:
        """Jobs are about this trace from now on; answers about another are dropped."""
        self._path = path
        self._trace += 1
        self._waiting.clear()

    def ask(self, name: str, job: Job, answer: Answer) -> None:
        """Call `job` with a reader in the thread, then `answer` with its result in this one.

        While a job of the same name is under way, this one waits, in place of any that did.
        """
        if self._path is None or self._closed:
            return
        asked = _Asked(name, job, answer, self._path, self._trace)
        if name in self._under_way:
            self._waiting[name] = asked
        else:
            self._start(asked)

    def close(self) -> None:
        """Wait for the job under way, drop the others and let go of the file."""
        self._closed = True
        self._waiting.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._let_go()

    def _start(self, asked: _Asked) -> None:
        self._under_way[asked.name] = asked
        self._pool.submit(self._work, asked)

    def _work(self, asked: _Asked) -> None:
        """In the thread."""
        try:
            result: Any = asked.job(self._open_reader(asked))
        except Exception as error:  # noqa: BLE001 - shown, or raised again, where it was asked
            result = error
        self._done.emit(asked, result)

    def _open_reader(self, asked: _Asked) -> TraceReader:
        if self._reader is None or self._reads != asked.trace:
            self._let_go()
            self._reader, self._reads = TraceReader(asked.path), asked.trace
        return self._reader

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _take(self, asked: _Asked, result: Any) -> None:
        self._under_way.pop(asked.name, None)
        following = self._waiting.pop(asked.name, None)
        if following is not None and not self._closed:
            self._start(following)
        if asked.trace != self._trace or self._closed:
            return
        if isinstance(result, PsiscopeError | OSError):
            self.failed.emit(asked.name, str(result))
        elif isinstance(result, Exception):
            raise result
        else:
            asked.answer(result)
