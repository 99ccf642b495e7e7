"""Layers of policies made elsewhere: of Stable-Baselines3 and of CORL. Free of torch.

An archive of Stable-Baselines3 is a zip; ``policy.pth`` inside is a state dict of torch;
``data`` (JSON that carries pickles) is never opened. The activation is not in the state dict:
ReLU, Stable-Baselines3's default for SAC, TD3 and TQC, is assumed.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.archives import open_zip, read_entry
from core.checkpoints.flax_params import looks_like_flax
from core.checkpoints.importers_corl import Layers, rebrac_layers, td3_bc_layers
from core.checkpoints.saved_tensors import SavedTensor, read_saved
from core.errors import CheckpointError

LARGEST_ARCHIVE = 64 * 2**20
"""Bytes of a whole file."""
MOST_LAYERS = 16

TD3_BC, REBRAC = "CORL's TD3+BC", "parameters of flax, as of CORL's ReBRAC"
_KNOWN = "give a Stable-Baselines3 archive, CORL's TD3+BC, or ReBRAC's flax parameters"
_SB3 = "give a Stable-Baselines3 archive (SAC, TD3, TQC), or `random`"
_EXPECTED = "give a Stable-Baselines3 SAC, TD3 or TQC archive with an MLP policy"
_TD3_KEY = re.compile(r"actor\.mu\.(\d{1,3})\.weight")
_HIDDEN_KEY = re.compile(r"actor\.latent_pi\.(\d{1,3})\.weight")
_Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyLayers:
    """A ReLU MLP that ends with tanh, as arrays of its own; finite."""

    weights: tuple[_Numbers, ...]
    """(out, in) for each hidden layer, then the head."""
    biases: tuple[_Numbers, ...]
    """(out,) for each hidden layer, then the head."""
    source: str
    """What wrote the file, as far as its contents tell."""
    sha256: str
    """Of the file, hexadecimal."""

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers that it sees, and that it gives."""
        return self.weights[0].shape[1], self.weights[-1].shape[0]


def read_layers(path: Path, *, only_sb3: bool = False) -> PolicyLayers:
    """The layers of a policy in a file of another library. Raises CheckpointError.

    Stable-Baselines3 archives of SAC, TD3 and TQC; CORL's TD3+BC; parameters of CORL's ReBRAC
    that flax.serialization wrote.
    """
    name = f"policy {path}"
    content = _read_archive(path, name, _SB3 if only_sb3 else _KNOWN)
    source, layers = _sb3_layers(content, name) if only_sb3 else _found_layers(content, name)
    weights = tuple(
        _plain(weight, f"the weight of layer {i}", name) for i, (weight, _) in enumerate(layers)
    )
    biases = tuple(
        _plain(bias, f"the bias of layer {i}", name) for i, (_, bias) in enumerate(layers)
    )
    _check_chain(weights, biases, name)
    sha256 = hashlib.sha256(content).hexdigest()
    return PolicyLayers(weights=weights, biases=biases, source=source, sha256=sha256)


def _read_archive(path: Path, name: str, remedy: str) -> bytes:
    try:
        if not path.is_file():
            fact = "is not a file" if path.exists() else "does not exist"
            raise CheckpointError(f"{name} {fact}", remedy)
        large = path.stat().st_size > LARGEST_ARCHIVE
        with path.open("rb") as file:
            content = b"" if large else file.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        raise CheckpointError(f"{name} cannot be read", str(error.strerror)) from error
    if large or len(content) > LARGEST_ARCHIVE:
        raise CheckpointError(f"{name} is over {LARGEST_ARCHIVE >> 20} MiB", remedy)
    return content


def _found_layers(content: bytes, name: str) -> tuple[str, Layers]:
    """What wrote the file, and its layers as found."""
    if content[:1] == b"\x80":
        raise CheckpointError(
            f"{name} is a pickle: reading it would run what it says",
            "write the weights with flax.serialization.to_bytes or torch.save",
        )
    if looks_like_flax(content):
        return REBRAC, rebrac_layers(content, name)
    entries = open_zip(content, name, _KNOWN).namelist()
    if "policy.pth" in entries:
        return _sb3_layers(content, name)
    if any(entry.endswith("/data.pkl") for entry in entries):
        return TD3_BC, td3_bc_layers(content, name)
    raise CheckpointError(f"{name} is of no library that is known here", _KNOWN)


def _sb3_layers(content: bytes, name: str) -> tuple[str, Layers]:
    entry = read_entry(open_zip(content, name), "policy.pth", name)
    saved = read_saved(entry, f"policy.pth in {name}")
    tensors = {str(k): value for k, value in saved.items() if isinstance(value, SavedTensor)}
    names = _layer_names(tensors, name)
    source = "Stable-Baselines3 " + ("TD3" if names[-1] != "actor.mu" else "SAC or TQC")
    return source, [
        (_entry(tensors, f"{n}.weight", name), _entry(tensors, f"{n}.bias", name))
        for n in names
    ]


def _layer_names(tensors: Mapping[str, SavedTensor], name: str) -> list[str]:
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


def _entry(tensors: Mapping[str, SavedTensor], key: str, name: str) -> SavedTensor:
    if key not in tensors:
        raise CheckpointError(f"{name} has no {key}", _EXPECTED)
    return tensors[key]


def _plain(value: Any, key: str, name: str) -> _Numbers:
    """A copy of a finite float32 array that holds what its shape claims."""
    if isinstance(value, SavedTensor):
        if value.dtype != "<f4" or not value.is_dense:
            raise CheckpointError(f"{key} in {name} is not a plain float32 tensor", _EXPECTED)
        value = value.array()
    if not isinstance(value, np.ndarray):
        raise CheckpointError(f"{key} in {name} is missing", _KNOWN)
    if not value.size or not bool(np.isfinite(value).all()):
        raise CheckpointError(
            f"{key} in {name} is empty or not finite", "train the policy again"
        )
    return np.array(value, np.float32, order="C")


def _check_chain(
    weights: tuple[_Numbers, ...], biases: tuple[_Numbers, ...], name: str
) -> None:
    """Each layer takes what the one before gives."""
    shapes = [weight.shape for weight in weights]
    flat = all(len(shape) == 2 for shape in shapes)
    biased = flat and [b.shape for b in biases] == [(rows,) for rows, _ in shapes]
    if not biased or any(a[0] != b[1] for a, b in itertools.pairwise(shapes)):
        raise CheckpointError(f"the layers of {name} do not fit together: {shapes}", _EXPECTED)
