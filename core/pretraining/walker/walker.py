"""A small policy that walks the ant in any direction: it makes the AntMaze data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from core.checkpoints.disk import read_bounded
from core.errors import DataError
from core.pretraining.walker.canonical_frame import (
    OBSERVATION_SIZE,
    Floats,
    observe,
    to_environment,
)

SHIPPED = Path(__file__).resolve().parents[3] / "assets" / "walkers" / "ant.safetensors"
LARGEST_FILE = 2**20
"""Bytes."""
_HIDDEN = 128
_SHAPES = {
    "observation_mean": (OBSERVATION_SIZE,),
    "observation_std": (OBSERVATION_SIZE,),
    "hidden0.weight": (_HIDDEN, OBSERVATION_SIZE),
    "hidden0.bias": (_HIDDEN,),
    "hidden1.weight": (_HIDDEN, _HIDDEN),
    "hidden1.bias": (_HIDDEN,),
    "mean_action.weight": (8, _HIDDEN),
    "mean_action.bias": (8,),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walker:
    """Two hidden layers of 128 tanh units on standardised observations."""

    weights: dict[str, Floats]
    """By name, as in the file: finite, float64."""
    sha256: str
    """Of the file."""

    def act(self, qpos: Floats, qvel: Floats, heading: Floats) -> Floats:
        """Actions (N, 8) in [-1, 1] for qpos (N, 15), qvel (N, 14) and headings (N,), rad."""
        weights = self.weights
        observations, turns = observe(qpos, qvel, heading)
        scaled = (observations - weights["observation_mean"]) / weights["observation_std"]
        hidden = np.clip(scaled, -10.0, 10.0)
        for layer in ("hidden0", "hidden1"):
            hidden = np.tanh(hidden @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"])
        actions = hidden @ weights["mean_action.weight"].T + weights["mean_action.bias"]
        return to_environment(np.clip(actions, -1.0, 1.0), turns)


def read_walker(path: Path = SHIPPED) -> Walker:
    """Read the weights. Raises InputError where the file is missing or not such a policy."""
    content = read_bounded(path, LARGEST_FILE)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} is no safetensors file", "copy it again") from error
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    if shapes != _SHAPES:
        raise DataError(f"{path} is not the ant's walker", "copy it again")
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    finite = all(np.isfinite(weight).all() for weight in weights.values())
    if not finite or not (weights["observation_std"] > 0).all():
        raise DataError(f"{path} has weights that are not finite", "copy it again")
    return Walker(weights=weights, sha256=hashlib.sha256(content).hexdigest())
