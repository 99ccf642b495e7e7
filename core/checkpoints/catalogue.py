"""Which checkpoints there are and what their manifests say. Free of torch."""

from __future__ import annotations

import os
from pathlib import Path

from core.checkpoints.disk import read_bounded, reporting
from core.checkpoints.manifest import MANIFEST_FILE, Manifest, parse_manifest
from core.checkpoints.strict_json import LARGEST_JSON
from core.errors import CheckpointError
from core.tasks import TASKS

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "checkpoints"
FOLDER_VARIABLE = "PSISCOPE_CHECKPOINTS"
"""Names the folder of one's own checkpoints, which come before the shipped ones."""


def own_folder() -> Path:
    """Where one's own checkpoints are: PSISCOPE_CHECKPOINTS, else `checkpoints` in the user's
    data folder. Not created."""
    given = os.environ.get(FOLDER_VARIABLE, "")
    return Path(given) if given else _data_folder() / "checkpoints"


def _data_folder() -> Path:
    try:
        import platformdirs
    except ImportError:
        # Without any package the list of what is shipped must still appear.
        return Path.home() / ".local" / "share" / "psiscope"
    return Path(platformdirs.user_data_dir("psiscope", appauthor=False))


def list_checkpoints() -> list[Path]:
    """The folders of all checkpoints that have a name, own ones first; broken ones included."""
    found: dict[str, Path] = {}
    for parent in (own_folder(), SHIPPED):
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if not folder.name.startswith(".") and (folder / MANIFEST_FILE).is_file():
                found.setdefault(folder.name, folder)
    return list(found.values())


def find_checkpoint(name_or_path: str) -> Path:
    """The folder of a name, of a task's default checkpoint, or that folder itself.

    Raises CheckpointError naming what exists.
    """
    named = {folder.name: folder for folder in list_checkpoints()}
    for name in (name_or_path, _default_name(name_or_path)):
        if name in named:
            return named[name]
    path = Path(name_or_path)
    with reporting(path, "read"):
        is_folder, is_there = (path / MANIFEST_FILE).exists(), path.exists()
    if name_or_path and is_folder:
        return path
    if name_or_path and is_there:
        raise CheckpointError(
            f"{path} is no checkpoint: it has no {MANIFEST_FILE}", "give a checkpoint's folder"
        )
    known = ", ".join(sorted(named)) or "none"
    raise CheckpointError(
        f"there is no checkpoint {name_or_path!r}", f"give a folder or one of these: {known}"
    )


def _default_name(task_name: str) -> str:
    """The name of a task's default checkpoint; empty where there is no such task."""
    if task_name not in TASKS:
        return ""
    return "-".join(filter(None, (task_name, TASKS[task_name].default_kind)))


def read_manifest(folder: Path) -> Manifest:
    """The facts of a checkpoint, without its tensors. Raises CheckpointError."""
    path = folder / MANIFEST_FILE
    return parse_manifest(read_bounded(path, LARGEST_JSON), str(path))


def checkpoint_digest(folder: Path) -> str:
    """Manifest.digest as the manifest tells it; read_checkpoint checks that the files agree."""
    return read_manifest(folder).digest()
