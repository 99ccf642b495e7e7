"""Where unnamed runs are kept, and how the oldest make room."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import InputError

MOST_BYTES = 2 * 1024**3
"""Cap on all unnamed runs together."""
BUSY_SECONDS = 600.0
"""A run that changed so recently may belong to another window and is left alone."""
_SIDE_FILES = ("", "-wal", "-shm", "-journal", ".notes.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One unnamed run: its trace with the files beside it."""

    path: Path
    size: int
    """bytes, all files together"""
    changed_at: float
    """unix time of the last change, s"""


def runs_folder() -> Path:
    """The user's folder for unnamed runs (not created)."""
    return Path(platformdirs.user_data_dir("psiscope", appauthor=False)) / "runs"


def new_run_path(folder: Path, name: str, *, now: float | None = None) -> Path:
    """A free path for a new run of checkpoint `name`; creates the folder.

    Raises InputError where the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be created ({error.strerror})",
            "set XDG_DATA_HOME to a folder you may write to",
        ) from error
    clock = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:60]
    path, count = folder / f"run-{clock}-{plain}.trace", 2
    while path.exists():
        path, count = folder / f"run-{clock}-{plain}-{count}.trace", count + 1
    return path


def stored_runs(folder: Path) -> tuple[StoredRun, ...]:
    """The unnamed runs in a folder, oldest change first."""
    runs = []
    for path in folder.glob("run-*.trace"):
        stats = [side.stat() for side in _files(path) if side.exists()]
        if stats:
            size = sum(stat.st_size for stat in stats)
            runs.append(
                StoredRun(path=path, size=size, changed_at=max(stat.st_mtime for stat in stats))
            )
    return tuple(sorted(runs, key=lambda run: run.changed_at))


def prune_runs(
    folder: Path, *, most_bytes: int = MOST_BYTES, now: float | None = None
) -> tuple[Path, ...]:
    """Delete the oldest unnamed runs until the rest fits; returns what was deleted.

    Runs that changed in the last ten minutes stay, and so does what cannot be deleted.
    """
    now = time.time() if now is None else now
    runs = stored_runs(folder)
    total, deleted = sum(run.size for run in runs), []
    for run in runs:
        if total <= most_bytes:
            break
        if now - run.changed_at < BUSY_SECONDS:
            continue
        try:
            for side in _files(run.path):
                side.unlink(missing_ok=True)
        except OSError:
            continue
        total -= run.size
        deleted.append(run.path)
    return tuple(deleted)


def _files(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + side) for side in _SIDE_FILES)
