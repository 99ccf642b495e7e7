"""f_theta: a conditional diffusion model of the next state.

With its Gaussian draws fixed the reverse chain is a deterministic, differentiable map
(arXiv:2603.22430, section 3). Preconditioning: Karras et al. 2022 (EDM), table 1, with
sigma_data = 1. The network predicts the standardised *change* of state; K, the number of
denoising levels, is chosen at use through the number of draws.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.arrays import Actions, Noise, States
from core.data.normalizer import Normalizer

SIGMA_MAX = 8.0
SIGMA_MIN = 0.02
RHO = 5.0


def noise_levels(count: int) -> list[float]:
    """sigma_K > .. > sigma_1, then 0: EDM's schedule (eq. 5) for K = count levels."""
    if count == 1:
        return [SIGMA_MAX, 0.0]
    top, bottom = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return [(top + i / (count - 1) * (bottom - top)) ** RHO for i in range(count)] + [0.0]


class ResidualBlock(nn.Module):
    """x + W_2 silu(LayerNorm(W_1 silu(x)))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.second = nn.Linear(width, width)

    def forward(self, value: Tensor) -> Tensor:
        inner = self.norm(self.first(nn.functional.silu(value)))
        change: Tensor = self.second(nn.functional.silu(inner))
        return value + change


class DiffusionDynamics(nn.Module):
    """D_theta(x; sigma | s, a) and its sampler. States raw outside, standardised inside."""

    def __init__(
        self, state_size: int, action_size: int, width: int = 256, blocks: int = 3
    ) -> None:
        super().__init__()
        self.states = Normalizer(state_size)
        self.changes = Normalizer(state_size)
        self.input = nn.Linear(2 * state_size + action_size + 1, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.output = nn.Linear(width, state_size)

    def denoise(self, noisy: Tensor, sigma: Tensor, state: Tensor, action: Tensor) -> Tensor:
        """D_theta: noisy standardised change (N, S), sigma (N, 1), standardised state -> clean.

        D = c_skip x + c_out F(c_in x, c_noise; s, a), EDM eq. 7 with sigma_data = 1.
        """
        scale = (sigma**2 + 1).rsqrt()
        features = torch.cat([noisy * scale, state, action, sigma.log() / 4], dim=-1)
        hidden = nn.functional.silu(self.blocks(self.input(features)))
        estimate: Tensor = self.output(hidden)
        return scale**2 * noisy + sigma * scale * estimate

    def forward(self, state: States, action: Actions, noise: Noise) -> States:
        """s' from raw s (N, S), a (N, A) and draws (K, N, S), by ancestral sampling.

        x_K = sigma_K eps_K; from sigma to a lower sigma': the posterior with mean
        D + (sigma'/sigma)^2 (x - D) and variance sigma'^2 (sigma^2 - sigma'^2) / sigma^2,
        and D itself at the last level.
        """
        standardized = self.states(state)
        levels = noise_levels(len(noise))
        change = levels[0] * noise[0]
        for draw, sigma, lower in zip((*noise[1:], None), levels[:-1], levels[1:], strict=True):
            clean = self.denoise(
                change, torch.full_like(change[:, :1], sigma), standardized, action
            )
            change = clean if draw is None else _posterior(change, clean, draw, sigma, lower)
        return state + self.changes.undo(change)


def _posterior(
    noisy: Tensor, clean: Tensor, draw: Tensor, sigma: float, lower: float
) -> Tensor:
    ratio = (lower / sigma) ** 2
    spread: float = lower * (1 - ratio) ** 0.5
    return clean + ratio * (noisy - clean) + spread * draw
