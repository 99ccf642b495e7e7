"""A trace that grows as a test lets it, and what is announced of a trace."""

from __future__ import annotations

from pathlib import Path

from app.bridge.trace_follower import TraceFollower
from app.state.moment import History, Moment
from core.traces.archive import TraceWriter
from core.traces.trace import Record, RunStarted
from tests.records import run_records


class Growing:
    """A trace that a test lets grow record by record."""

    def __init__(self, path: Path) -> None:
        self.records = run_records(50)
        started = next(self.records)
        assert isinstance(started, RunStarted)
        self.writer = TraceWriter.create(path, started)

    def grow_to(self, kind: type[Record], t: int) -> None:
        """Append up to the first record of that kind at t."""
        for record in self.records:
            self.writer.append(record)
            if isinstance(record, kind) and getattr(record, "t", -1) == t:
                return


class Screen:
    """Collects what a follower announces."""

    def __init__(self, follower: TraceFollower) -> None:
        self.moments: list[Moment] = []
        self.histories: list[History] = []
        follower.moment_changed.connect(self.moments.append)
        follower.history_changed.connect(self.histories.append)
