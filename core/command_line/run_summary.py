"""What `run --json` says, gathered from the records as they pass."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

from core.tasks import Task
from core.traces.trace import EnvironmentStep, EpisodeEnded, Proposal, Record

_PHASES = ("total", "simulate", "imagine", "backward", "other")


class RunSummary:
    """Returns of finished episodes, and means over environment steps."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.environment_steps = 0
        self.episode_ending = False
        self.episode_returns: list[float] = []
        self.frozen_returns: list[float] = []
        self._partial_return: float | None = None
        self._objectives: list[tuple[float, float]] = []
        self._milliseconds: dict[str, float] = dict.fromkeys(_PHASES, 0.0)

    def take(self, record: Record) -> None:
        """Count a record."""
        match record:
            case Proposal():
                self._objectives.append((record.objective_before, record.objective_after))
            case EnvironmentStep():
                self.environment_steps += 1
                self.episode_ending = record.terminated or record.truncated
                self._partial_return = record.episode_return
                for phase in _PHASES:
                    self._milliseconds[phase] += getattr(record, f"{phase}_ms")
            case EpisodeEnded():
                self.episode_ending = False
                self._partial_return = None
                self.episode_returns.append(record.episode_return)
                self.frozen_returns.append(record.frozen_return)
            case _:
                pass

    def to_dict(self) -> dict[str, Any]:
        """The part of the JSON that the records tell; None where nothing was measured."""
        before, after = zip(*self._objectives, strict=True) if self._objectives else ((), ())
        return {
            "environment_steps": self.environment_steps,
            "episodes": len(self.episode_returns),
            "episode_returns": self.episode_returns,
            "frozen_returns": self.frozen_returns,
            "scores": [self._task.score(value) for value in self.episode_returns],
            "partial_return": self._partial_return,
            "objective_before_mean": _mean_finite(before),
            "objective_after_mean": _mean_finite(after),
            "ms_per_step": {
                phase: total / self.environment_steps if self.environment_steps else None
                for phase, total in self._milliseconds.items()
            },
        }


def _mean_finite(values: tuple[float, ...]) -> float | None:
    found = [value for value in values if math.isfinite(value)]
    return fmean(found) if found else None
