"""What one episode is worth: return, score, success."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One finished episode of one controller."""

    controller: str
    seed: int
    """Reset seed."""
    episode_return: float
    """Sum of rewards."""
    score: float
    """D4RL score, 0 random .. 100 expert; NaN where the task has none, null in JSON."""
    length: int
    """Environment steps."""
    success: bool
    """The goal was reached; without a goal: the time limit was, without termination."""
    total_ms: float
    """Wall time of controller and simulator over the whole episode; the only observed field."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Episode:
        """The inverse of to_dict; raises TypeError or ValueError on anything else."""
        return cls(
            controller=str(values["controller"]),
            seed=int(values["seed"]),
            episode_return=float(values["episode_return"]),
            score=math.nan if values["score"] is None else float(values["score"]),
            length=int(values["length"]),
            success=bool(values["success"]),
            total_ms=float(values["total_ms"]),
        )


def ms_per_environment_step(episodes: list[Episode]) -> float:
    """Wall time over environment steps, all episodes together, ms."""
    return sum(e.total_ms for e in episodes) / max(1, sum(e.length for e in episodes))
