"""Where offline data come from: any Minari data set of a known task, or D4RL's flat HDF5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import minari
from minari.storage.datasets_root_dir import get_dataset_path

from core.data import d4rl, minari_files
from core.data.dataset import OfflineDataset, from_episodes
from core.data.environment_spec import read_metadata
from core.data.mazes import check_places, towards_goal
from core.errors import DataError
from core.tasks import Task


def load_dataset(dataset_id: str, task: Task) -> OfflineDataset:
    """A data set by Minari id (local, else downloaded) or by the path of a D4RL HDF5 file.

    A maze's rewards and ends are those of the task's goal, see core/data/mazes.py. Raises
    DataError where the data set is missing, damaged, empty, or of another task's shape. Nothing
    that it names is imported.
    """
    if dataset_id.endswith((".hdf5", ".h5")):
        path = Path(dataset_id)
        found, name, recipe = d4rl.episodes(path), path.name, ""
    else:
        metadata = _metadata(dataset_id)
        found = minari_files.episodes(Path(get_dataset_path(dataset_id)), metadata, task)
        name, recipe = dataset_id, _recipe(metadata, dataset_id)
    dataset = from_episodes(name, task, towards_goal(task, found), recipe=recipe)
    check_places(dataset, task)
    return dataset


def recipe_of(dataset: OfflineDataset) -> Any:
    """The recipe as JSON values, or None where the source says nothing."""
    return json.loads(dataset.recipe) if dataset.recipe else None


def _metadata(dataset_id: str) -> dict[str, Any]:
    """Of a data set that is here, or is fetched. The id is checked before anything else."""
    metadata = read_metadata(dataset_id)
    if metadata is not None:
        return metadata
    try:
        minari.download_dataset(dataset_id)
    except Exception as error:
        line = " ".join(str(error).split())[:160] or type(error).__name__
        raise DataError(
            f"there is no local data set {dataset_id}, nor can it be fetched ({line})",
            "list local ones with `python main.py datasets`, "
            "or collect one with `python main.py collect`",
        ) from error
    metadata = read_metadata(dataset_id)
    if metadata is None:
        raise DataError(f"the data set {dataset_id} has no metadata", "download it again")
    return metadata


def _recipe(metadata: dict[str, Any], dataset_id: str) -> str:
    recipe = metadata.get("psiscope_recipe", "")
    try:
        if recipe:
            json.loads(recipe)
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError(
            f"the recipe inside {dataset_id} is not valid JSON", "collect it again"
        ) from error
    return str(recipe)
