"""Policies made elsewhere as networks of torch; policy_layers.py reads their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, relu

from core.checkpoints.importers_normalizer import Normalization, check_normalization
from core.checkpoints.policy_layers import PolicyLayers, read_layers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sb3Policy:
    """A deterministic policy: a ReLU MLP, then tanh. Raw states in, actions in [-1, 1] out."""

    weights: tuple[Tensor, ...]
    """(out, in) for each hidden layer, then the mean head."""
    biases: tuple[Tensor, ...]
    """(out,) for each hidden layer, then the mean head."""
    sha256: str
    """Of the archive, hexadecimal."""

    @property
    def state_size(self) -> int:
        """S, numbers the policy sees."""
        return self.weights[0].shape[1]

    @property
    def action_size(self) -> int:
        """A, numbers the policy gives."""
        return self.weights[-1].shape[0]

    def __call__(self, states: Tensor) -> Tensor:
        """The mean action tanh(mu(s)): states (N, S) -> actions (N, A)."""
        hidden = states
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = relu(linear(hidden, weight, bias))
        return torch.tanh(linear(hidden, self.weights[-1], self.biases[-1]))


def read_sb3_policy(path: Path) -> Sb3Policy:
    """The policy in a Stable-Baselines3 zip of SAC, TD3 or TQC. Raises CheckpointError."""
    layers = read_layers(path, only_sb3=True)
    return Sb3Policy(
        weights=tuple(torch.from_numpy(weight) for weight in layers.weights),
        biases=tuple(torch.from_numpy(bias) for bias in layers.biases),
        sha256=layers.sha256,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedPolicy:
    """A policy read from a foreign file as data: nothing of the file was executed."""

    tensors: dict[str, Tensor]
    """What MlpPolicy.load_state_dict takes."""
    architecture: dict[str, Any]
    """As in Manifest.networks["policy"]: kind and what rebuilds it."""
    source: str
    """What wrote the file, as far as its contents tell."""
    sha256: str
    """Of the file, hexadecimal."""


def read_policy(path: Path, normalizer: Normalization | None = None) -> ImportedPolicy:
    """A starting policy from a file of another library. Raises CheckpointError.

    normalizer: what TD3+BC's states were standardised with, which its file does not hold;
    Stable-Baselines3's policies see raw states.
    """
    layers = read_layers(path)
    check_normalization(normalizer, layers, f"policy {path}")
    return imported(layers, normalizer)


def imported(layers: PolicyLayers, normalizer: Normalization | None) -> ImportedPolicy:
    """Our policy of these layers; without a normaliser it sees raw states."""
    size, _ = layers.sizes
    mean, std = torch.zeros(size), torch.ones(size)
    if normalizer is not None and normalizer.mean:
        mean, std = torch.tensor(normalizer.mean), torch.tensor(normalizer.std)
    tensors = {"normalizer.mean": mean, "normalizer.std": std}
    for place, pair in enumerate(zip(layers.weights, layers.biases, strict=True)):
        weight, bias = (torch.from_numpy(array) for array in pair)
        tensors |= {
            f"network.{2 * place}.weight": weight, f"network.{2 * place}.bias": bias,
        }  # fmt: skip
    return ImportedPolicy(
        tensors=tensors,
        architecture={"kind": "policy", "hidden": [len(bias) for bias in layers.biases[:-1]]},
        source=layers.source,
        sha256=layers.sha256,
    )
