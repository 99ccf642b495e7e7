"""Recorded episodes as a Minari data set that any reader of Minari understands."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import minari
import numpy as np
from gymnasium.spaces import Box, Dict, Space
from minari.data_collector.episode_buffer import EpisodeBuffer
from minari.dataset.minari_dataset import parse_dataset_id
from minari.storage.datasets_root_dir import get_dataset_path

from core.envs.action_range import to_environment
from core.envs.make import make
from core.errors import DataError
from core.pretraining.parts import RANDOM, WALKER, Part
from core.tasks import Task

if TYPE_CHECKING:
    from core.pretraining.episodes import Recorded

BYTES_PER_NUMBER = 16
"""On disk, while a data set is written."""
MARGIN = 32 * 2**20
"""Bytes that stay free."""
_COLLECTIONS = {RANDOM: "", WALKER: "Psiscope, assets/walkers"}
_ARCHIVES = "DLR-RM/rl-trained-agents"


def free_path(dataset_id: str) -> Path:
    """Where a new data set goes. Raises DataError for a malformed or taken id."""
    try:
        parse_dataset_id(dataset_id)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{dataset_id!r} is not a Minari id", "write psiscope/hopper/medium-replay-v0"
        ) from error
    target = Path(get_dataset_path(dataset_id))
    if (target / "data").exists():
        raise DataError(
            f"there is a data set {dataset_id} already", "choose the next version number"
        )
    return target


def check_room(target: Path, task: Task, transitions: int) -> None:
    """Refuse before the work, not after it; HDF5 crashes the process on a full disk."""
    needed = transitions * BYTES_PER_NUMBER * (task.state_size + task.action_size + 3)
    folder = next(parent for parent in target.parents if parent.exists())
    if not os.access(folder, os.W_OK):
        raise DataError(
            f"{folder} cannot be written", "set MINARI_DATASETS_PATH to a folder of yours"
        )
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN:
        raise DataError(
            f"the disk of {folder} has {free >> 20} MiB left, the data set may need "
            f"{(needed + MARGIN) >> 20}",
            "free some space, or set MINARI_DATASETS_PATH to another disk",
        )


def write(
    target: Path,
    dataset_id: str,
    task: Task,
    episodes: Sequence[Recorded],
    recipe: Mapping[str, Any],
) -> None:
    """Write episodes to the free path of an id, whole or not at all.

    recipe: JSON values that say how the data were collected. Actions are stored in the
    environment's own range. The environment spec is the task's.
    """
    environment = make(task)
    environment.spec = _spec(task)
    try:
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            [_buffer(task, number, episode) for number, episode in enumerate(episodes)],
            env=environment,
            eval_env=environment.spec,
            algorithm_name="Psiscope recipe",
            author="Psiscope",
            author_email="psiscope@example.org",
            code_permalink="https://example.org/psiscope",
            description=f"{task.name} collected by recipe",
            observation_space=_observation_space(task),
            action_space=_action_space(task),
        )
        dataset.storage.update_metadata({"psiscope_recipe": json.dumps(recipe, sort_keys=True)})
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    finally:
        environment.close()


def part_facts(part: Part, sha256: str) -> dict[str, Any]:
    """A part as JSON values, with the digest of its policy and without its folder."""
    values: dict[str, Any] = dataclasses.asdict(part)
    values["policy"] = Path(part.policy).name
    if part.policy != WALKER:
        del values["start"], values["goals"]
    if sha256:
        collection = _COLLECTIONS.get(part.policy, _ARCHIVES)
        values |= {"sha256": sha256, "collection": collection}
    return values


def _spec(task: Task) -> Any:
    """gymnasium's own spec with the task's arguments and time limit."""
    spec = copy.deepcopy(gymnasium.spec(task.environment_id))
    spec.kwargs |= {argument.name: argument.value for argument in task.environment_arguments}
    spec.max_episode_steps = task.episode_limit
    return spec


def _observation_space(task: Task) -> Space[Any]:
    if task.goal is None:
        return Box(-np.inf, np.inf, (task.state_size,), np.float64)
    sizes = {"observation": task.state_size - 2, "achieved_goal": 2, "desired_goal": 2}
    boxes: dict[str, Space[Any]] = {
        name: Box(-np.inf, np.inf, (n,), np.float32) for name, n in sizes.items()
    }
    return Dict(boxes)


def _action_space(task: Task) -> Space[Any]:
    if not task.action_low:
        return Box(-1.0, 1.0, (task.action_size,), np.float32)
    low, high = (np.array(end, np.float32) for end in (task.action_low, task.action_high))
    return Box(low, high, dtype=np.float32)


def _buffer(task: Task, number: int, episode: Recorded) -> EpisodeBuffer:
    count = len(episode.rewards)
    last = np.arange(count) == count - 1
    return EpisodeBuffer(
        id=number,
        seed=episode.seed,
        observations=_observations(task, episode),
        actions=list(to_environment(task, episode.actions)),
        rewards=list(episode.rewards),
        terminations=list(last & episode.terminated),
        truncations=list(last & (not episode.terminated)),
        infos={},
    )


def _observations(task: Task, episode: Recorded) -> Any:
    """A maze's as Minari's own: observation, achieved_goal, desired_goal."""
    if task.goal is None:
        return list(episode.states)
    goals = episode.goals
    if goals is None:
        goals = np.tile([task.goal.x, task.goal.y], (len(episode.states), 1))
    columns = {
        "observation": episode.states[:, 2:],
        "achieved_goal": episode.states[:, :2],
        "desired_goal": goals,
    }
    return {name: column.astype(np.float32) for name, column in columns.items()}
