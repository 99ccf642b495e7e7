"""The result of an evaluation as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.compare import compare, compare_success
from core.evaluation.plan import Plan
from core.evaluation.score import Episode, ms_per_environment_step
from core.versions import versions

BASELINE = "frozen"
THREADS = 1
"""Torch threads of each process: episodes are what runs side by side."""


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
            "checkpoint_digest": self.plan.digest,
            "task": self.plan.task,
            "goal": self.plan.has_goal,
            "seeds": list(self.seeds),
            "controllers": {name: self._controller(name) for name in self.episodes},
            "paired": {name: self._paired(name) for name in self._compared()},
            "versions": versions(),
            "threads": THREADS,
        }

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


def make_report(plan: Plan, episodes: Sequence[Episode]) -> Report | None:
    """Group by controller over the seeds all have; None where there is no such seed."""
    by_unit = {(e.controller, e.seed): e for e in episodes}
    seeds = tuple(s for s in plan.seeds if all((name, s) in by_unit for name in plan.settings))
    if not seeds:
        return None
    grouped = {name: [by_unit[name, s] for s in seeds] for name in plan.settings}
    return Report(plan=plan, seeds=seeds, episodes=grouped)


def _returns(episodes: Sequence[Episode]) -> list[float]:
    return [e.episode_return for e in episodes]
