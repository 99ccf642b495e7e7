"""A small ensemble of one-step models: doubt about the dynamics, not one sampler's spread."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from core.arrays import Actions, States, Values
from core.data.normalizer import Normalizer


class DynamicsEnsemble(nn.Module):
    """B members, each a two-layer SiLU MLP that predicts the standardised change of state."""

    def __init__(
        self, state_size: int, action_size: int, members: int = 5, width: int = 128
    ) -> None:
        super().__init__()
        self.states = Normalizer(state_size)
        self.changes = Normalizer(state_size)
        sizes = (state_size + action_size, width, width, state_size)
        self.weights = nn.ParameterList(torch.empty(members, a, b) for a, b in pairwise(sizes))
        self.biases = nn.ParameterList(torch.zeros(members, 1, b) for b in sizes[1:])
        for weight in self.weights:
            # Not normal_: on the meta device that imports torch._dynamo, seconds at each load.
            bound = (3 / weight.shape[1]) ** 0.5
            nn.init.uniform_(weight, -bound, bound)

    def changes_of(self, state: Tensor, action: Tensor) -> Tensor:
        """Standardised change by each member: rows (N, .) or (B, N, .) -> (B, N, S)."""
        value = torch.cat([self.states(state), action], dim=-1)
        if value.dim() == 2:
            value = value.expand(len(self.weights[0]), *value.shape)
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            value = torch.baddbmm(bias, value, weight)
            value = nn.functional.silu(value) if i < last else value
        return value

    def forward(self, state: States, action: Actions) -> Values:
        """Spread (N,), change stds: std over members, root mean square over dimensions."""
        return self.changes_of(state, action).var(dim=0).mean(dim=-1).sqrt()
