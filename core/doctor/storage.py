"""The folder for runs, its disk, and the checkpoint that opens first."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import platformdirs

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.doctor.check import Check
from core.errors import CheckpointError

DEFAULT_CHECKPOINT = "hopper"
_MIB = 1024**2
ENOUGH_BYTES = 2048 * _MIB
"""What unnamed runs may fill before the oldest go."""
LEAST_BYTES = 200 * _MIB


def data_folder() -> Path:
    """The user's folder for unnamed runs."""
    return Path(platformdirs.user_data_dir("psiscope", appauthor=False))


def check_data_folder(folder: Path | None = None) -> Check:
    """A file can be written where unnamed runs go. The folder is made if need be."""
    folder = folder or data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(
            name="data-folder",
            state="missing",
            fact=f"{folder} cannot be written ({error.strerror})",
            remedy='export XDG_DATA_HOME="$PWD/data"',
        )
    return Check(name="data-folder", state="ok", fact=f"runs are kept in {folder}")


def check_disk(folder: Path | None = None, free: int | None = None) -> Check:
    """There is room for runs. `free`: bytes, asked of the system where None."""
    folder = folder or data_folder()
    nearest = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(nearest).free if free is None else free
    fact = f"{free / _MIB:,.0f} MiB free for {folder}"
    if free >= ENOUGH_BYTES:
        return Check(name="disk", state="ok", fact=fact)
    remedy = f'rm -i "{folder}"/runs/*.trace'
    return Check(
        name="disk",
        state="slow" if free >= LEAST_BYTES else "missing",
        fact=fact,
        remedy=remedy,
    )


def check_checkpoint(name: str = DEFAULT_CHECKPOINT) -> Check:
    """The default checkpoint is there and its manifest can be read."""
    try:
        folder = find_checkpoint(name)
        read_manifest(folder)
    except CheckpointError as error:
        return Check(
            name="checkpoint",
            state="missing",
            fact=str(error),
            remedy="git checkout -- assets/checkpoints",
        )
    return Check(name="checkpoint", state="ok", fact=f"{name} is {folder.name}")
