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

from core.data.columns import Columns, opened
from core.data.dataset import Episode
from core.data.listing import DATA_FILE
from core.data.mazes import maze_states
from core.errors import DataError
from core.tasks import Task

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
    with opened(folder / "data" / DATA_FILE, f"the data set {name}") as columns:
        for number in range(_count(metadata, len(columns.root), name)):
            key = f"episode_{number}"
            words = f"episode {number} of {name}"
            group = columns.child(columns.root, key, words)
            yield _episode(columns, group, words, task)


def _count(metadata: dict[str, Any], held: int, name: str) -> int:
    count = metadata.get("total_episodes", held)
    if type(count) is not int or not 0 <= count <= min(held, MOST_EPISODES):
        raise DataError(
            f"the data set {name} promises {str(count)[:20]} episodes and holds {held:,}",
            "copy or collect it again",
        )
    return count


def _episode(columns: Columns, group: Any, name: str, task: Task) -> Episode:
    ends = columns.column(group, "terminations", f"terminations of {name}")
    rewards = columns.column(group, "rewards", f"rewards of {name}")
    if ends.shape != rewards.shape:
        raise DataError(
            f"{name} has {len(rewards)} rewards and {len(ends)} terminations",
            "copy or collect it again",
        )
    if task.goal is None and np.asarray(ends[:-1], bool).any():
        raise DataError(
            f"{name} goes on after a termination",
            "its transitions cannot be told apart: use data that end there",
        )
    return Episode(
        states=_states(columns, group, name, task),
        actions=columns.column(group, "actions", f"actions of {name}"),
        rewards=rewards,
        terminated=bool(len(ends) and ends[-1]),
    )


def _states(columns: Columns, group: Any, name: str, task: Task) -> Any:
    found = columns.child(group, "observations", f"observations of {name}")
    if isinstance(found, h5py.Dataset):
        return columns.column(group, "observations", f"observations of {name}")
    if task.goal is None:
        raise DataError(
            f"{name} has observations in {len(found)} parts",
            f"{task.name} needs one array of {task.state_size} numbers a row",
        )
    parts = {key: columns.column(found, key, f"{key} of {name}") for key in _PLACES}
    return maze_states(parts, name)
