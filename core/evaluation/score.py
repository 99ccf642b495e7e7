"""What one episode is worth: return, score, success."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.checkpoints.figures import figure, is_figure, optional, text, whole, yes_or_no
from core.errors import InputError


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
    def from_dict(cls, values: Any) -> Episode:
        """The inverse of to_dict; raises ValueError on anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or values.keys() != names:
            raise ValueError("an episode has other fields")
        score = optional(values["score"], "a score")
        return cls(
            controller=text(values["controller"], "a controller"),
            seed=whole(values["seed"], "a reset seed"),
            episode_return=figure(values["episode_return"], "a return"),
            score=math.nan if score is None else score,
            length=whole(values["length"], "a length"),
            success=yes_or_no(values["success"], "a success"),
            total_ms=figure(values["total_ms"], "a time"),
        )


def check_return(episode_return: float, seed: int) -> None:
    """Raise InputError where the rewards of an episode add to nothing that can be compared."""
    if not is_figure(episode_return):
        raise InputError(
            f"the episode of reset seed {seed} returns {episode_return:g}",
            "mend the environment: its rewards must be finite and add up to less than 1e12",
        )


def ms_per_environment_step(episodes: list[Episode]) -> float:
    """Wall time over environment steps, all episodes together, ms."""
    return sum(e.total_ms for e in episodes) / max(1, sum(e.length for e in episodes))
