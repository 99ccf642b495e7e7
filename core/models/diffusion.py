"""f_theta: a conditional diffusion model of the next state.

With its Gaussian draws fixed the reverse chain is a deterministic, differentiable map
(arXiv:2603.22430, section 3). Preconditioning: Karras et al. 2022 (EDM), table 1, with
sigma_data = 1. The network predicts the standardised *change* of state; K, the number of
denoising levels, is chosen at use through the number of draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, silu

from core.arrays import Actions, Noise, States
from core.data.normalizer import Normalizer

Affine = tuple[Tensor, Tensor]
"""Weight and bias."""

SIGMA_MAX = 8.0
SIGMA_MIN = 0.02
RHO = 5.0


def noise_levels(count: int) -> list[float]:
    """sigma_K > .. > sigma_1, then 0: EDM's schedule (eq. 5) for K = count levels."""
    if count == 1:
        return [SIGMA_MAX, 0.0]
    top, bottom = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return [(top + i / (count - 1) * (bottom - top)) ** RHO for i in range(count)] + [0.0]


class Preconditioning(NamedTuple):
    """EDM's factors at a noise level sigma, each (N, 1) or (1, 1) for all rows."""

    c_skip: Tensor
    c_out: Tensor
    c_in: Tensor
    c_noise: Tensor


def precondition(sigma: Tensor) -> Preconditioning:
    """EDM table 1 with sigma_data = 1."""
    c_in = (sigma**2 + 1).rsqrt()
    return Preconditioning(c_in**2, sigma * c_in, c_in, sigma.log() / 4)


@cache
def _preconditioned(
    count: int, dtype: torch.dtype, device: torch.device
) -> list[Preconditioning]:
    """Of the noise levels sigma_K .. sigma_1."""
    with torch.inference_mode(mode=False):
        sigmas = torch.tensor(noise_levels(count)[:-1], dtype=dtype, device=device)
        return [precondition(sigma.view(1, 1)) for sigma in sigmas]


class ResidualBlock(nn.Module):
    """x + W_2 silu(LayerNorm(W_1 silu(x))): its weights, asked by a Denoiser."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.second = nn.Linear(width, width)

    def affines(self) -> tuple[Affine, Affine, Affine]:
        """Of W_1, LayerNorm and W_2."""
        return _affine(self.first), _affine(self.norm), _affine(self.second)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Denoiser:
    """D_theta(x; sigma | s, a) for given states and actions, to be asked at each level.

    Functions of weights in place of calls of modules, which cost a sixth of an imagination.
    """

    state: Tensor
    """(N, S) standardised."""
    action: Tensor
    input: Affine
    blocks: tuple[tuple[Affine, Affine, Affine], ...]
    """Of each residual block, its affines."""
    output: Affine

    def __call__(self, noisy: Tensor, level: Preconditioning) -> Tensor:
        """Noisy standardised change (N, S) -> clean.

        D = c_skip x + c_out F(c_in x, c_noise; s, a), EDM eq. 7.
        """
        c_noise = level.c_noise.expand(len(noisy), 1)
        features = [noisy * level.c_in, self.state, self.action, c_noise]
        estimate = self.network(torch.cat(features, dim=-1))
        return level.c_skip * noisy + level.c_out * estimate

    def network(self, features: Tensor) -> Tensor:
        """F: features (N, 2 S + A + 1) -> (N, S)."""
        hidden = linear(features, *self.input)
        for first, norm, second in self.blocks:
            inner = layer_norm(linear(silu(hidden), *first), hidden.shape[1:], *norm)
            hidden = hidden + linear(silu(inner), *second)
        return linear(silu(hidden), *self.output)


class DiffusionDynamics(nn.Module):
    """The sampler of D_theta, and its weights. States raw outside, standardised inside."""

    def __init__(
        self, state_size: int, action_size: int, width: int = 256, blocks: int = 3
    ) -> None:
        super().__init__()
        self.states = Normalizer(state_size)
        self.changes = Normalizer(state_size)
        self.input = nn.Linear(2 * state_size + action_size + 1, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(blocks))
        self.output = nn.Linear(width, state_size)

    def denoiser(self, state: Tensor, action: Tensor) -> Denoiser:
        """D_theta given standardised states (N, S) and actions (N, A)."""
        return Denoiser(
            state=state,
            action=action,
            input=_affine(self.input),
            blocks=tuple(
                block.affines() for block in cast(Iterable[ResidualBlock], self.blocks)
            ),
            output=_affine(self.output),
        )

    def forward(self, state: States, action: Actions, noise: Noise) -> States:
        """s' from raw s (N, S), a (N, A) and draws (K, N, S), by ancestral sampling.

        x_K = sigma_K eps_K; from sigma to a lower sigma': the posterior with mean
        D + (sigma'/sigma)^2 (x - D) and variance sigma'^2 (sigma^2 - sigma'^2) / sigma^2,
        and D itself at the last level.
        """
        denoise = self.denoiser(self.states(state), action)
        sigmas = noise_levels(len(noise))
        levels = _preconditioned(len(noise), state.dtype, state.device)
        change = sigmas[0] * noise[0]
        draws = (*noise[1:], None)
        for draw, level, sigma, lower in zip(
            draws, levels, sigmas[:-1], sigmas[1:], strict=True
        ):
            clean = denoise(change, level)
            change = clean if draw is None else _posterior(change, clean, draw, sigma, lower)
        return state + self.changes.undo(change)


def _affine(module: nn.Linear | nn.LayerNorm) -> Affine:
    return module.weight, module.bias


def _posterior(
    noisy: Tensor, clean: Tensor, draw: Tensor, sigma: float, lower: float
) -> Tensor:
    ratio = (lower / sigma) ** 2
    spread: float = lower * (1 - ratio) ** 0.5
    return clean + ratio * (noisy - clean) + spread * draw
