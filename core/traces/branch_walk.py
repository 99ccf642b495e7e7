"""Two branches of a trace in step, from the first address that they do not share.

Only digests are read, so that ten thousand identical environment steps take a fraction of a
second. A walk that came to the end of a growing trace goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, get_args

from core.errors import TraceError
from core.traces.connection import Connection, open_read_only, reported
from core.traces.digest import FIELD_BYTES
from core.traces.lineage import Branches, Clock
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
)

Course = EpisodeStarted | GradientUpdate | Proposal | EnvironmentStep | EpisodeEnded
"""The records that belong to a branch's course; the others say who asked for what."""
_KINDS = tuple(r.__name__ for r in get_args(Course))
_BATCH = 4096
_END = 2**62
_Row = tuple[int, str, bytes]


class Entry(NamedTuple):
    """A record as the walk sees it."""

    seq: int
    kind: str
    digests: bytes
    """Of all deterministic fields but `branch`."""


class BranchWalk:
    """Pairs of records of two branches, one after another. Raises TraceError for damage."""

    def __init__(self, path: Path, branches: Branches, a: int, b: int) -> None:
        """a and b are two different branches of the trace at `path`."""
        begin = branches.common(a, b)
        if begin is None:
            raise ValueError("a branch shares all of itself")
        self.a, self.b = a, b
        self.begin: Clock = begin
        """The first address (episode, t, k) that they do not share."""
        self.alike = 0
        """How many records of each are the same."""
        self.last_alike: Entry | None = None
        """The last of them, on a."""
        self._path = path
        self._connection = open_read_only(path)
        try:
            with reported(path):
                sides = [_Side(self._connection, branches, x, begin) for x in (a, b)]
        except TraceError:
            self._connection.close()
            raise
        self._a, self._b = sides

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def next_difference(self) -> tuple[Entry, Entry] | None:
        """The first pair that differs; None where they are the same as far as both go.

        Asked again it looks at what was recorded since; a difference once found stays.
        """
        with reported(self._path):
            while self._a.fill() and self._b.fill():
                ours, theirs = self._a.waiting, self._b.waiting
                alike = _alike(ours, theirs)
                if alike:
                    self.alike += alike
                    self.last_alike = Entry(*ours[alike - 1])
                    del ours[:alike], theirs[:alike]
                if ours and theirs:
                    return Entry(*ours[0]), Entry(*theirs[0])
        return None


def _alike(ours: list[_Row], theirs: list[_Row]) -> int:
    """How many of the first rows are the same but for their seq."""
    count = min(len(ours), len(theirs))
    first, second = ([row[1:] for row in rows[:count]] for rows in (ours, theirs))
    if first == second:
        return count
    return next(i for i in range(count) if first[i] != second[i])


class _Side:
    """The records of one branch's path from a clock on, in batches."""

    def __init__(
        self, connection: Connection, branches: Branches, branch: int, begin: Clock
    ) -> None:
        self._connection = connection
        self._parts = _parts(connection, branches, branch, begin)
        self.waiting: list[_Row] = []

    def fill(self) -> bool:
        """Read on where nothing waits; whether something does now."""
        while not self.waiting:
            part = self._parts[0]
            values = (part.first, part.end, part.began, _END, *_KINDS, _BATCH)
            self.waiting += self._connection.execute(_SELECT, values)
            if self.waiting:
                self._parts[0] = replace(part, first=self.waiting[-1][0] + 1)
            elif len(self._parts) > 1:
                self._parts.pop(0)
            else:
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The records of one branch itself with seq in [first, end)."""

    began: int
    """seq of its BranchStarted. What it recorded stands between that and the next one, for
    only the newest branch grows."""
    first: int
    end: int


# `branch` is the first field of each of these kinds.
_SELECT = (
    f"SELECT seq, kind, substr(field_digests, {FIELD_BYTES + 1}) FROM records"  # noqa: S608
    " WHERE seq >= ? AND seq < min(?, ifnull("
    "(SELECT min(seq) FROM BranchStarted WHERE seq > ?), ?))"
    f" AND kind IN ({', '.join('?' * len(_KINDS))}) ORDER BY seq LIMIT ?"
)


def _parts(
    connection: Connection, branches: Branches, branch: int, begin: Clock
) -> list[_Part]:
    """What a path recorded from `begin` on, in order; the last part may still grow."""
    found = []
    for segment in branches.path(branch):
        own, began = segment.branch, branches.seqs[segment.branch]
        # All that the newest branch records is its own, also what comes after this.
        first = began if own == branches.newest else _first_from(connection, own, begin)
        end = _END if segment.end is None else _first_from(connection, own, segment.end)
        found.append(_Part(began=began, first=max(first, began), end=end))
    return found


def _first_from(connection: Connection, branch: int, clock: Clock) -> int:
    """seq of the first record of a branch itself that is not before (episode, t, k).

    The proposal, the step and the end of t come after all of its updates.
    """
    episode, t, k = clock
    seqs = [_END]
    for kind, names, values in (
        ("EpisodeStarted", "episode", (episode + 1,)),
        ("GradientUpdate", "episode, t, k", (episode, t, k)),
        ("Proposal", "episode, t", (episode, t)),
        ("EnvironmentStep", "episode, t", (episode, t)),
        ("EpisodeEnded", "episode, t", (episode, t)),
    ):
        places = ", ".join("?" * len(values))
        # Kinds and names are ours, never text of the file.
        query = f"SELECT min(seq) FROM {kind} WHERE branch = ? AND ({names}) >= ({places})"  # noqa: S608
        ((seq,),) = connection.execute(query, (branch, *values)).fetchall()
        seqs += [seq] if isinstance(seq, int) else []
    return min(seqs)
