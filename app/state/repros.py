"""Where the window puts repros, and what it calls them."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from core.commands import At


def repros_folder() -> Path:
    """The user's folder for repros (not created)."""
    return Path(platformdirs.user_data_dir("psiscope", appauthor=False)) / "repros"


def new_repro_path(folder: Path, task: str, at: At) -> Path:
    """A free name in a folder for the repro of a moment, as hopper-b0-e0-t40-k1."""
    branch, episode, t, k = at
    name = f"{task}-b{branch}-e{episode}-t{t}-k{k}"
    path, count = folder / name, 2
    while path.exists():
        path, count = folder / f"{name}-{count}", count + 1
    return path
