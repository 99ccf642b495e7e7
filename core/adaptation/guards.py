"""Guards on the update: gradient clip and the trust region on the action."""

from __future__ import annotations

import torch
from torch import Tensor

from core.adaptation.weights import psi_of, set_psi
from core.arrays import States
from core.models.interfaces import AdaptablePolicy

HALVINGS = 10


def clip(gradient: Tensor, largest: float | None) -> Tensor:
    """The gradient (W,) scaled down to norm `largest` where it is longer."""
    if largest is None:
        return gradient
    norm = gradient.norm()
    return gradient * (largest / norm) if norm > largest else gradient


def trust_region(
    policy: AdaptablePolicy,
    pretrained: AdaptablePolicy,
    psi_0: Tensor,
    state: States,
    radius: float | None,
) -> float:
    """Shrink the policy towards psi_0 until max_i |a_i(psi) - a_i(psi_0)| <= radius at (1, S).

    psi <- psi_0 + c (psi_E - psi_0), c = 1, 1/2, .. 2^-10, else psi_0; returns c (contracts 3).
    """
    if radius is None:
        return 1.0
    psi_end = psi_of(policy)
    with torch.inference_mode():
        centre = pretrained(state)
        for halving in range(HALVINGS + 1):
            factor = 0.5**halving
            if halving:
                set_psi(policy, psi_0 + factor * (psi_end - psi_0))
            if float((policy(state) - centre).abs().max()) <= radius:
                return factor
    set_psi(policy, psi_0)
    return 0.0
