"""The draws of the imagination: a pure function of (seed, episode, t, purpose)."""

from __future__ import annotations

import torch
from torch import Tensor

from core.seeding import generator
from core.settings import Settings


def imagination_noise(
    settings: Settings,
    state_size: int,
    *,
    seed: int,
    episode: int,
    t: int,
    purpose: str = "imagination",
) -> Tensor:
    """Standard normal draws (H, K, M, S), the same for every k. One particle where H = 0."""
    horizon = settings.imagined_steps
    particles = settings.particles if horizon else 1
    shape = (horizon, settings.denoising_levels, particles, state_size)
    draws = generator(seed, purpose, episode, t).standard_normal(shape, dtype="float32")
    return torch.from_numpy(draws)
