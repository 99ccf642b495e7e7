"""Policy weights as a flat vector psi."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.models.interfaces import AdaptablePolicy


def flat(tensors: Sequence[Tensor]) -> Tensor:
    """(W,) copy of all entries, in order."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def psi_of(policy: AdaptablePolicy) -> Tensor:
    """The policy's weights (W,), a copy."""
    return flat(list(policy.parameters()))


def set_psi(policy: AdaptablePolicy, psi: Tensor) -> None:
    """Overwrite the policy's weights from (W,), bit for bit."""
    start = 0
    for parameter in policy.parameters():
        count = parameter.numel()
        parameter.data.copy_(psi[start : start + count].view_as(parameter))
        start += count


def same_weights(first: AdaptablePolicy, second: AdaptablePolicy) -> bool:
    """Whether two policies of one architecture have equal weights."""
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def layer_norms(vector: Tensor, layers: dict[str, tuple[nn.Parameter, ...]]) -> Tensor:
    """Norm of each layer's part of a vector (W,): (L,)."""
    sizes = [sum(p.numel() for p in parameters) for parameters in layers.values()]
    return torch.stack([part.norm() for part in torch.split(vector, sizes)])
