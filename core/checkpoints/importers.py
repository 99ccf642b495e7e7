"""Policies made elsewhere: Stable-Baselines3 archives of SAC and TQC, read without unpickling.

An archive is a zip; ``policy.pth`` inside is a torch state dict, read with ``weights_only``;
``data`` (JSON that carries pickles) is never opened. The activation is not in the state dict:
ReLU, Stable-Baselines3's default for these two algorithms, is assumed.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, relu

from core.errors import CheckpointError

LARGEST_ARCHIVE = 256 * 2**20
"""Bytes of a whole zip file."""
LARGEST_ENTRY = 64 * 2**20
"""Bytes of one entry once unpacked, and of all tensors inside policy.pth together."""
MOST_ENTRIES = 4096

_EXPECTED = "give a Stable-Baselines3 SAC or TQC archive with an MLP policy"
_SAVE_AGAIN = "save the model again with Stable-Baselines3's model.save()"
_HIDDEN_KEY = re.compile(r"actor\.latent_pi\.(\d+)\.weight")


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
    archive = _read_archive(path)
    tensors = _read_state_dict(_read_entry(archive, path, "policy.pth"), path)
    weights, biases = _read_layers(tensors, path)
    _check_chain(weights, biases, path)
    return Sb3Policy(weights=weights, biases=biases, sha256=hashlib.sha256(archive).hexdigest())


def _read_archive(path: Path) -> bytes:
    try:
        if not path.is_file():
            fact = "is not a file" if path.exists() else "does not exist"
            raise CheckpointError(f"policy {path} {fact}", _EXPECTED)
        with path.open("rb") as file:
            archive = file.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        raise CheckpointError(f"policy {path} cannot be read", str(error.strerror)) from error
    if len(archive) > LARGEST_ARCHIVE:
        raise CheckpointError(f"policy {path} is over {LARGEST_ARCHIVE >> 20} MiB", _EXPECTED)
    return archive


def _open_zip(content: bytes, name: str) -> zipfile.ZipFile:
    """Open a zip in memory and check its directory, before any entry is unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise CheckpointError(f"{name} is not a zip archive", _EXPECTED) from error
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise CheckpointError(f"{name} has too many or repeated entries", _EXPECTED)
    return archive


def _read_entry(content: bytes, path: Path, entry: str) -> bytes:
    archive = _open_zip(content, f"policy {path}")
    try:
        info = archive.getinfo(entry)
    except KeyError:
        raise CheckpointError(f"policy {path} has no {entry}", _EXPECTED) from None
    _check_size(path, entry, info.file_size)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(
            f"{entry} in policy {path} is packed in a foreign way", _SAVE_AGAIN
        )
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise CheckpointError(f"{entry} in policy {path} is damaged", _SAVE_AGAIN) from error


def _check_size(path: Path, entry: str, size: int) -> None:
    if size > LARGEST_ENTRY:
        raise CheckpointError(
            f"{entry} in policy {path} unpacks to {size >> 20} MiB",
            f"the limit is {LARGEST_ENTRY >> 20} MiB; {_EXPECTED}",
        )


def _read_state_dict(content: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of a policy.pth, which is a zip itself and is bounded like the outer one."""
    inner = _open_zip(content, f"policy.pth in policy {path}")
    _check_size(path, "policy.pth", sum(entry.file_size for entry in inner.infolist()))
    try:
        found: Any = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except (
        pickle.UnpicklingError,
        RuntimeError,
        ValueError,
        KeyError,
        EOFError,
        MemoryError,
        TypeError,
    ) as error:
        raise CheckpointError(
            f"policy.pth in policy {path} is not a plain state dict", _SAVE_AGAIN
        ) from error
    if not isinstance(found, Mapping):
        raise CheckpointError(f"policy.pth in policy {path} is not a state dict", _EXPECTED)
    return {str(name): value for name, value in found.items() if isinstance(value, Tensor)}


def _read_layers(
    tensors: Mapping[str, Tensor], path: Path
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    squashed = "actor.mu.0.weight" in tensors and _hidden_names(tensors)
    if "actor.log_std" in tensors or squashed:
        raise CheckpointError(
            f"policy {path} explores with gSDE", "give one trained with use_sde=False"
        )
    names = [*_hidden_names(tensors), "actor.mu"]
    extractor = [name for name in tensors if name.startswith("actor.features_extractor.")]
    if len(names) == 1 or "actor.mu.weight" not in tensors or extractor:
        raise CheckpointError(
            f"policy {path} is not a SAC or TQC policy over vectors", _EXPECTED
        )
    missing = [name for name in names if f"{name}.bias" not in tensors]
    if missing:
        raise CheckpointError(f"policy {path} has no {missing[0]}.bias", _EXPECTED)
    weights = tuple(tensors[f"{name}.weight"] for name in names)
    biases = tuple(tensors[f"{name}.bias"] for name in names)
    for name, tensor in zip((*names, *names), (*weights, *biases), strict=True):
        _check_tensor(tensor, f"{name} in policy {path}")
    return (
        tuple(weight.detach().clone() for weight in weights),
        tuple(bias.detach().clone() for bias in biases),
    )


def _hidden_names(tensors: Mapping[str, Tensor]) -> list[str]:
    found = [_HIDDEN_KEY.fullmatch(name) for name in tensors]
    return [f"actor.latent_pi.{i}" for i in sorted(int(match[1]) for match in found if match)]


def _check_tensor(tensor: Tensor, name: str) -> None:
    stored = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
    if tensor.dtype != torch.float32 or tensor.numel() > stored or tensor.numel() == 0:
        raise CheckpointError(f"{name} is not a plain float32 tensor", _EXPECTED)
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"{name} is not finite", "train the policy again")


def _check_chain(weights: tuple[Tensor, ...], biases: tuple[Tensor, ...], path: Path) -> None:
    """Each layer takes what the one before gives."""
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        fits = weight.ndim == 2 and bias.shape == weight.shape[:1]
        if not fits or (i > 0 and weight.shape[1] != weights[i - 1].shape[0]):
            shapes = ", ".join(str(tuple(weight.shape)) for weight in weights)
            raise CheckpointError(
                f"the layers of policy {path} do not fit: {shapes}", _EXPECTED
            )
