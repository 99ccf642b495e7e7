"""Q_1, Q_2: ReBRAC's twin critic."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.arrays import Actions, States, Values
from core.data.normalizer import Normalizer
from core.models.mlp import mlp


class TwinCritic(nn.Module):
    """Two ReLU MLPs with LayerNorm after each activation. The call is their minimum."""

    def __init__(
        self, state_size: int, action_size: int, hidden: Sequence[int] = (256, 256, 256)
    ) -> None:
        super().__init__()
        self.normalizer = Normalizer(state_size)
        sizes = (state_size + action_size, *hidden, 1)
        self.first = mlp(sizes, activation=nn.ReLU, layer_norm=True)
        self.second = mlp(sizes, activation=nn.ReLU, layer_norm=True)

    def twins(self, state: Tensor, action: Tensor) -> Tensor:
        """Both values, (2, N)."""
        inputs = torch.cat([self.normalizer(state), action], dim=-1)
        return torch.stack([self.first(inputs), self.second(inputs)]).squeeze(-1)

    def forward(self, state: States, action: Actions) -> Values:
        return self.twins(state, action).amin(dim=0)
