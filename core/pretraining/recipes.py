"""Hyperparameters by task and kind of data, and two ways to spend time on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import InputError
from core.pretraining.rebrac import RebracSettings
from core.pretraining.regression import RegressionSettings
from core.tasks import Task

RecipeName = Literal["paper", "cpu"]

KINDS = ("random", "medium", "expert", "medium-expert", "medium-replay", "full-replay")
_BETAS: dict[str, tuple[tuple[float, float], ...]] = {
    "halfcheetah": (
        (0.001, 0.1), (0.001, 0.01), (0.01, 0.01), (0.01, 0.1), (0.01, 0.001), (0.001, 0.1),
    ),
    "hopper": (
        (0.001, 0.01), (0.01, 0.01), (0.1, 0.1), (0.1, 0.01), (0.05, 0.5), (0.01, 0.01),
    ),
    "walker2d": (
        (0.01, 0.0), (0.05, 0.1), (0.01, 0.5), (0.01, 0.01), (0.05, 0.01), (0.01, 0.01),
    ),
}  # fmt: skip
"""(beta_actor, beta_critic) in the order of KINDS: ReBRAC's official configs."""


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


def find_recipe(
    name: str,
    task: Task,
    kind: str,
    beta_actor: float | None = None,
    beta_critic: float | None = None,
) -> Recipe:
    """The recipe for a task and kind of data; betas given override the table's."""
    table = dict(zip(KINDS, _BETAS.get(task.name, ()), strict=False))
    betas = table.get(kind, (None, None))
    actor = betas[0] if beta_actor is None else beta_actor
    critic = betas[1] if beta_critic is None else beta_critic
    if actor is None or critic is None:
        raise InputError(
            f"no ReBRAC coefficients are known for {task.name} {kind}",
            "give --beta-actor and --beta-critic",
        )
    if name == "paper":
        return _paper(actor, critic, task.discount)
    if name == "cpu":
        return _cpu(actor, critic, task.discount)
    raise InputError(f"there is no recipe {name!r}", "use paper or cpu")


def _paper(actor: float, critic: float, discount: float) -> Recipe:
    supervised = RegressionSettings(updates=300_000, batch=1024, learning_rate=3e-4)
    return Recipe(
        name="paper",
        rebrac=RebracSettings(
            beta_actor=actor,
            beta_critic=critic,
            discount=discount,
            batch=1024,
            tau=0.005,
            targets_every=2,
        ),
        rebrac_updates=1_000_000,
        dynamics=supervised,
        reward=RegressionSettings(updates=100_000, batch=1024, learning_rate=3e-4),
        ensemble=RegressionSettings(updates=100_000, batch=256, learning_rate=3e-4),
    )


def _cpu(actor: float, critic: float, discount: float) -> Recipe:
    return Recipe(
        name="cpu",
        rebrac=RebracSettings(
            beta_actor=actor, beta_critic=critic, discount=discount, decay_updates=80_000
        ),
        rebrac_updates=80_000,
        dynamics=RegressionSettings(updates=60_000),
        reward=RegressionSettings(updates=30_000),
        ensemble=RegressionSettings(updates=20_000, batch=128),
    )
