"""Hyperparameters by task and kind of data, and two ways to spend time on them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from core.errors import InputError
from core.pretraining.coefficients import coefficients
from core.pretraining.rebrac import RebracSettings
from core.pretraining.regression import RegressionSettings
from core.tasks import Task

RecipeName = Literal["paper", "cpu"]

_MAZE_UPDATES = {"antmaze-umaze": 80_000, "antmaze-medium": 120_000, "antmaze-large": 150_000}
"""Of ReBRAC in recipe `cpu`: values take longer to reach a start that is farther away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a training run beside data and seed."""

    name: RecipeName
    rebrac: RebracSettings
    rebrac_updates: int
    dynamics: RegressionSettings
    reward: RegressionSettings
    ensemble: RegressionSettings

    def updates(self, stage: str) -> int:
        """Gradient updates of a stage, at most."""
        supervised = {
            "dynamics": self.dynamics,
            "reward": self.reward,
            "ensemble": self.ensemble,
        }
        return supervised[stage].updates if stage in supervised else self.rebrac_updates

    def capped(self, updates: int) -> Recipe:
        """The same with at most so many updates a stage; learning rates fall by then."""

        def shorter(stage: RegressionSettings) -> RegressionSettings:
            return dataclasses.replace(stage, updates=min(stage.updates, updates))

        decay = min(self.rebrac.decay_updates, updates)
        return dataclasses.replace(
            self,
            rebrac=dataclasses.replace(self.rebrac, decay_updates=decay),
            rebrac_updates=min(self.rebrac_updates, updates),
            dynamics=shorter(self.dynamics),
            reward=shorter(self.reward),
            ensemble=shorter(self.ensemble),
        )


def find_recipe(
    name: str,
    task: Task,
    kind: str,
    beta_actor: float | None = None,
    beta_critic: float | None = None,
) -> Recipe:
    """The recipe for a task and kind of data; betas given override the table's."""
    betas = coefficients(name, task, kind) or (None, None)
    actor = betas[0] if beta_actor is None else beta_actor
    critic = betas[1] if beta_critic is None else beta_critic
    if actor is None or critic is None:
        raise InputError(
            f"no ReBRAC coefficients are known for {task.name} {kind}",
            "give --beta-actor and --beta-critic",
        )
    if name == "paper":
        return _paper(task, actor, critic)
    if name == "cpu":
        return _cpu(task, actor, critic)
    raise InputError(f"there is no recipe {name!r}", "use paper or cpu")


def _paper(task: Task, actor: float, critic: float) -> Recipe:
    supervised = RegressionSettings(updates=300_000, batch=1024, learning_rate=3e-4)
    locomotion = RebracSettings(
        beta_actor=actor,
        beta_critic=critic,
        discount=task.discount,
        batch=1024,
        tau=0.005,
        targets_every=2,
    )
    maze = dataclasses.replace(
        locomotion, batch=256, learning_rate=3e-4, critic_learning_rate=5e-5
    )
    return Recipe(
        name="paper",
        rebrac=locomotion if task.maze is None else maze,
        rebrac_updates=1_000_000,
        dynamics=supervised,
        reward=RegressionSettings(updates=100_000, batch=1024, learning_rate=3e-4),
        ensemble=RegressionSettings(updates=100_000, batch=256, learning_rate=3e-4),
    )


def _cpu(task: Task, actor: float, critic: float) -> Recipe:
    updates = _MAZE_UPDATES.get(task.name, 80_000)
    return Recipe(
        name="cpu",
        rebrac=RebracSettings(
            beta_actor=actor,
            beta_critic=critic,
            discount=task.discount,
            learning_rate=1e-3 if task.maze is None else 5e-4,
            standardize=task.maze is not None,
            decay_updates=updates,
        ),
        rebrac_updates=updates,
        dynamics=RegressionSettings(updates=60_000),
        reward=RegressionSettings(updates=30_000),
        ensemble=RegressionSettings(updates=20_000, batch=128),
    )
