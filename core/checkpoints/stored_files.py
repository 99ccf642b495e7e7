"""The files of a checkpoint, checked whole: names, sizes, headers, digests, finite numbers.

Free of torch, so that what a stranger sent is refused before anything heavy is imported.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.disk import list_names, read_bounded, read_start
from core.checkpoints.manifest import MANIFEST_FILE, Manifest, StoredFile, stored_name
from core.checkpoints.safetensors_header import Header, check_header, refuse_pickle
from core.errors import CheckpointError

SUFFIX = ".safetensors"
_FLOATS = {"F32": "<f4", "F64": "<f8"}
_DTYPES = _FLOATS | {"I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}
_AGAIN = "copy or train it again"


def read_files(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest, and network name -> bytes of its file, where it has one; all checked.

    Raises CheckpointError on the first doubt.
    """
    names = list_names(folder)
    manifest = read_manifest(folder)
    for name in sorted(manifest.files.keys() - names):
        raise CheckpointError(f"checkpoint {folder} lacks {name}", _AGAIN)
    for name in sorted(names - manifest.files.keys() - {MANIFEST_FILE}):
        raise CheckpointError(f"checkpoint {folder} holds a foreign file, {name}", "remove it")
    files = {n: stored_name(n, described) for n, described in manifest.networks.items()}
    return manifest, {
        network: _read_file(folder / name, manifest.files[name])
        for network, name in files.items()
        if name
    }


def arrays_of(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    """The tensors of a file, by name. Raises CheckpointError as check_header."""
    header = check_header(content, name)
    return {
        tensor: np.frombuffer(content[first:last], _DTYPES[dtype]).reshape(
            header.shapes[tensor]
        )
        for tensor, (dtype, first, last) in header.places.items()
    }


def _read_file(path: Path, expected: StoredFile) -> bytes:
    if path.suffix != SUFFIX:
        content = read_bounded(path, expected.bytes)
        _check_digest(content, path, expected)
        return content
    refuse_pickle(read_start(path, 8), str(path))
    content = read_bounded(path, expected.bytes)
    if len(content) < expected.bytes:
        raise CheckpointError(
            f"{path} is cut off after {len(content):,} of {expected.bytes:,} bytes", _AGAIN
        )
    header = check_header(content, str(path))
    if header.shapes != expected.shapes:
        raise CheckpointError(f"the shapes in {path} are not those of the manifest", _AGAIN)
    _check_digest(content, path, expected)
    _check_finite(content, header, path)
    return content


def _check_digest(content: bytes, path: Path, expected: StoredFile) -> None:
    if hashlib.sha256(content).hexdigest() != expected.sha256:
        raise CheckpointError(f"{path} was changed: its digest differs", _AGAIN)


def _check_finite(content: bytes, header: Header, path: Path) -> None:
    for tensor, (dtype, first, last) in header.places.items():
        if dtype in _FLOATS:
            numbers = np.frombuffer(content[first:last], _FLOATS[dtype])
            if not bool(np.isfinite(numbers).all()):
                raise CheckpointError(f"tensor {tensor[:80]!r} in {path} is not finite", _AGAIN)
