"""Files that other libraries write of their policies, made without those libraries."""

from __future__ import annotations

import itertools
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.sb3_archives import saved

SIZES = (11, 16, 8, 3)


def td3_tensors(sizes: tuple[int, ...] = SIZES, seed: int = 0) -> OrderedDict[str, Tensor]:
    """The state dict of Stable-Baselines3's TD3: actor, its target, critics in part."""
    found: OrderedDict[str, Tensor] = OrderedDict()
    for name, tensor in network(sizes, seed).state_dict().items():
        found[f"actor.mu.{name}"] = found[f"actor_target.mu.{name}"] = tensor
    found["critic.qf0.0.weight"] = torch.zeros(4, sizes[0] + sizes[-1])
    return found


def network(sizes: tuple[int, ...] = SIZES, seed: int = 0) -> nn.Sequential:
    """Linear layers with ReLU between them and tanh at the end."""
    draw = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    made = nn.Sequential(*layers[:-1], nn.Tanh())
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw))
    return made


def td3_bc(**changes: Any) -> dict[str, Any]:
    """What CORL's td3_bc.py hands to torch.save, optimiser and all."""
    actor, critic = nn.Module(), nn.Module()
    actor.net, critic.net = network(), network((14, 16, 1))
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4)
    critic.net(torch.ones(1, 14)).sum().backward()
    optimizer.step()
    return {
        "critic_1": critic.state_dict(),
        "critic_1_optimizer": optimizer.state_dict(),
        "critic_2": critic.state_dict(),
        "actor": actor.state_dict(),
        "actor_optimizer": optimizer.state_dict(),
        "total_it": 1000,
    } | changes


def write_td3_bc(path: Path, **changes: Any) -> Path:
    path.write_bytes(saved(td3_bc(**changes)))
    return path


def packed(value: Any) -> bytes:
    """msgpack of dictionaries, texts, numbers and arrays, as flax.serialization has them."""
    match value:
        case dict():
            items = b"".join(packed(k) + packed(v) for k, v in value.items())
            return struct.pack(">BH", 0xDE, len(value)) + items
        case list() | tuple():
            return struct.pack(">BH", 0xDC, len(value)) + b"".join(map(packed, value))
        case str():
            return struct.pack(">BB", 0xD9, len(value)) + value.encode()
        case bytes():
            return struct.pack(">BI", 0xC6, len(value)) + value
        case int():
            return struct.pack(">BI", 0xCE, value)
        case np.ndarray():
            inner = packed([list(value.shape), value.dtype.name, value.tobytes()])
            return struct.pack(">BIb", 0xC9, len(inner), 1) + inner
    raise TypeError(type(value).__name__)


def rebrac_params(seed: int = 0, prefix: str = "Dense") -> dict[str, Any]:
    """Parameters of ReBRAC's actor: kernels are (in, out)."""
    layers = [module for module in network(seed=seed) if isinstance(module, nn.Linear)]
    step = 1 if prefix == "Dense" else 3
    return {
        "params": {
            f"{prefix}_{step * place}": {
                "kernel": layer.weight.detach().numpy().T.copy(),
                "bias": layer.bias.detach().numpy().copy(),
            }
            for place, layer in enumerate(layers)
        }
    }
