"""Torch state dicts from outside, inside zip archives; bounded, and no code runs.

A file of torch.save is a zip: a small pickle that says which tensors there are, and their data.
Only the few pickle globals that plain tensors need are let through to torch.load.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError

LARGEST_ENTRY = 64 * 2**20
"""Bytes of one entry of an archive once unpacked, and of all tensors of a state dict."""
LARGEST_PICKLE = 64 * 2**10
MOST_ENTRIES = 4096

_AGAIN = "save the model again with Stable-Baselines3's model.save()"
_PROTOCOL = 2
"""What torch.save writes."""
_GLOBALS = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Float", "Double", "Long", "Int", "Byte", "Bool")),
}
_OPCODES = {
    *("PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPERSID", "BINUNICODE"),
    *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
    *("EMPTY_DICT", "SETITEM", "SETITEMS", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"),
}
"""What torch.save needs for a dictionary of tensors."""
_DAMAGE = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError),
    *(OSError, RuntimeError, TypeError, ValueError, struct.error, zlib.error),
    *(pickle.PickleError, zipfile.BadZipFile),
)
"""What readers raise when bytes are wrong."""


def open_zip(content: bytes, name: str) -> zipfile.ZipFile:
    """Open a zip in memory and check its directory, before any entry is unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE as error:
        raise CheckpointError(f"{name} is not a zip archive", _AGAIN) from error
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise CheckpointError(f"{name} has too many or repeated entries", _AGAIN)
    return archive


def read_entry(archive: zipfile.ZipFile, entry: str, name: str, limit: int) -> bytes:
    """One entry of an archive; what it unpacks to is checked before it is unpacked."""
    try:
        info = archive.getinfo(entry)
    except KeyError:
        raise CheckpointError(f"{name} has no {entry}", _AGAIN) from None
    if info.file_size > limit:
        raise CheckpointError(
            f"{entry} in {name} unpacks to {info.file_size:,} bytes",
            f"at most {limit:,} are read",
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(f"{entry} in {name} is packed in a foreign way", _AGAIN)
    try:
        return archive.read(entry)
    except _DAMAGE as error:
        raise CheckpointError(f"{entry} in {name} is damaged", _AGAIN) from error


def read_state_dict(content: bytes, name: str) -> dict[str, Tensor]:
    """The tensors of a file made by torch.save. Raises CheckpointError on anything doubtful."""
    found = read_saved(content, name)
    return {str(key): value for key, value in found.items() if isinstance(value, Tensor)}


def read_saved(content: bytes, name: str) -> Mapping[str, Any]:
    """The mapping that torch.save wrote: tensors, numbers, texts, and mappings of them.

    Raises CheckpointError on anything doubtful.
    """
    archive = open_zip(content, name)
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if sum(sizes.values()) > LARGEST_ENTRY:
        raise CheckpointError(f"{name} unpacks to over {LARGEST_ENTRY >> 20} MiB", _AGAIN)
    plain = io.BytesIO()
    # Odd bytes make the readers below warn before they refuse; a refusal is one line.
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as copy,
    ):
        for entry in sizes:
            is_pickle = entry.lower().endswith(".pkl")
            limit = LARGEST_PICKLE if is_pickle else LARGEST_ENTRY
            unpacked = read_entry(archive, entry, name, limit)
            if is_pickle:
                _check_pickle(unpacked, name)
            copy.writestr(entry, unpacked)
        copy.close()
        plain.seek(0)
        return _load(plain, name)


def _check_pickle(content: bytes, name: str) -> None:
    """Refuse a pickle that asks for anything but tensors."""
    try:
        for opcode, argument, _ in pickletools.genops(content):
            strange = opcode.name == "GLOBAL" and argument not in _GLOBALS
            foreign = opcode.name == "PROTO" and argument != _PROTOCOL
            if strange or foreign or opcode.name not in _OPCODES:
                raise CheckpointError(
                    f"{name} holds {opcode.name} {str(argument)[:60]!r}, not only tensors",
                    "do not trust this file",
                )
    except _DAMAGE as error:
        raise CheckpointError(f"{name} is damaged", _AGAIN) from error


def _load(file: io.BytesIO, name: str) -> Mapping[str, Any]:
    try:
        found: Any = torch.load(file, weights_only=True, map_location="cpu")
    except _DAMAGE as error:
        raise CheckpointError(f"{name} is not a plain state dict", _AGAIN) from error
    if not isinstance(found, Mapping):
        raise CheckpointError(f"{name} is not a state dict", _AGAIN)
    return found
