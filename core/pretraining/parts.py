"""Recipes of data: who acts, how noisily, for which share of the transitions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.disk import read_bounded
from core.checkpoints.policy_layers import read_layers
from core.checkpoints.strict_json import decode, parse_json
from core.errors import DataError
from core.tasks import Task

LARGEST_RECIPE = 2**20
"""Bytes."""
RANDOM = "random"
WALKER = "antmaze-walker"
"""Policies that are no files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a recipe: who acts, how noisily, for which share of the transitions."""

    policy: str
    """A Stable-Baselines3 archive, `random`, or `antmaze-walker`."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise on each action, action units; clipped to [-1, 1]."""
    random_share: float = 0.0
    """Probability that an action is drawn uniformly instead."""
    share: float = 1.0
    """Weight of this part among all."""
    first_seed: int = 0
    """Reset seed of the first episode; it rises by one."""
    start: str = "fixed"
    """Of antmaze-walker: from the task's start cell (`fixed`), `any` cell but the goal's, or
    `near` the goal."""
    goals: str = "far"
    """Of antmaze-walker: the task's goal, where the episode ends (`task`); or, until the time
    limit, one after the other: goal and start cell (`far`), cells picked by hand (`play`), any
    free cell (`any`)."""
    detours: float = 0.0
    """Of antmaze-walker: probability, at each environment step on its way, that it leaves its
    way along a random heading, often into a wall, so that the way back is in the data."""

    @property
    def is_file(self) -> bool:
        """Whether the policy is a file."""
        return self.policy not in (RANDOM, WALKER)


def read_recipe(path: Path, policies: Path | None = None) -> tuple[Part, ...]:
    """A recipe from a JSON list of parts. Policy files are looked for in `policies`, by default
    beside the recipe. Raises InputError where it is malformed."""
    values = parse_json(read_bounded(path, LARGEST_RECIPE), f"the recipe {path}")
    if not isinstance(values, list) or not values:
        raise DataError(f"the recipe {path} has no parts", "write a JSON list of parts")
    parts = [decode(Part, value, f"part {i} of {path}") for i, value in enumerate(values)]
    return tuple(
        dataclasses.replace(part, policy=str((policies or path.parent) / part.policy))
        if part.is_file
        else part
        for part in parts
    )


def check_parts(recipe: Sequence[Part]) -> None:
    """Raises DataError where a number is out of range."""
    for part in recipe:
        if not (
            0 <= part.noise <= 10
            and 0 <= part.random_share <= 1
            and 0 <= part.detours <= 1
            and 0 < part.share <= 1e6
            and part.first_seed in range(10**9)
        ):
            raise DataError(
                f"the part {part} is out of range",
                "noise 0..10, random_share and detours 0..1, share above 0 (1e6 at most), "
                "first_seed a whole number from 0 (below 1e9)",
            )


def check_policy(path: Path, task: Task) -> None:
    """Raise InputError unless a file holds a policy for that task. Free of torch."""
    states, actions = read_layers(path, only_sb3=True).sizes
    if (states, actions) != (task.state_size, task.action_size):
        raise DataError(
            f"{path} maps {states} numbers to {actions}",
            f"{task.name} needs {task.state_size} to {task.action_size}",
        )


def perturb(
    action: NDArray[Any], part: Part, draws: np.random.Generator
) -> NDArray[np.float32]:
    """The action (A,) that a part applies in place of its policy's."""
    uniform = draws.uniform(-1.0, 1.0, action.shape)
    noisy = action + part.noise * draws.standard_normal(action.shape)
    chosen = uniform if draws.random() < part.random_share else noisy
    return np.clip(chosen, -1.0, 1.0).astype(np.float32)
