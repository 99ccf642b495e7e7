"""Files of torch.export (.pt2): checked as data first, then loaded as the programs they are.

A file is a zip: a graph and shapes as JSON, weights as raw bytes, the inputs it was exported
with, a few words about itself. What holds pickled objects of its own is refused.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.checkpoints.archives import open_zip, read_entry
from core.checkpoints.disk import read_bounded
from core.checkpoints.exported_facts import check_fits, check_graph, check_tensors
from core.checkpoints.saved_tensors import check_saved
from core.errors import CheckpointError
from core.tasks import Task
from core.trust import Reference, guarded

if TYPE_CHECKING:
    from torch import nn

LARGEST_PROGRAM = 64 * 2**20
"""Bytes of a file, and of all that is in it."""
_AGAIN = "write it with torch.export.save"
_ENTRY = re.compile(
    r"[^/]{1,100}/(data/weights/weight_\d{1,5}|data/constants/tensor_\d{1,5}"
    r"|data/weights/\w{1,80}_weights_config\.json|data/constants/\w{1,80}_constants_config\.json"
    r"|models/model\.json|data/sample_inputs/\w{1,80}\.pt|archive_format|archive_version"
    r"|(\.data/)?version|byteorder|\.data/serialization_id)"
)
_WORDS = {
    "archive_format": rb"pt2", "archive_version": rb"0", "byteorder": rb"little",
    "version": rb"\d{1,4}\n?", "serialization_id": rb"\d{1,80}",
}  # fmt: skip
"""The few words of a file about itself, by the end of the entry's name."""


def read_program(path: Path, role: str, task: Task) -> bytes:
    """The bytes of a .pt2 file that can be that part of the task. Raises CheckpointError."""
    content = read_bounded(path, LARGEST_PROGRAM)
    check_program(content, role, task, str(path))
    return content


def check_program(content: bytes, role: str, task: Task, name: str) -> None:
    """Raise CheckpointError for what torch.export.save does not write, and for a program of
    other shapes than that part of the task; runs nothing, and needs no torch."""
    archive = open_zip(content, name)
    entries = archive.infolist()
    models = [e.filename for e in entries if e.filename.endswith("/models/model.json")]
    if len(models) != 1:
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
        _check_entry(archive, entry.filename, name)
    check_fits(check_graph(archive, models[0], name), role, task, name)


def load_program(content: bytes, reference: Reference) -> nn.Module:
    """The program as a module. Its file must be checked, and trusted: it runs."""
    import torch.export

    with guarded(reference), warnings.catch_warnings(action="ignore"), _silence():
        try:
            program = torch.export.load(io.BytesIO(content))
        except Exception as error:
            line = " ".join(str(error).split())[:120]
            raise CheckpointError(
                f"{reference.source} cannot be loaded by torch {torch.__version__} "
                f"({type(error).__name__}: {line})",
                "export it again with that version",
            ) from error
        module: nn.Module = program.module()
    return module


def sha256_of(content: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _check_entry(archive: zipfile.ZipFile, entry: str, name: str) -> None:
    """Torch unpickles the inputs that a program was exported with, whatever they ask for."""
    if entry.endswith("_config.json"):
        check_tensors(archive, entry, name)
    elif entry.endswith(".pt"):
        check_saved(read_entry(archive, entry, name), f"{entry} in {name}")
    else:
        words = _WORDS.get(entry.rpartition("/")[2])
        if words and not re.fullmatch(words, read_entry(archive, entry, name, 4096)):
            raise CheckpointError(f"{entry[:80]!r} in {name} is not as torch writes it", _AGAIN)


class _silence:
    """Torch logs tracebacks about its own format while it reads it."""

    def __enter__(self) -> None:
        self._before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_error: object) -> None:
        logging.disable(self._before)
