"""World model = dynamics + reward + survival."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.arrays import Actions, Noise, States, Values
from core.models.diffusion import DiffusionDynamics
from core.models.goal import reached
from core.models.reward import RewardModel
from core.tasks import Bound, Goal


class LearnedWorldModel(nn.Module):
    """Learned dynamics and reward, and the task's termination rule on raw states."""

    def __init__(
        self,
        dynamics: DiffusionDynamics,
        reward: RewardModel | None,
        bounds: tuple[Bound, ...] = (),
        goal: Goal | None = None,
    ) -> None:
        """bounds: the smooth survival rule; without them everything is alive (survival off).

        goal: reward and the end of the episode there follow from it, and no model of the reward
        is asked; the end counts whatever the survival setting, as Q means nothing beyond it.
        """
        super().__init__()
        self.dynamics = dynamics
        self.reward_model = reward
        self.bounds = bounds
        self.goal = goal

    def next_state(self, state: States, action: Actions, noise: Noise) -> States:
        """s' (N, S) raw; noise (K, N, S)."""
        following: Tensor = self.dynamics(state, action, noise)
        return following

    def reward(self, state: States, action: Actions, next_state: States) -> Values:
        """r (N,) in environment units."""
        if self.goal is not None:
            return reached(next_state, self.goal)
        if self.reward_model is None:
            raise ValueError("a world model without a goal needs a reward model")
        reward: Tensor = self.reward_model(state, action)
        return reward

    def alive(self, state: States) -> Values:
        """Product of one sigmoid per finite bound (contracts 2); 0 at the goal."""
        alive = smooth_survival(state, self.bounds)
        return alive if self.goal is None else alive * (1 - reached(state, self.goal))


def smooth_survival(state: States, bounds: tuple[Bound, ...]) -> Values:
    """prod_b sigmoid((s_b - low) / width) sigmoid((high - s_b) / width): (N,) in [0, 1]."""
    alive = torch.ones_like(state[:, 0])
    for bound in bounds:
        coordinate = state[:, bound.index]
        if bound.low > -float("inf"):
            alive = alive * torch.sigmoid((coordinate - bound.low) / bound.width)
        if bound.high < float("inf"):
            alive = alive * torch.sigmoid((bound.high - coordinate) / bound.width)
    return alive
