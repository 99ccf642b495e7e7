"""The result of an evaluation as JSON and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from core.evaluation.compare import compare, compare_success
from core.evaluation.plan import Plan
from core.evaluation.score import Episode, ms_per_environment_step
from core.versions import versions

BASELINE = "frozen"
THREADS = 1
"""Torch threads of each process: episodes are what runs side by side."""
HEADING = (
    "controller",
    "return (mean +- std)",
    "score",
    "gain over frozen [95 % CI]",
    "wins/ties/losses",
    "n",
    "ended by time limit",
    "ms per environment step",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The episodes of the seeds that every controller finished."""

    plan: Plan
    seeds: tuple[int, ...]
    episodes: dict[str, list[Episode]]
    """By controller, in the order of seeds."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON of product section 5, with plain lists and numbers."""
        return {
            "checkpoint": self.plan.checkpoint,
            "task": self.plan.task,
            "seeds": list(self.seeds),
            "controllers": {name: self._controller(name) for name in self.episodes},
            "paired": {name: self._paired(name) for name in self._compared()},
            "versions": versions(),
            "threads": THREADS,
        }

    def rows(self) -> list[tuple[str, ...]]:
        """The heading and one row a controller."""
        return [HEADING, *(self._row(name) for name in self.episodes)]

    def title(self) -> str:
        """What was evaluated, in one line."""
        return (
            f"{self.plan.checkpoint} ({self.plan.task}), {len(self.seeds)} episodes, "
            f"reset seeds {self.seeds[0]}..{self.seeds[-1]}, one trained policy"
        )

    def _controller(self, name: str) -> dict[str, Any]:
        episodes = self.episodes[name]
        return {
            "returns": [e.episode_return for e in episodes],
            "scores": [e.score for e in episodes],
            "successes": [int(e.success) for e in episodes],
            "ms_per_step": ms_per_environment_step(episodes),
            "settings": asdict(self.plan.settings[name]),
        }

    def _compared(self) -> list[str]:
        return [n for n in self.episodes if BASELINE in self.episodes and n != BASELINE]

    def _paired(self, name: str) -> dict[str, Any]:
        baseline, episodes = self.episodes[BASELINE], self.episodes[name]
        success = compare_success([e.success for e in baseline], [e.success for e in episodes])
        gain = compare(_returns(baseline), _returns(episodes))
        return {**asdict(gain), "success": asdict(success)}

    def _row(self, name: str) -> tuple[str, ...]:
        episodes = self.episodes[name]
        returns = _returns(episodes)
        spread = stdev(returns) if len(returns) > 1 else 0.0
        gain, outcomes = ("", "")
        if name in self._compared():
            found = compare(_returns(self.episodes[BASELINE]), returns)
            interval = "no interval below n = 5"
            if found.gain_ci95 is not None:
                interval = "{:+.1f}, {:+.1f}".format(*found.gain_ci95)
            gain = f"{found.gain_mean:+.1f} [{interval}]"
            outcomes = f"{found.wins}/{found.ties}/{found.losses}"
        return (
            name,
            f"{fmean(returns):.1f} +- {spread:.1f}",
            _mean_score(episodes),
            gain,
            outcomes,
            str(len(episodes)),
            f"{sum(e.success for e in episodes)}/{len(episodes)}",
            f"{ms_per_environment_step(episodes):.2f}",
        )


def make_report(plan: Plan, episodes: Sequence[Episode]) -> Report | None:
    """Group by controller over the seeds all have; None where there is no such seed."""
    by_unit = {(e.controller, e.seed): e for e in episodes}
    seeds = tuple(s for s in plan.seeds if all((name, s) in by_unit for name in plan.settings))
    if not seeds:
        return None
    grouped = {name: [by_unit[name, s] for s in seeds] for name in plan.settings}
    return Report(plan=plan, seeds=seeds, episodes=grouped)


def _mean_score(episodes: Sequence[Episode]) -> str:
    mean = fmean(e.score for e in episodes)
    return "-" if math.isnan(mean) else f"{mean:.1f}"


def _returns(episodes: Sequence[Episode]) -> list[float]:
    return [e.episode_return for e in episodes]
