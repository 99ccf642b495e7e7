"""Policies made elsewhere: of Stable-Baselines3 and of CORL, read without unpickling.

An archive of Stable-Baselines3 is a zip; ``policy.pth`` inside is a torch state dict, read with
``weights_only``; ``data`` (JSON that carries pickles) is never opened. The activation is not in
the state dict: ReLU, Stable-Baselines3's default for SAC, TD3 and TQC, is assumed.
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

from core.checkpoints.flax_params import looks_like_flax
from core.checkpoints.importers_corl import Layers, rebrac_layers, td3_bc_layers
from core.checkpoints.importers_normalizer import Normalization
from core.checkpoints.state_dict import LARGEST_ENTRY, open_zip, read_entry, read_state_dict
from core.errors import CheckpointError

LARGEST_ARCHIVE = 64 * 2**20
"""Bytes of a whole file."""
MOST_LAYERS = 16

TD3_BC, REBRAC = "CORL's TD3+BC", "parameters of flax, as of CORL's ReBRAC"
_KNOWN = "give a Stable-Baselines3 archive, CORL's TD3+BC, or ReBRAC's flax parameters"
_EXPECTED = "give a Stable-Baselines3 SAC, TD3 or TQC archive with an MLP policy"
_TD3_KEY = re.compile(r"actor\.mu\.(\d{1,3})\.weight")
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
    """The policy in a Stable-Baselines3 zip of SAC, TD3 or TQC. Raises CheckpointError."""
    name = f"policy {path}"
    content = _read_archive(path, name)
    _, layers = _sb3_layers(content, name)
    weights, biases = _plain_layers(layers, name)
    return Sb3Policy(weights=weights, biases=biases, sha256=hashlib.sha256(content).hexdigest())


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

    Stable-Baselines3 archives of SAC, TD3 and TQC; CORL's TD3+BC; parameters of CORL's ReBRAC
    that flax.serialization wrote. normalizer: what TD3+BC's states were standardised with,
    which its file does not hold; Stable-Baselines3's policies see raw states.
    """
    name = f"policy {path}"
    content = _read_archive(path, name)
    source, layers = _read_layers(content, name)
    weights, biases = _plain_layers(layers, name)
    mean, std = _normalization(normalizer, source, weights[0].shape[1], name)
    tensors = {"normalizer.mean": mean, "normalizer.std": std}
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        tensors[f"network.{2 * place}.weight"] = weight
        tensors[f"network.{2 * place}.bias"] = bias
    return ImportedPolicy(
        tensors=tensors,
        architecture={"kind": "policy", "hidden": [len(bias) for bias in biases[:-1]]},
        source=source,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _read_layers(content: bytes, name: str) -> tuple[str, Layers]:
    """What wrote the file, and its layers as found."""
    if content[:1] == b"\x80":
        raise CheckpointError(
            f"{name} is a pickle: reading it would run what it says",
            "write the weights with flax.serialization.to_bytes or torch.save",
        )
    if looks_like_flax(content):
        return REBRAC, rebrac_layers(content, name)
    entries = open_zip(content, name).namelist()
    if "policy.pth" in entries:
        return _sb3_layers(content, name)
    if any(entry.endswith("/data.pkl") for entry in entries):
        return TD3_BC, td3_bc_layers(content, name)
    raise CheckpointError(f"{name} is of no library that is known here", _KNOWN)


def _sb3_layers(content: bytes, name: str) -> tuple[str, Layers]:
    entry = read_entry(open_zip(content, name), "policy.pth", name, LARGEST_ENTRY)
    tensors = read_state_dict(entry, f"policy.pth in {name}")
    names = _layer_names(tensors, name)
    source = "Stable-Baselines3 " + ("TD3" if names[-1] != "actor.mu" else "SAC or TQC")
    return source, [
        (_entry(tensors, f"{n}.weight", name), _entry(tensors, f"{n}.bias", name))
        for n in names
    ]


def _normalization(
    given: Normalization | None, source: str, size: int, name: str
) -> tuple[Tensor, Tensor]:
    """Mean and std of the states that the policy was trained on; raw ones for most."""
    if given is None and source == TD3_BC:
        raise CheckpointError(
            f"{name} does not hold the mean and std of the states it was trained on",
            "give --normalizer FILE.json, a data set's id, or none where it saw raw states",
        )
    mean, std = (torch.zeros(size), torch.ones(size))
    if given is not None and given.mean:
        mean, std = torch.tensor(given.mean), torch.tensor(given.std)
    if mean.shape != (size,) or std.shape != (size,):
        raise CheckpointError(
            f"the normaliser has {len(mean)} numbers, the policy in {name} sees {size}",
            "give the one it was trained with",
        )
    return mean, std


def _read_archive(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            fact = "is not a file" if path.exists() else "does not exist"
            raise CheckpointError(f"{name} {fact}", _KNOWN)
        large = path.stat().st_size > LARGEST_ARCHIVE
        with path.open("rb") as file:
            content = b"" if large else file.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        raise CheckpointError(f"{name} cannot be read", str(error.strerror)) from error
    if large or len(content) > LARGEST_ARCHIVE:
        raise CheckpointError(f"{name} is over {LARGEST_ARCHIVE >> 20} MiB", _KNOWN)
    return content


def _layer_names(tensors: Mapping[str, Tensor], name: str) -> list[str]:
    """The hidden layers 0, 2, 4, .. (activations lie between them), then the mean head."""
    found = sorted(int(match[1]) for match in map(_HIDDEN_KEY.fullmatch, tensors) if match)
    if "actor.log_std" in tensors:
        raise CheckpointError(
            f"{name} explores with gSDE", "give one trained with use_sde=False"
        )
    vectors = not any(key.startswith("actor.features_extractor.") for key in tensors)
    sequence = sorted(int(match[1]) for match in map(_TD3_KEY.fullmatch, tensors) if match)
    heads = ["actor.mu"] if "actor.mu.weight" in tensors else []
    if not vectors or bool(found) != bool(heads) or bool(heads) == bool(sequence):
        raise CheckpointError(f"{name} is not a SAC, TD3 or TQC policy over vectors", _EXPECTED)
    stem = "actor.latent_pi" if found else "actor.mu"
    found = found or sequence
    if found != list(range(0, 2 * len(found), 2)) or len(found) > MOST_LAYERS:
        raise CheckpointError(
            f"{name} is not a plain MLP, its layers are {found[:20]}", _EXPECTED
        )
    return [*(f"{stem}.{i}" for i in found), *heads]


def _entry(tensors: Mapping[str, Tensor], key: str, name: str) -> Tensor:
    if key not in tensors:
        raise CheckpointError(f"{name} has no {key}", _EXPECTED)
    return tensors[key]


def _plain_layers(layers: Layers, name: str) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Weights and biases as plain tensors, each layer taking what the one before gives."""
    weights = tuple(
        _plain(weight, f"the weight of layer {i}", name) for i, (weight, _) in enumerate(layers)
    )
    biases = tuple(
        _plain(bias, f"the bias of layer {i}", name) for i, (_, bias) in enumerate(layers)
    )
    _check_chain(weights, biases, name)
    return weights, biases


def _plain(value: Any, key: str, name: str) -> Tensor:
    """A dense copy of a finite float32 tensor that holds what its shape claims."""
    if not isinstance(value, Tensor):
        raise CheckpointError(f"{key} in {name} is missing", _KNOWN)
    tensor = value.detach()
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
