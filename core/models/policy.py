"""pi_psi: the deterministic policy whose weights adaptation moves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from core.arrays import Actions, States
from core.data.normalizer import Normalizer
from core.models.mlp import mlp


class MlpPolicy(nn.Module):
    """ReLU MLP with a tanh output: states (N, S) raw -> actions (N, A) in [-1, 1]."""

    def __init__(
        self, state_size: int, action_size: int, hidden: Sequence[int] = (256, 256, 256)
    ) -> None:
        super().__init__()
        self.normalizer = Normalizer(state_size)
        self.network = mlp((state_size, *hidden, action_size), activation=nn.ReLU)

    def forward(self, state: States) -> Actions:
        return torch.tanh(self.network(self.normalizer(state)))

    def layers(self) -> dict[str, tuple[nn.Parameter, ...]]:
        """Layer name -> its parameters, input to output: the L of the trace."""
        linear = [module for module in self.network if isinstance(module, nn.Linear)]
        names = [f"hidden {i + 1}" for i in range(len(linear) - 1)] + ["output"]
        return {
            name: tuple(module.parameters()) for name, module in zip(names, linear, strict=True)
        }
