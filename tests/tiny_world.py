"""A tiny exact world in place of the simulator: a few numbers, episodes of a few steps.

The engine, session, branches and traces on it are the real ones.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.envs.mujoco import Transition, Vector
from core.settings import Settings
from core.tasks import Task
from tests.runnable_checkpoint import write_runnable

TINY = Settings(
    horizon=0,
    particles=1,
    denoising_levels=1,
    ascent_steps=2,
    step_rule="plain",
    step_size=0.05,
    trust_radius=0.2,
    reset_mode="episode",
    optimizer="adam",
)


class TinyWorld:
    """s' = 0.9 s + B a; how long an episode lasts is a matter of seed and state."""

    def __init__(self, task: Task) -> None:
        self.task, self.elapsed = task, 0
        self._state = np.zeros(task.state_size)
        self._length = 0

    def reset(self, seed: int) -> Vector:
        """The start state (S,) of that seed."""
        self._state = np.random.default_rng(seed).normal(size=self.task.state_size) * 0.1
        self.elapsed, self._length = 0, 4 + seed % 3
        return self._state.copy()

    def apply(self, action: Any) -> Transition:
        """One environment step; every third episode ends by the time limit."""
        pushed = np.resize(np.asarray(action, np.float64), self.task.state_size)
        self._state = 0.9 * self._state + 0.1 * pushed
        self.elapsed += 1
        over = self.elapsed >= self._length - int(self._state[0] > 0.05)
        return Transition(
            next_state=self._state.copy(),
            reward=float(1.0 - self._state @ self._state),
            terminated=over and self._length != 6,
            truncated=over and self._length == 6,
        )

    def save(self) -> Vector:
        """All there is (P,)."""
        return np.append(self._state, float(self._length))

    def restore(self, physics: Vector, elapsed: int) -> Vector:
        """Go back to a saved moment; returns the state (S,) there."""
        self._state, self._length = physics[:-1].copy(), int(physics[-1])
        self.elapsed = elapsed
        return self._state.copy()


def use_tiny_world(patch: pytest.MonkeyPatch) -> None:
    """Simulate it in place of MuJoCo; read each checkpoint once."""
    for module in ("core.session.reality", "core.session.twin", "core.diagnosis.oracle"):
        patch.setattr(f"{module}.Environment", TinyWorld)
    read = functools.cache(load)
    for module in ("core.session.shelf", "core.engine"):
        patch.setattr(f"{module}.load", lambda name, *_: read(str(name)))


def tiny_checkpoints(folder: Path) -> tuple[Checkpoint, Checkpoint]:
    """Two of the same task."""
    return load(write_runnable(folder / "one")), load(write_runnable(folder / "two", seed=3))
