"""r_xi: the reward regressed on (s, a)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.arrays import Actions, States, Values
from core.data.normalizer import Normalizer
from core.models.mlp import mlp


class RewardModel(nn.Module):
    """SiLU MLP: states (N, S) raw, actions (N, A) -> rewards (N,) in environment units."""

    def __init__(
        self, state_size: int, action_size: int, hidden: Sequence[int] = (256, 256)
    ) -> None:
        super().__init__()
        self.states = Normalizer(state_size)
        self.rewards = Normalizer(1)
        self.network = mlp((state_size + action_size, *hidden, 1), activation=nn.SiLU)

    def standardized(self, state: States, action: Actions) -> Values:
        """The reward in units of its standard deviation over the data."""
        values: Tensor = self.network(torch.cat([self.states(state), action], dim=-1))
        return values.squeeze(-1)

    def forward(self, state: States, action: Actions) -> Values:
        return self.rewards.undo(self.standardized(state, action).unsqueeze(-1)).squeeze(-1)
