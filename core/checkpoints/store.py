"""Checkpoints and training states on disk: safetensors and JSON, checked and atomic.

A checkpoint is a folder: checkpoint.json and one safetensors file for each network; where a
network is a program of the user, its file of torch.export, or none for a Python function.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.checkpoints.disk import (
    list_names,
    read_bounded,
    read_start,
    reporting,
    write_file,
    write_folder,
)
from core.checkpoints.manifest import (
    MANIFEST_FILE,
    Manifest,
    StoredFile,
    parse_manifest,
    stored_name,
)
from core.checkpoints.safetensors_header import check_header, refuse_pickle
from core.checkpoints.stored_files import SUFFIX, read_files
from core.checkpoints.strict_json import canonical_json, parse_json
from core.errors import CheckpointError

STATE_FILE = "state.safetensors"
LARGEST_STATE = 1024 * 2**20
"""Bytes of a training state."""
LARGEST_STATE_HEADER = 16 * 2**20
_AGAIN = "copy or train it again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredCheckpoint:
    """A checkpoint as read: nothing is built from its tensors yet."""

    manifest: Manifest
    tensors: dict[str, dict[str, Tensor]]
    """Network name -> tensor name -> finite CPU tensor."""
    programs: dict[str, bytes]
    """Network name -> file of torch.export, unread."""
    digest: str
    path: Path


def write_checkpoint(
    folder: Path,
    manifest: Manifest,
    tensors: Mapping[str, Mapping[str, Tensor]],
    programs: Mapping[str, bytes] | None = None,
) -> None:
    """Write a checkpoint, replacing one of that folder; a crash leaves the old one or none.

    `tensors` has the names of manifest.networks that are no programs, `programs` those that are
    files of torch.export; manifest.files is filled in here. Raises
    CheckpointError, with nothing changed on disk, for tensors that are not finite, for a folder
    that holds something else, and where the disk refuses.
    """
    programs = programs or {}
    functions = {n for n, about in manifest.networks.items() if not stored_name(n, about)}
    if tensors.keys() | programs.keys() | functions != manifest.networks.keys():
        raise CheckpointError("tensors and networks of the manifest differ", "name them alike")
    _check_target(folder)
    contents: dict[str, bytes] = {}
    files: dict[str, StoredFile] = {}
    for network, values in tensors.items():
        name = network + SUFFIX
        _check_finite(values, name)
        contents[name] = content = safetensors.torch.save(_copies(values))
        shapes = check_header(content, name).shapes
        files[name] = StoredFile(sha256=_sha256(content), bytes=len(content), shapes=shapes)
    for network, content in programs.items():
        name = f"{network}.pt2"
        contents[name] = content
        files[name] = StoredFile(sha256=_sha256(content), bytes=len(content), shapes={})
    text = dataclasses.replace(manifest, files=files).to_json().encode()
    parse_manifest(text, MANIFEST_FILE)
    write_folder(folder, {**contents, MANIFEST_FILE: text})


def read_checkpoint(folder: Path) -> StoredCheckpoint:
    """Read a checkpoint and check all of it. Raises CheckpointError on the first doubt."""
    manifest, contents = read_files(folder)
    tensors, programs = {}, {}
    for network, content in contents.items():
        name = stored_name(network, manifest.networks[network])
        if name.endswith(SUFFIX):
            tensors[network] = _load(content, str(folder / name))
        else:
            programs[network] = content
    return StoredCheckpoint(
        manifest=manifest,
        tensors=tensors,
        programs=programs,
        digest=manifest.digest(),
        path=folder,
    )


def write_state(folder: Path, tensors: Mapping[str, Tensor], values: Any) -> None:
    """Write a training state as one file in a folder of its own. `values` is JSON, all finite.

    A crash leaves the old state or none. Raises CheckpointError where the disk refuses.
    """
    copies = _copies(tensors)
    digest = _state_digest(copies, values)
    metadata = {"state": canonical_json({"digest": digest, "values": values})}
    content = safetensors.torch.save(copies, metadata)
    check_header(content, STATE_FILE, limit=LARGEST_STATE_HEADER)
    write_file(folder / STATE_FILE, content)


def read_state(folder: Path) -> tuple[dict[str, Tensor], Any]:
    """The tensors and values of write_state, bit for bit. Raises CheckpointError."""
    path = folder / STATE_FILE
    refuse_pickle(read_start(path, 8), str(path))
    content = read_bounded(path, LARGEST_STATE)
    header = check_header(content, str(path), limit=LARGEST_STATE_HEADER)
    text = header.metadata.get("state", "").encode()
    state = parse_json(text, str(path), limit=LARGEST_STATE_HEADER)
    tensors = _load(content, str(path))
    complete = isinstance(state, dict) and state.keys() == {"digest", "values"}
    if not complete or state["digest"] != _state_digest(tensors, state["values"]):
        raise CheckpointError(f"{path} is damaged", "train again without --resume")
    return tensors, state["values"]


def _check_target(folder: Path) -> None:
    """Replace a checkpoint or an empty folder, never anything else."""
    with reporting(folder, "written"):
        names = list_names(folder) if folder.exists() else set()
    ours = {n for n in names if n.endswith((SUFFIX, ".pt2"))} | {MANIFEST_FILE}
    foreign = names - (ours - {STATE_FILE})
    if foreign or (names and MANIFEST_FILE not in names):
        raise CheckpointError(
            f"{folder} holds something other than a checkpoint", "choose another folder"
        )


def _load(content: bytes, name: str) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"{name} is not a safetensors file", str(error)) from error


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Dense copies that share no memory, which the format requires."""
    return {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}


def _check_finite(tensors: Mapping[str, Tensor], name: str) -> None:
    for tensor, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"tensor {tensor[:80]!r} in {name} is not finite", _AGAIN)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _state_digest(tensors: Mapping[str, Tensor], values: Any) -> str:
    digest = hashlib.sha256(canonical_json(values).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.reshape(-1).numpy().data)
    return digest.hexdigest()
