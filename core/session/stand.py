"""Where a session stands, as far as commands depend on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Between two records."""

    branch: int
    episode: int
    """-1 before the first."""
    t: int
    k: int
    """The update whose weights are the present ones; 0 before the first of t."""
    fresh: bool
    """The branch has begun here and has made no update yet."""
    begun: bool
    """There is an update of t, of this branch or of its parent."""
    over: bool
    """No episode runs: the last has ended, or the first has not begun."""
    proposed: bool
    """All updates of t are made: the action comes next."""
