"""Initial weights from a generator that is passed in: nothing depends on global state."""

from __future__ import annotations

import torch
from torch import nn


def initialize(module: nn.Module, generator: torch.Generator) -> None:
    """torch's default for every linear layer, uniform +-1/sqrt(inputs), from the generator."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


def initialize_rebrac(
    network: nn.Sequential, generator: torch.Generator, *, last: float
) -> None:
    """ReBRAC's: hidden biases 0.1, last layer uniform +-last (contracts 2)."""
    initialize(network, generator)
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer in linear[:-1]:
        nn.init.constant_(layer.bias, 0.1)
    nn.init.uniform_(linear[-1].weight, -last, last, generator=generator)
    nn.init.uniform_(linear[-1].bias, -last, last, generator=generator)
