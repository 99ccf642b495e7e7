"""Collect offline data by recipe: real environments, real policies, a Minari data set."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import minari
import numpy as np
import torch
from minari.data_collector.episode_buffer import EpisodeBuffer
from minari.dataset.minari_dataset import parse_dataset_id
from minari.storage.datasets_root_dir import get_dataset_path
from numpy.typing import NDArray
from tqdm import tqdm

from core.checkpoints.disk import read_bounded
from core.checkpoints.importers import read_sb3_policy
from core.checkpoints.strict_json import decode, parse_json
from core.envs.mujoco import Environment
from core.errors import DataError
from core.seeding import generator
from core.tasks import Task

BYTES_PER_NUMBER = 16
"""On disk, while a data set is written."""
MARGIN = 32 * 2**20
"""Bytes that stay free."""
LARGEST_RECIPE = 2**20
"""Bytes."""
COLLECTION = "DLR-RM/rl-trained-agents"
Behaviour = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a recipe: who acts, how noisily, for which share of the transitions."""

    policy: str
    """A Stable-Baselines3 archive, or `random`."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise on each action, action units; clipped to [-1, 1]."""
    random_share: float = 0.0
    """Probability that an action is drawn uniformly instead."""
    share: float = 1.0
    """Weight of this part among all."""
    first_seed: int = 0
    """Reset seed of the first episode; it rises by one."""


def read_recipe(path: Path, policies: Path | None = None) -> tuple[Part, ...]:
    """A recipe from a JSON list of parts. Policy files are looked for in `policies`, by default
    beside the recipe. Raises InputError where it is malformed."""
    values = parse_json(read_bounded(path, LARGEST_RECIPE), f"the recipe {path}")
    if not isinstance(values, list) or not values:
        raise DataError(f"the recipe {path} has no parts", "write a JSON list of parts")
    parts = [decode(Part, value, f"part {i} of {path}") for i, value in enumerate(values)]
    return tuple(
        part
        if part.policy == "random"
        else dataclasses.replace(part, policy=str((policies or path.parent) / part.policy))
        for part in parts
    )


def collect(
    task: Task, recipe: Sequence[Part], *, transitions: int, dataset_id: str, seed: int = 0
) -> int:
    """Write at least `transitions` transitions as a Minari data set; returns how many it wrote.

    Episodes run to their own end. Ctrl+C keeps the finished episodes. Raises DataError for a
    taken or malformed id, a part out of range, or a policy of another task.
    """
    recipe = [_uniform(part) if part.policy == "random" else part for part in recipe]
    _check_recipe(recipe)
    target = _free_path(dataset_id)
    _check_room(
        target, transitions * BYTES_PER_NUMBER * (task.state_size + task.action_size + 3)
    )
    policies = [_behaviour(task, part) for part in recipe]
    weights = np.array([part.share for part in recipe])
    quotas = np.ceil(transitions * weights / weights.sum()).astype(int)
    buffers: list[EpisodeBuffer] = []
    with tqdm(
        total=int(quotas.sum()),
        unit=" transitions",
        desc=f"collect {dataset_id}",
        disable=None,
    ) as bar:
        try:
            for number, (part, (act, _), quota) in enumerate(
                zip(recipe, policies, quotas, strict=True)
            ):
                _collect_part(
                    buffers,
                    task,
                    part,
                    act,
                    int(quota),
                    generator(seed, "collect", number),
                    bar,
                )
        except KeyboardInterrupt:
            bar.write(f"stopped: keeping {len(buffers)} finished episodes")
    if not buffers:
        raise DataError("no episode was finished", "let it run longer")
    digests = [digest for _, digest in policies]
    asked = {"transitions": transitions, "seed": seed}
    _write(target, dataset_id, task, buffers, recipe, digests, asked)
    return sum(len(buffer.rewards) for buffer in buffers)


def _collect_part(
    buffers: list[EpisodeBuffer],
    task: Task,
    part: Part,
    act: Behaviour,
    quota: int,
    draws: np.random.Generator,
    bar: Any,
) -> None:
    environment = Environment(task)
    seed = part.first_seed
    while quota > 0:
        buffer = _episode(environment, part, act, seed, len(buffers), draws)
        buffers.append(buffer)
        quota -= len(buffer.rewards)
        seed += 1
        bar.update(len(buffer.rewards))
    environment.close()


def _episode(
    environment: Environment,
    part: Part,
    act: Behaviour,
    seed: int,
    number: int,
    draws: np.random.Generator,
) -> EpisodeBuffer:
    buffer = EpisodeBuffer(
        id=number, seed=seed, observations=[environment.reset(seed)], actions=[], infos={}
    )
    observations, actions = buffer.observations, buffer.actions
    assert isinstance(observations, list)  # noqa: S101 - narrows minari's union
    assert isinstance(actions, list)  # noqa: S101
    while True:
        action = _perturb(act(observations[-1]), part, draws)
        transition = environment.apply(action)
        observations.append(transition.next_state)
        actions.append(action)
        buffer.rewards.append(transition.reward)
        buffer.terminations.append(transition.terminated)
        buffer.truncations.append(transition.truncated)
        if transition.terminated or transition.truncated:
            return buffer


def _perturb(
    action: NDArray[Any], part: Part, draws: np.random.Generator
) -> NDArray[np.float32]:
    uniform = draws.uniform(-1.0, 1.0, action.shape)
    noisy = action + part.noise * draws.standard_normal(action.shape)
    chosen = uniform if draws.random() < part.random_share else noisy
    return np.clip(chosen, -1.0, 1.0).astype(np.float32)


def _behaviour(task: Task, part: Part) -> tuple[Behaviour, str]:
    if part.policy == "random":
        return (lambda _: np.zeros(task.action_size)), ""
    policy = read_sb3_policy(Path(part.policy))
    if (policy.state_size, policy.action_size) != (task.state_size, task.action_size):
        raise DataError(
            f"{part.policy} maps {policy.state_size} numbers to {policy.action_size}",
            f"{task.name} needs {task.state_size} to {task.action_size}",
        )

    def act(state: NDArray[Any]) -> NDArray[Any]:
        with torch.inference_mode():
            result: NDArray[Any] = policy(torch.as_tensor(state, dtype=torch.float32)[None])[
                0
            ].numpy()
        return result

    return act, policy.sha256


def _uniform(part: Part) -> Part:
    return dataclasses.replace(part, random_share=1.0)


def _check_recipe(recipe: Sequence[Part]) -> None:
    for part in recipe:
        if not (
            0 <= part.noise <= 10
            and 0 <= part.random_share <= 1
            and 0 < part.share <= 1e6
            and part.first_seed in range(10**9)
        ):
            raise DataError(
                f"the part {part} is out of range",
                "noise 0..10, random_share 0..1, share above 0 (1e6 at most), "
                "first_seed a whole number from 0 (below 1e9)",
            )


def _free_path(dataset_id: str) -> Path:
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


def _check_room(target: Path, needed: int) -> None:
    """Refuse before the work, not after it; HDF5 crashes the process on a full disk."""
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


def _write(
    target: Path,
    dataset_id: str,
    task: Task,
    buffers: list[EpisodeBuffer],
    recipe: Sequence[Part],
    digests: Sequence[str],
    asked: dict[str, int],
) -> None:
    parts = []
    for part, digest in zip(recipe, digests, strict=True):
        values = dataclasses.asdict(part)
        values["policy"] = Path(part.policy).name
        if digest:
            values |= {"sha256": digest, "collection": COLLECTION}
        parts.append(values)
    try:
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            buffers,
            env=task.environment_id,
            algorithm_name="Psiscope recipe",
            author="Psiscope",
            author_email="psiscope@example.org",
            code_permalink="https://example.org/psiscope",
            description=f"{task.name} collected by recipe",
            observation_space=gymnasium.spaces.Box(
                -np.inf, np.inf, (task.state_size,), np.float64
            ),
            action_space=gymnasium.spaces.Box(-1.0, 1.0, (task.action_size,), np.float32),
        )
        dataset.storage.update_metadata(
            {"psiscope_recipe": json.dumps({"parts": parts, **asked}, sort_keys=True)}
        )
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
