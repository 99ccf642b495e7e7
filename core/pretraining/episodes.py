"""The sources of collected data: who acts in a task, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from core.checkpoints.importers import read_sb3_policy
from core.envs.mujoco import Environment
from core.errors import DataError
from core.pretraining.parts import RANDOM, WALKER, Part, check_policy, perturb
from core.seeding import generator
from core.tasks import Task

Behaviour = Callable[[NDArray[Any]], NDArray[Any]]
Passed = Callable[[int], Any]
"""Told of each number of environment steps that passed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recorded:
    """One finished episode of T environment steps."""

    seed: int
    states: NDArray[Any]
    """(T + 1, S) raw."""
    actions: NDArray[np.float32]
    """(T, A) in [-1, 1]."""
    rewards: NDArray[np.float64]
    """(T,)."""
    terminated: bool
    """By the task's rule; otherwise cut."""
    goals: NDArray[Any] | None = None
    """(T + 1, 2) where the body was sent at each state, if not to the task's goal."""


@runtime_checkable
class Source(Protocol):
    """One part of a recipe at work."""

    sha256: str
    """Of the policy's file, or empty."""

    def episodes(self, quota: int, passed: Passed) -> Iterator[Recorded]:
        """Finished episodes of at least `quota` transitions together."""
        ...


def source_of(task: Task, part: Part, seed: int, number: int) -> Source:
    """The source of part `number` of a recipe. Raises InputError for a policy that is missing,
    broken, or of another task."""
    if part.policy == WALKER:
        try:
            from core.pretraining.walker.walks import Walks
        except ImportError as error:
            raise DataError(
                f"{WALKER} needs mujoco.batch ({error})", "pip install --upgrade mujoco"
            ) from error
        return Walks(task, part, seed, number)
    return Runs(task, part, generator(seed, "collect", number))


class Runs:
    """A policy in a task's environment, one episode after the other."""

    def __init__(self, task: Task, part: Part, draws: np.random.Generator) -> None:
        self._task, self._part, self._draws = task, part, draws
        self._act, self.sha256 = _behaviour(task, part)

    def episodes(self, quota: int, passed: Passed) -> Iterator[Recorded]:
        """Finished episodes of at least `quota` transitions together."""
        environment = Environment(self._task)
        seed = self._part.first_seed
        while quota > 0:
            episode = self._episode(environment, seed)
            passed(len(episode.rewards))
            yield episode
            quota -= len(episode.rewards)
            seed += 1
        environment.close()

    def _episode(self, environment: Environment, seed: int) -> Recorded:
        states, actions, rewards = [environment.reset(seed)], [], []
        while True:
            action = perturb(self._act(states[-1]), self._part, self._draws)
            transition = environment.apply(action)
            states.append(transition.next_state)
            actions.append(action)
            rewards.append(transition.reward)
            if transition.terminated or transition.truncated:
                return Recorded(
                    seed=seed,
                    states=np.array(states),
                    actions=np.array(actions),
                    rewards=np.array(rewards),
                    terminated=transition.terminated,
                )


def _behaviour(task: Task, part: Part) -> tuple[Behaviour, str]:
    if part.policy == RANDOM:
        return (lambda _: np.zeros(task.action_size)), ""
    check_policy(Path(part.policy), task)
    policy = read_sb3_policy(Path(part.policy))

    def act(state: NDArray[Any]) -> NDArray[Any]:
        with torch.inference_mode():
            result: NDArray[Any] = policy(torch.as_tensor(state, dtype=torch.float32)[None])[
                0
            ].numpy()
        return result

    return act, policy.sha256
