"""Offline data as flat arrays in which no transition crosses an episode border."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.envs.action_range import to_model
from core.errors import DataError
from core.tasks import Task

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episode:
    """One recorded episode of T environment steps."""

    states: NDArray[Any]
    """(T + 1, S), or (T, S) where the source does not store the last next state."""
    actions: NDArray[Any]
    """(T, A) in the environment's range."""
    rewards: NDArray[Any]
    """(T,) in environment units."""
    terminated: bool
    """The last transition ended by the task's rule (not by a time limit)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OfflineDataset:
    """N transitions in episode order."""

    dataset_id: str
    states: Floats
    """(N, S) raw."""
    actions: Floats
    """(N, A) in [-1, 1]."""
    rewards: Floats
    """(N,) environment units."""
    next_states: Floats
    """(N, S); zeros where has_next_state is false."""
    next_actions: Floats
    """(N, A), the data's action at the next state; zeros where has_next_action is false."""
    terminated: Flags
    has_next_state: Flags
    """False where the source stores no true next state: such rows never feed the dynamics."""
    has_next_action: Flags
    episodes: NDArray[np.int32]
    """(N,) the episode of each row, from 0, in order."""
    digest: str
    """blake2b over the arrays, whatever file they came in."""
    recipe: str = ""
    """How the data were collected, JSON, where the source says so."""

    def __len__(self) -> int:
        return len(self.states)

    @property
    def episode_returns(self) -> NDArray[np.float64]:
        """(episodes,) sums of rewards."""
        sums = np.bincount(self.episodes, weights=self.rewards.astype(np.float64))
        return sums.astype(np.float64, copy=False)

    @property
    def starts(self) -> NDArray[np.intp]:
        """(episodes,) the row of each episode's first transition."""
        return np.flatnonzero(np.diff(self.episodes, prepend=-1))

    def split(self, share: float, generator: np.random.Generator) -> tuple[Flags, Flags]:
        """Masks (N,) of training and held-out rows; a `share` of the episodes is held out."""
        count = int(self.episodes[-1]) + 1
        held_out = generator.permutation(count)[: max(1, round(share * count))]
        test = np.isin(self.episodes, held_out)
        return ~test, test


def from_episodes(
    dataset_id: str, task: Task, episodes: Iterable[Episode], *, recipe: str = ""
) -> OfflineDataset:
    """Join episodes. Raises DataError for an empty set, wrong shapes, or non-finite numbers."""
    columns: list[tuple[NDArray[Any], ...]] = []
    for number, episode in enumerate(episodes):
        _check(dataset_id, task, number, episode)
        if len(episode.actions):
            columns.append(_rows(len(columns), episode, task))
    if not columns:
        raise DataError(f"the data set {dataset_id} is empty", "collect at least one episode")
    joined = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
    for array in joined:
        array.setflags(write=False)
    (
        states,
        actions,
        rewards,
        next_states,
        next_actions,
        ends,
        with_state,
        with_action,
        numbers,
    ) = joined
    return OfflineDataset(
        dataset_id=dataset_id,
        states=states,
        actions=actions,
        rewards=rewards,
        next_states=next_states,
        next_actions=next_actions,
        terminated=ends,
        has_next_state=with_state,
        has_next_action=with_action,
        episodes=numbers,
        digest=_digest(joined),
        recipe=recipe,
    )


def _rows(number: int, episode: Episode, task: Task) -> tuple[NDArray[Any], ...]:
    count = len(episode.actions)
    actions = to_model(task, episode.actions.astype(np.float32))
    next_states = np.zeros((count, episode.states.shape[1]), np.float32)
    following = episode.states[1 : count + 1]
    next_states[: len(following)] = following
    ends = np.zeros(count, bool)
    ends[-1] = episode.terminated
    return (
        episode.states[:count].astype(np.float32),
        actions,
        episode.rewards.astype(np.float32),
        next_states,
        np.concatenate([actions[1:], np.zeros_like(actions[:1])]),
        ends,
        np.arange(count) < len(following),
        np.arange(count) < count - 1,
        np.full(count, number, np.int32),
    )


def _check(dataset_id: str, task: Task, number: int, episode: Episode) -> None:
    count = len(episode.actions)
    shapes = (episode.states.shape[1:], episode.actions.shape[1:], episode.rewards.shape)
    wanted = ((task.state_size,), (task.action_size,), (count,))
    if shapes != wanted or len(episode.states) not in (count, count + 1):
        raise DataError(
            f"episode {number} of {dataset_id} has shapes {shapes}, {task.name} needs {wanted}",
            "use a data set of this task",
        )
    for name in ("states", "actions", "rewards"):
        values = getattr(episode, name)
        if values.dtype.kind not in "biuf" or not _are_usable(values):
            raise DataError(
                f"episode {number} of {dataset_id} has {name} that are not finite numbers",
                "remove that episode",
            )


def _are_usable(values: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        return bool((np.abs(values) <= _LARGEST).all())


def _digest(arrays: Iterable[NDArray[Any]]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
        digest.update(f"{little.dtype.str}{little.shape}".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()
