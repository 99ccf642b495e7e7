"""A made-up Hopper for synthetic records: it looks like hopping and follows no physics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_ENVIRONMENT_STEP = 0.008
LAYERS = ("layer 1", "layer 2", "layer 3", "output")
Floats = NDArray[np.floating[Any]]
"""Real numbers, any precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The letters of the shapes, see core/traces/trace.py."""

    state: int = 11
    action: int = 3
    horizon: int = 5
    particles: int = 8
    layers: int = len(LAYERS)
    physics: int = 58
    weights: int = 200


HOPPER = Sizes()


def make_state(t: float, *, shift: float = 0.0) -> Floats:
    """A hopping-like Hopper state (11,) at environment step t: upright, moving forward."""
    phase = 0.25 * t + shift
    positions = [1.25 + 0.06 * np.sin(phase), 0.03 * np.cos(phase), -0.2 + 0.15 * np.sin(phase),
                 -0.3 + 0.2 * np.cos(phase), 0.1 * np.sin(phase)]  # fmt: skip
    velocities = [1.6 + 0.3 * np.sin(phase), 0.5 * np.cos(phase), 0.1 * np.sin(phase),
                  1.2 * np.cos(phase), -1.5 * np.sin(phase), 0.8 * np.cos(phase)]  # fmt: skip
    return np.array(positions + velocities)


def make_physics(t: float, state: Floats, sizes: Sizes = HOPPER) -> Floats:
    """mjSTATE_INTEGRATION (P,) of that state: time, qpos (6), qvel (6), zeros."""
    physics = np.zeros(sizes.physics)
    physics[0] = t * SECONDS_PER_ENVIRONMENT_STEP
    physics[1] = 1.6 * physics[0]
    physics[2:7] = state[:5]
    physics[7:13] = state[5:11]
    return physics


def make_action(t: float, sizes: Sizes = HOPPER) -> Floats:
    """The synthetic frozen policy's action (A,) at t, within [-0.6, 0.6]."""
    return np.asarray(0.6 * np.sin(0.25 * t + np.arange(sizes.action)))
