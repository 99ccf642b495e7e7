"""Two branches compared while the trace grows: the first divergence, the columns of both.

Done in a thread of its own (trace_jobs.py): the first look at a long trace takes longer than a
frame. Later looks read only what is new.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.bridge.episode_columns import EpisodeColumns
from app.state.moment import History
from core.traces.branch_walk import BranchWalk
from core.traces.divergence import Comparison, check_branches, compare
from core.traces.reader import TraceReader
from core.traces.task import task_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is known of two branches now."""

    comparison: Comparison
    episode: int
    a: History
    """Of branch a in that episode."""
    b: History

    def history_of(self, branch: int, episode: int) -> History:
        """What is known of a branch in an episode; empty where another was looked at."""
        known = {self.comparison.a: self.a, self.comparison.b: self.b}
        return (
            known.get(branch, History.empty()) if episode == self.episode else History.empty()
        )


class BranchStudy:
    """Remembers how far two branches were compared. For one thread."""

    def __init__(self) -> None:
        self._reader: TraceReader | None = None
        self._walks = False
        self._walk: BranchWalk | None = None
        self._found: Comparison | None = None
        self._columns: dict[tuple[int, int], EpisodeColumns] = {}

    def look(self, reader: TraceReader, a: int, b: int, episode: int) -> Study:
        """Compare as far as both are recorded. InputError where there is no such branch."""
        check_branches(reader, a, b)
        if reader is not self._reader:
            self.close()
            self._reader, self._columns = reader, {}
            self._walks = task_of(reader.started()).maze is not None
        if self._walk is None or (self._walk.a, self._walk.b) != (a, b):
            self.close()
            self._walk = BranchWalk(reader.path, reader.branches(), a, b)
        if self._found is None or self._found.divergence is None:
            self._found = compare(reader, self._walk)
        first, second = (self._history(reader, branch, episode) for branch in (a, b))
        return Study(comparison=self._found, episode=episode, a=first, b=second)

    def close(self) -> None:
        """Let go of the file; what was found is forgotten."""
        if self._walk is not None:
            self._walk.close()
        self._walk, self._found = None, None

    def _history(self, reader: TraceReader, branch: int, episode: int) -> History:
        key = (branch, episode)
        kept = self._columns.pop(key, None) or EpisodeColumns(
            reader, branch, episode, walks=self._walks
        )
        self._columns = dict(list(self._columns.items())[-1:]) | {key: kept}
        return kept.history()
