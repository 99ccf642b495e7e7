"""What the window says of a branch. Plain data and words, no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.readouts import MINUS
from core.traces.lineage import Branches, Clock
from core.traces.trace import BranchStarted

REASONS = {
    "fork": "fork",
    "resume": "resumed",
    "reject": "rejected",
    "redo": "redone",
    "accept": "accepted",
}
"""Why a branch began, as it stands in the tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a branch has come."""

    environment_steps: int = 0
    """Its own: what it shares with its parents is not counted."""
    episode: int = 0
    t: int = -1
    """Of its newest environment step; -1 before the first."""
    episode_return: float = math.nan
    frozen_return: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchFacts:
    """One row of the tree."""

    number: int
    depth: int
    """How many branches it comes from."""
    parent: int | None
    reason: str
    begun: Clock | None
    """(episode, t, k); None for the root."""
    changed: tuple[str, ...]
    """What is other than in its parent there, such as `delta 0.05 → 0.1`."""
    progress: Progress
    grows: bool
    """Whether it is the newest one."""

    @property
    def title(self) -> str:
        """Number and reason."""
        return f"{self.number}  {self.reason}"

    @property
    def origin(self) -> str:
        """Where it began, and what changed there."""
        if self.begun is None:
            return "from the start"
        unchanged = "nothing changed" if self.reason == "fork" else ""
        what = ", ".join(self.changed) or unchanged
        return clock_in_words(self.begun) + (f": {what}" if what else "")

    @property
    def length(self) -> str:
        """Its own environment steps, and the return of the episode they are in."""
        steps = self.progress.environment_steps
        if not steps:
            return "no step of its own yet"
        shown = f"{self.progress.episode_return:.1f}"
        return f"{steps} step{'s' * (steps != 1)}, return {shown}"

    @property
    def gain(self) -> str:
        """Return over that of the frozen twin, with its sign; empty where one is missing."""
        gain = self.progress.episode_return - self.progress.frozen_return
        if not math.isfinite(gain):
            return ""
        shown = round(gain, 1)
        return f"{shown:+.1f}".replace("-", MINUS) if shown else "0.0"


def in_tree_order(branches: Branches) -> list[tuple[int, int]]:
    """(number, depth) of every branch, each followed by the branches that leave it."""
    found: list[tuple[int, int]] = []
    children: dict[int, list[int]] = {}
    for started in branches.records:
        children.setdefault(started.parent, []).append(started.branch)
    waiting = [(0, 0)]
    while waiting:
        number, depth = waiting.pop()
        found.append((number, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(number, []))]
    return found


def clock_in_words(clock: Clock) -> str:
    """`t = 120, k = 1`, with the episode where it is not the first."""
    episode, t, k = clock
    return (f"episode {episode}, " if episode else "") + f"t = {t}, k = {k}"


def name_of(branch: int, count: int) -> str:
    """`branch 2 of 3`; empty where there is only one. Branches are counted from 0."""
    return f"branch {branch} of {count}" if count > 1 else ""


def beginning(started: BranchStarted, changed: Sequence[str]) -> str:
    """The line that tells of a new branch."""
    where = clock_in_words((started.episode, started.t, started.k))
    what = f" ({', '.join(changed)})" if changed else ""
    return f"Branch {started.branch} begins at {where}{what}; branch {started.parent} stays"
