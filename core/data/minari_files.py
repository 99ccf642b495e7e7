"""Episodes of a local Minari data set, read without Minari's loader.

Minari itself makes the environment that a data set names, and so imports the program it names,
where the spaces are not stored; and it believes every size. Here a data set is numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core.data.columns import child, column, opened
from core.data.dataset import Episode
from core.data.mazes import maze_states
from core.errors import DataError
from core.tasks import Task

DATA_FILE = "main_data.hdf5"
MOST_EPISODES = 10**6
_PLACES = ("observation", "achieved_goal")


def episodes(folder: Path, metadata: dict[str, Any], task: Task) -> Iterator[Episode]:
    """The episodes of the data set in a folder, in order.

    Raises DataError where something is missing, of another kind, or larger than the file bears.
    """
    name = str(metadata.get("dataset_id", folder.name))[:200]
    stored = metadata.get("data_format", "hdf5")
    if stored != "hdf5":
        raise DataError(
            f"the data set {name} is stored as {str(stored)[:20]!r}",
            "only hdf5 is read: write it again with data_format='hdf5'",
        )
    with opened(folder / "data" / DATA_FILE, f"the data set {name}") as file:
        for number in range(_count(metadata, len(file), name)):
            key = f"episode_{number}"
            words = f"episode {number} of {name}"
            yield _episode(child(file, key, words), words, task)


def _count(metadata: dict[str, Any], held: int, name: str) -> int:
    count = metadata.get("total_episodes", held)
    if type(count) is not int or not 0 <= count <= min(held, MOST_EPISODES):
        raise DataError(
            f"the data set {name} promises {str(count)[:20]} episodes and holds {held:,}",
            "copy or collect it again",
        )
    return count


def _episode(group: Any, name: str, task: Task) -> Episode:
    ends = column(group, "terminations", f"terminations of {name}")
    if task.goal is None and np.asarray(ends[:-1], bool).any():
        raise DataError(
            f"{name} goes on after a termination",
            "its transitions cannot be told apart: use data that end there",
        )
    return Episode(
        states=_states(group, name, task),
        actions=column(group, "actions", f"actions of {name}"),
        rewards=column(group, "rewards", f"rewards of {name}"),
        terminated=bool(len(ends) and ends[-1]),
    )


def _states(group: Any, name: str, task: Task) -> Any:
    found = child(group, "observations", f"observations of {name}")
    if isinstance(found, h5py.Dataset):
        return column(group, "observations", f"observations of {name}")
    if task.goal is None:
        raise DataError(
            f"{name} has observations in {len(found)} parts",
            f"{task.name} needs one array of {task.state_size} numbers a row",
        )
    return maze_states({key: column(found, key, f"{key} of {name}") for key in _PLACES}, name)
