"""Policies made elsewhere: Stable-Baselines3 archives of SAC and TQC, read without unpickling.

An archive is a zip; ``policy.pth`` inside is a torch state dict, read with ``weights_only``;
``data`` (JSON that carries pickles) is never opened. The activation is not in the state dict:
ReLU, Stable-Baselines3's default for these two algorithms, is assumed.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, relu

from core.checkpoints.state_dict import LARGEST_ENTRY, open_zip, read_entry, read_state_dict
from core.errors import CheckpointError

LARGEST_ARCHIVE = 256 * 2**20
"""Bytes of a whole zip file."""
MOST_LAYERS = 16

_EXPECTED = "give a Stable-Baselines3 SAC or TQC archive with an MLP policy"
_HIDDEN_KEY = re.compile(r"actor\.latent_pi\.(\d{1,3})\.weight")


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
    """Read a Stable-Baselines3 zip of SAC or TQC. Raises CheckpointError on anything else."""
    name = f"policy {path}"
    content = _read_archive(path, name)
    entry = read_entry(open_zip(content, name), "policy.pth", name, LARGEST_ENTRY)
    tensors = read_state_dict(entry, f"policy.pth in {name}")
    layers = _layer_names(tensors, name)
    weights = tuple(_plain(tensors, f"{layer}.weight", name) for layer in layers)
    biases = tuple(_plain(tensors, f"{layer}.bias", name) for layer in layers)
    _check_chain(weights, biases, name)
    return Sb3Policy(weights=weights, biases=biases, sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedPolicy:
    """A policy read from a foreign file as data: nothing of the file was executed."""

    tensors: dict[str, Tensor]
    """What MlpPolicy.load_state_dict takes."""
    architecture: dict[str, Any]
    """As in Manifest.networks["policy"]: kind and what rebuilds it."""
    sha256: str
    """Of the file, hexadecimal."""


def read_policy(path: Path) -> ImportedPolicy:
    """A starting policy from a file of another library. Raises CheckpointError.

    Stable-Baselines3 archives of SAC and TQC.
    """
    found = read_sb3_policy(path)
    state_size = found.state_size
    tensors = {
        "normalizer.mean": torch.zeros(state_size),
        "normalizer.std": torch.ones(state_size),
    }
    for place, (weight, bias) in enumerate(zip(found.weights, found.biases, strict=True)):
        tensors[f"network.{2 * place}.weight"] = weight
        tensors[f"network.{2 * place}.bias"] = bias
    hidden = [len(bias) for bias in found.biases[:-1]]
    return ImportedPolicy(
        tensors=tensors,
        architecture={"kind": "policy", "hidden": hidden},
        sha256=found.sha256,
    )


def _read_archive(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            fact = "is not a file" if path.exists() else "does not exist"
            raise CheckpointError(f"{name} {fact}", _EXPECTED)
        with path.open("rb") as file:
            content = file.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        raise CheckpointError(f"{name} cannot be read", str(error.strerror)) from error
    if len(content) > LARGEST_ARCHIVE:
        raise CheckpointError(f"{name} is over {LARGEST_ARCHIVE >> 20} MiB", _EXPECTED)
    return content


def _layer_names(tensors: Mapping[str, Tensor], name: str) -> list[str]:
    """The hidden layers 0, 2, 4, .. (activations lie between them), then the mean head."""
    found = sorted(int(match[1]) for match in map(_HIDDEN_KEY.fullmatch, tensors) if match)
    if "actor.log_std" in tensors:
        raise CheckpointError(
            f"{name} explores with gSDE", "give one trained with use_sde=False"
        )
    vectors = not any(key.startswith("actor.features_extractor.") for key in tensors)
    if not found or not vectors or "actor.mu.weight" not in tensors:
        raise CheckpointError(f"{name} is not a SAC or TQC policy over vectors", _EXPECTED)
    if found != list(range(0, 2 * len(found), 2)) or len(found) > MOST_LAYERS:
        raise CheckpointError(
            f"{name} is not a plain MLP, its layers are {found[:20]}", _EXPECTED
        )
    return [*(f"actor.latent_pi.{i}" for i in found), "actor.mu"]


def _plain(tensors: Mapping[str, Tensor], key: str, name: str) -> Tensor:
    """A dense copy of a finite float32 tensor that holds what its shape claims."""
    if key not in tensors:
        raise CheckpointError(f"{name} has no {key}", _EXPECTED)
    tensor = tensors[key].detach()
    is_plain = tensor.dtype == torch.float32 and tensor.layout == torch.strided
    if not is_plain or tensor.numel() * 4 > tensor.untyped_storage().nbytes():
        raise CheckpointError(f"{key} in {name} is not a plain float32 tensor", _EXPECTED)
    if tensor.numel() == 0 or not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"{key} in {name} is empty or not finite", "train the policy again"
        )
    return tensor.clone(memory_format=torch.contiguous_format)


def _check_chain(weights: tuple[Tensor, ...], biases: tuple[Tensor, ...], name: str) -> None:
    """Each layer takes what the one before gives."""
    shapes = [tuple(weight.shape) for weight in weights]
    flat = all(len(shape) == 2 for shape in shapes)
    biased = flat and [b.shape for b in biases] == [(rows,) for rows, _ in shapes]
    if not biased or any(a[0] != b[1] for a, b in itertools.pairwise(shapes)):
        raise CheckpointError(f"the layers of {name} do not fit together: {shapes}", _EXPECTED)
