"""The one multilayer perceptron everything is made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def mlp(
    sizes: Sequence[int], *, activation: type[nn.Module], layer_norm: bool = False
) -> nn.Sequential:
    """Linear layers of these sizes with the activation between them.

    layer_norm puts a LayerNorm *after* each activation, as ReBRAC's critics have it.
    """
    layers: list[nn.Module] = []
    for position, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(inputs, outputs))
        if position < len(sizes) - 2:
            layers.append(activation())
            if layer_norm:
                layers.append(nn.LayerNorm(outputs))
    return nn.Sequential(*layers)
