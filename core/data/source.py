"""Where offline data come from: any Minari data set of a known task, or D4RL's flat HDF5."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import minari
import numpy as np

from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.data.environment_spec import check_spaces, read_metadata
from core.errors import DataError
from core.tasks import Task

LARGEST_FILE = 4 * 2**30


def load_dataset(dataset_id: str, task: Task) -> OfflineDataset:
    """A data set by Minari id (local, else downloaded) or by the path of a D4RL HDF5 file.

    Raises DataError where it is missing, damaged, empty, or of another task's shape.
    """
    if dataset_id.endswith((".hdf5", ".h5")):
        return _load_d4rl(Path(dataset_id), task)
    return _load_minari(dataset_id, task)


def _load_minari(dataset_id: str, task: Task) -> OfflineDataset:
    try:
        if read_metadata(dataset_id) is None:
            minari.download_dataset(dataset_id)
        check_spaces(dataset_id)
        dataset = minari.load_dataset(dataset_id)
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"the data set {dataset_id} cannot be loaded ({_line(error)})",
            "list local ones with `minari list local`, "
            "or collect one with `python main.py collect`",
        ) from error
    sizes = (dataset.observation_space.shape, dataset.action_space.shape)
    if sizes != ((task.state_size,), (task.action_size,)):
        raise DataError(
            f"the data set {dataset_id} has observations and actions of shape {sizes}",
            f"{task.name} needs ({task.state_size},) and ({task.action_size},)",
        )
    return from_episodes(
        dataset_id,
        task,
        _minari_episodes(dataset),
        recipe=str(dataset.storage.metadata.get("psiscope_recipe", "")),
    )


def _minari_episodes(dataset: Any) -> Iterator[Episode]:
    for episode in dataset.iterate_episodes():
        yield Episode(
            states=np.asarray(episode.observations),
            actions=np.asarray(episode.actions),
            rewards=np.asarray(episode.rewards),
            terminated=bool(len(episode.terminations) and episode.terminations[-1]),
        )


def _load_d4rl(path: Path, task: Task) -> OfflineDataset:
    """D4RL's flat rows. The row after a terminal or time-limit row belongs to another episode,
    so the last row of each episode has no next state."""
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        raise DataError(
            f"there is no readable HDF5 file at {path}", "give the path of a D4RL file"
        )
    try:
        with h5py.File(path, "r") as file:
            names = ("observations", "actions", "rewards", "terminals", "timeouts")
            flat = {name: np.asarray(file[name]) for name in names if name in file}
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{path} is not readable as HDF5 ({_line(error)})", "copy it again"
        ) from error
    missing = {"observations", "actions", "rewards", "terminals"} - set(flat)
    if missing:
        raise DataError(f"{path} lacks {', '.join(sorted(missing))}", "use D4RL's HDF5 layout")
    if any(column.ndim == 0 for column in flat.values()):
        raise DataError(f"{path} has a scalar for a column", "use D4RL's HDF5 layout")
    if len({len(column) for column in flat.values()}) != 1:
        raise DataError(f"the columns of {path} differ in length", "use D4RL's HDF5 layout")
    return from_episodes(path.name, task, _d4rl_episodes(flat))


def _d4rl_episodes(flat: dict[str, Any]) -> Iterator[Episode]:
    terminals = np.asarray(flat["terminals"], bool)
    ends = terminals | np.asarray(flat.get("timeouts", np.zeros(len(terminals))), bool)
    if len(ends):
        ends[-1] = True
    first = 0
    for last in np.flatnonzero(ends):
        rows = slice(first, last + 1)
        yield Episode(
            states=flat["observations"][rows],
            actions=flat["actions"][rows],
            rewards=flat["rewards"][rows],
            terminated=bool(terminals[last]),
        )
        first = int(last) + 1


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def recipe_of(dataset: OfflineDataset) -> Any:
    """The recipe as JSON values, or None where the source says nothing."""
    return json.loads(dataset.recipe) if dataset.recipe else None
