"""The tree of branches of a trace: which branch's record holds at an address.

Only the newest branch grows, so that the records of a branch stand together in the trace. What
comes before the address at which a branch began is its parent's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import TraceError
from core.traces.columns import Column
from core.traces.trace import BranchStarted
from core.traces.values import DAMAGE

Clock = tuple[int, int, int]
"""(episode, t, k) inside a branch."""
_NO_T = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The part of a branch that a later branch goes on from."""

    branch: int
    end: Clock | None
    """The first address that is no longer part of it; None: all of the branch."""

    def holds_update(self, episode: int, t: int, k: int) -> bool:
        """Whether an update at that address belongs to it, or is what the next begins with."""
        return self.end is None or (episode, t, k) <= self.end

    def held(
        self, episode: Column, t: Column, k: Column | None, *, closed: bool = False
    ) -> NDArray[np.bool_]:
        """Which rows belong to it; closed: those at `end` too.

        Updates at `end` are the next segment's own; commands there were given before it.
        """
        if self.end is None:
            return np.ones(len(t), np.bool_)
        last_episode, last_t, last_k = self.end
        before = (episode < last_episode) | ((episode == last_episode) & (t < last_t))
        if k is not None:
            rest = k <= last_k if closed else k < last_k
            before |= (episode == last_episode) & (t == last_t) & rest
        return np.asarray(before, np.bool_)

    def holds_episode(self, episode: int) -> bool:
        """Whether all of an episode belongs to it."""
        return self.end is None or episode < self.end[0]

    def until(self, episode: int) -> int:
        """The first environment step of an episode that does not belong to it as a whole."""
        if self.end is None or self.holds_episode(episode):
            return _NO_T
        return self.end[1] if episode == self.end[0] else 0

    def holds_step(self, episode: int, t: int) -> bool:
        """Whether the whole environment step belongs to it."""
        return self.end is None or (episode, t) < self.end[:2]


class Branches:
    """All branches of a trace, by number."""

    def __init__(self, started: Sequence[tuple[int, BranchStarted]] = ()) -> None:
        """started: (seq, record) of every branch but the root, as in the trace."""
        self.seqs = (0, *(seq for seq, _ in started))
        self.records = tuple(record for _, record in started)
        for number, record in enumerate(self.records, start=1):
            if record.branch != number or not 0 <= record.parent < number:
                raise TraceError(f"branch {record.branch} is out of order", DAMAGE)

    def __len__(self) -> int:
        """How many, with the root."""
        return 1 + len(self.records)

    @property
    def newest(self) -> int:
        """The branch that grows."""
        return len(self.records)

    def started(self, branch: int) -> BranchStarted | None:
        """How a branch began; None for the root."""
        return self.records[branch - 1] if branch > 0 else None

    def parent(self, branch: int) -> int | None:
        """None for the root."""
        started = self.started(branch)
        return None if started is None else started.parent

    def children(self, branch: int) -> tuple[int, ...]:
        """The branches that leave it."""
        return tuple(record.branch for record in self.records if record.parent == branch)

    def path(self, branch: int) -> tuple[Segment, ...]:
        """The segments that lead to a branch, the root's first, its own last; () without it."""
        if not 0 <= branch <= self.newest:
            return ()
        segments = [Segment(branch=branch, end=None)]
        end: Clock | None = None
        while (started := self.started(segments[0].branch)) is not None:
            begun = (started.episode, started.t, started.k)
            end = begun if end is None else min(begun, end)
            segments.insert(0, Segment(branch=started.parent, end=end))
        return tuple(segments)

    def common(self, a: int, b: int) -> Clock | None:
        """The first address that two branches do not share; None for a branch and itself."""
        if a == b:
            return None
        ours, theirs = self.path(a), self.path(b)
        shared = [(p, q) for p, q in zip(ours, theirs, strict=False) if p.branch == q.branch]
        ends = [segment.end for segment in shared[-1] if segment.end is not None]
        return min(ends)
