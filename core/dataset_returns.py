"""How well the episodes of a data set went: core.data reads it, the window shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """The returns of a data set, in the environment's units of reward."""

    episodes: int
    transitions: int
    mean: float
    best: float
    worst: float
    edges: tuple[float, ...]
    """Of the histogram's bins, ascending; one more than there are bins."""
    counts: tuple[int, ...]
    """Episodes in each bin."""
