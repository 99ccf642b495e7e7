"""Two branches of a trace in step, from the first address that they do not share.

Only digests are read, so that ten thousand identical environment steps take a fraction of a
second. A walk that came to the end of a growing trace goes on from there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from core.errors import TraceError
from core.traces.connection import Connection, open_read_only, reported
from core.traces.digest import FIELD_BYTES
from core.traces.lineage import Branches, Clock
from core.traces.schema import layout
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
)
from core.traces.values import DAMAGE

Course = EpisodeStarted | GradientUpdate | Proposal | EnvironmentStep | EpisodeEnded
"""The records that belong to a branch's course; the others say who asked for what."""
_KINDS = tuple(r.__name__ for r in get_args(Course))
_BATCH = 4096
_END = 2**62


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the walk sees it: its digests without that of `branch`."""

    seq: int
    kind: str
    digests: bytes

    def equals(self, other: Entry) -> bool:
        """Whether all deterministic fields but the branch are the same."""
        return self.digests == other.digests and self.kind == other.kind


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
                while ours and theirs:
                    if not ours[0].equals(theirs[0]):
                        return ours[0], theirs[0]
                    self.last_alike = ours.popleft()
                    theirs.popleft()
                    self.alike += 1
        return None


class _Side:
    """The records of one branch's path from a clock on, in batches."""

    def __init__(
        self, connection: Connection, branches: Branches, branch: int, begin: Clock
    ) -> None:
        self._connection = connection
        self._parts = _parts(connection, branches, branch, begin)
        self.waiting: deque[Entry] = deque()

    def fill(self) -> bool:
        """Read on where nothing waits; whether something does now."""
        while not self.waiting:
            part = self._parts[0]
            values = (part.first, part.end, part.began, _END, *_KINDS, _BATCH)
            rows = self._connection.execute(_SELECT, values).fetchall()
            self.waiting.extend(_entry(*row) for row in rows)
            if rows:
                self._parts[0] = replace(part, first=self.waiting[-1].seq + 1)
            elif len(self._parts) > 1:
                self._parts.pop(0)
            else:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Part:
    """The records of one branch itself with seq in [first, end)."""

    began: int
    """seq of its BranchStarted. What it recorded stands between that and the next one, for
    only the newest branch grows."""
    first: int
    end: int


_SELECT = (
    "SELECT seq, kind, field_digests FROM records WHERE seq >= ? AND seq < min(?, ifnull("  # noqa: S608
    "(SELECT min(seq) FROM BranchStarted WHERE seq > ?), ?))"
    f" AND kind IN ({', '.join('?' * len(_KINDS))}) ORDER BY seq LIMIT ?"
)
_BRANCH = {kind: FIELD_BYTES * layout(kind).deterministic.index("branch") for kind in _KINDS}
"""Where the digest of `branch` begins among those of a record."""


def _entry(seq: int, kind: str, digests: Any) -> Entry:
    if not isinstance(digests, bytes):
        raise TraceError(f"record {seq} has columns of a wrong type", DAMAGE)
    place = _BRANCH[kind]
    return Entry(seq, kind, digests[:place] + digests[place + FIELD_BYTES :])


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
        found.append(_Part(began, max(first, began), end))
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
