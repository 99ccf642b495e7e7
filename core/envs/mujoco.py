"""The real environment: make, reset, apply, save and restore exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import mujoco
import numpy as np
from numpy.typing import NDArray

from core.tasks import Task

Vector = NDArray[np.float64]
_SPEC = mujoco.mjtState.mjSTATE_INTEGRATION


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
    """One simulated task. ``save`` and ``restore`` are exact: the same future bit for bit."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._environment: Any = gymnasium.make(
            task.environment_id, disable_env_checker=True
        ).unwrapped
        self.elapsed = 0
        """Environment steps since the reset."""

    def reset(self, seed: int) -> Vector:
        """The start state (S,) of that seed."""
        observation, _ = self._environment.reset(seed=seed)
        self.elapsed = 0
        return np.asarray(observation, dtype=np.float64)

    def apply(self, action: NDArray[Any]) -> Transition:
        """Apply an action (A,) in [-1, 1] for one environment step."""
        observation, reward, terminated, _, _ = self._environment.step(
            np.asarray(action, dtype=np.float64)
        )
        self.elapsed += 1
        return Transition(
            next_state=np.asarray(observation, dtype=np.float64),
            reward=float(reward),
            terminated=bool(terminated),
            truncated=not terminated and self.elapsed >= self.task.episode_limit,
        )

    def save(self) -> Vector:
        """The physics state (P,), mjSTATE_INTEGRATION."""
        model, data = self._environment.model, self._environment.data
        physics = np.empty(mujoco.mj_stateSize(model, _SPEC))
        mujoco.mj_getState(model, data, physics, _SPEC)
        return physics

    def restore(self, physics: Vector, elapsed: int) -> Vector:
        """Go back to a saved physics state (P,); returns the state (S,) there."""
        model, data = self._environment.model, self._environment.data
        mujoco.mj_setState(model, data, np.ascontiguousarray(physics, dtype=np.float64), _SPEC)
        self.elapsed = elapsed
        return np.asarray(self._environment._get_obs(), dtype=np.float64)

    @property
    def model(self) -> Any:
        """The MjModel, for renderers and tests."""
        return self._environment.model

    @property
    def data(self) -> Any:
        """The MjData, for renderers and tests."""
        return self._environment.data

    def close(self) -> None:
        """Free the simulator."""
        self._environment.close()
