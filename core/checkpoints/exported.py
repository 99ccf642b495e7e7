"""Files of torch.export (.pt2): checked as data first, then loaded as the programs they are.

A file is a zip: a graph and shapes as JSON, weights as raw bytes, a few words about itself.
What holds pickled objects of its own is refused.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from pathlib import Path

from torch import nn

from core.checkpoints.archives import open_zip
from core.checkpoints.disk import read_bounded
from core.checkpoints.strict_json import parse_json
from core.errors import CheckpointError
from core.trust import Reference, guarded

LARGEST_PROGRAM = 64 * 2**20
"""Bytes of a file, and of all that is in it."""
MOST_WEIGHTS = 2**24
_AGAIN = "write it with torch.export.save"
_ENTRY = re.compile(
    r"[^/]{1,100}/(data/weights/weight_\d{1,5}|data/constants/tensor_\d{1,5}"
    r"|data/weights/\w{1,80}_weights_config\.json|data/constants/\w{1,80}_constants_config\.json"
    r"|models/\w{1,80}\.json|data/sample_inputs/\w{1,80}\.pt|archive_format|archive_version"
    r"|(\.data/)?version|byteorder|\.data/serialization_id)"
)


def read_program(path: Path) -> bytes:
    """The bytes of a .pt2 file that holds what such files hold. Raises CheckpointError."""
    content = read_bounded(path, LARGEST_PROGRAM)
    check_program(content, str(path))
    return content


def check_program(content: bytes, name: str) -> None:
    """Raise CheckpointError for what torch.export.save does not write; runs nothing."""
    archive = open_zip(content, name)
    entries = archive.infolist()
    if not any(re.fullmatch(r"[^/]+/models/\w+\.json", e.filename) for e in entries):
        raise CheckpointError(f"{name} is no program of torch.export", _AGAIN)
    for entry in entries:
        if not _ENTRY.fullmatch(entry.filename):
            raise CheckpointError(
                f"{name} holds {entry.filename[:80]!r}, more than a graph and tensors", _AGAIN
            )
        if entry.compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(f"{entry.filename[:80]!r} in {name} is packed", _AGAIN)
    if sum(entry.file_size for entry in entries) > LARGEST_PROGRAM:
        raise CheckpointError(f"{name} claims more than {LARGEST_PROGRAM >> 20} MiB", _AGAIN)
    for entry in entries:
        if entry.filename.endswith("_config.json"):
            _check_config(archive, entry.filename, name)


def load_program(content: bytes, reference: Reference) -> nn.Module:
    """The program as a module. Its file must be checked, and trusted: it runs."""
    import torch.export

    # torch warns about its own parts while it reads its own format.
    with guarded(reference), warnings.catch_warnings(action="ignore"):
        module: nn.Module = torch.export.load(io.BytesIO(content)).module()
    count = sum(weight.numel() for weight in module.parameters())
    if count > MOST_WEIGHTS:
        raise CheckpointError(
            f"{reference.source} has {count:,} weights", "use a smaller model"
        )
    return module


def sha256_of(content: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _check_config(archive: zipfile.ZipFile, entry: str, name: str) -> None:
    try:
        found = parse_json(archive.read(entry), f"{entry} in {name}")
        listed = found["config"].values()
        pickled = any(described["use_pickle"] for described in listed)
    except (KeyError, TypeError, AttributeError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{entry[:80]!r} in {name} is damaged", _AGAIN) from error
    if pickled:
        raise CheckpointError(f"{name} holds pickled objects", "export plain tensors only")
