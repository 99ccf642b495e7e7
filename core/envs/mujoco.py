"""The real environment: make, reset, apply, save and restore exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.envs.action_range import to_environment
from core.envs.make import make
from core.envs.physics import read_physics, write_physics
from core.errors import InputError
from core.tasks import TASKS, Task

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transition:
    """What one applied action led to."""

    next_state: Vector
    """(S,) raw."""
    reward: float
    terminated: bool
    """The task's termination rule."""
    truncated: bool
    """The time limit; never together with terminated."""


class Environment:
    """One simulated task. ``save`` and ``restore`` are exact: the same future bit for bit.

    A task with a goal is a maze: its body lies inside the environment, every episode starts in
    the start cell and the goal stands where the task says, whatever the seed.
    """

    def __init__(self, task: Task) -> None:
        """Raises InputError where the environment cannot be made, or is not what the task says
        (a checkpoint or a trace may tell of any task)."""
        self.task = task
        self._environment: Any = make(task)
        self._body: Any = getattr(self._environment, "ant_env", self._environment)
        if task.name not in TASKS:
            _check_fit(task, self._environment)
        self.elapsed = 0
        """Environment steps since the reset."""

    def reset(self, seed: int) -> Vector:
        """The start state (S,) of that seed."""
        self.elapsed = 0
        if self.task.maze is None:
            observation, _ = self._environment.reset(seed=seed)
            return self._state(observation)
        cells = {"reset_cell": self.task.maze.start, "goal_cell": self.task.maze.goal}
        observation, _ = self._environment.reset(
            seed=seed, options={name: np.array(cell) for name, cell in cells.items()}
        )
        self._fix_goal()
        return self._state(observation)

    def apply(self, action: NDArray[Any]) -> Transition:
        """Apply an action (A,) in [-1, 1] for one environment step."""
        observation, reward, terminated, _, _ = self._environment.step(
            to_environment(self.task, np.asarray(action, dtype=np.float64))
        )
        self.elapsed += 1
        return Transition(
            next_state=self._state(observation),
            reward=float(reward),
            terminated=bool(terminated),
            truncated=not terminated and self.elapsed >= self.task.episode_limit,
        )

    def save(self) -> Vector:
        """The physics state (P,): mjSTATE_INTEGRATION, and what the task adds."""
        return read_physics(self.model, self.data, derived=self.task.derived_quantities)

    def restore(self, physics: Vector, elapsed: int) -> Vector:
        """Go back to a saved physics state (P,); returns the state (S,) there."""
        self.elapsed = elapsed
        derived = self.task.derived_quantities
        write_physics(self.model, self.data, physics, derived=derived)
        if self.task.maze is not None:
            self._fix_goal()
        return self._state(self._body._get_obs())

    @property
    def model(self) -> Any:
        """The MjModel, for renderers and tests."""
        return self._body.model

    @property
    def data(self) -> Any:
        """The MjData, for renderers and tests."""
        return self._body.data

    def close(self) -> None:
        """Free the simulator."""
        self._environment.close()

    def _state(self, observation: Any) -> Vector:
        if self.task.goal is not None:  # [achieved_goal, observation[:27]]
            return np.concatenate([self.data.qpos, self.data.qvel])
        return np.asarray(observation, dtype=np.float64)

    def _fix_goal(self) -> None:
        """Gymnasium adds noise to the goal; ours stands still."""
        goal = self.task.goal
        if goal is not None:
            self._environment.goal = np.array([goal.x, goal.y])
            self._environment.update_target_site_pos()


def _check_fit(task: Task, environment: Any) -> None:
    try:
        observation, _ = environment.reset(seed=0)
        environment.step(environment.action_space.low)
    except Exception as error:
        line = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{task.environment_id} fails while it acts ({line})", "check its arguments"
        ) from error
    is_maze = hasattr(environment, "ant_env")
    if is_maze:
        data = environment.ant_env.data
        observation = np.concatenate([data.qpos, data.qvel])
    states = np.size(observation)
    found = (states, *environment.action_space.shape, is_maze, is_maze)
    wanted = (
        task.state_size, task.action_size, task.maze is not None, task.goal is not None
    )  # fmt: skip
    if found != wanted:
        raise InputError(
            f"{task.environment_id} is not the task {task.name} that was described",
            "its numbers of states or actions differ, or one of the two is a maze",
        )
