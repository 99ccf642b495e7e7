"""From imagined states (..., H+1, S) to poses of the body (..., H+1, nq). Free of torch.

A state is [qpos[missing:], qvel]: the root coordinates the task leaves out (Hopper: x) are
integrated from the imagined velocity, starting at the real ones. Joint angles are exact; the
root drifts by what the trapezoid rule misses (Hopper, five steps of a hopping policy: 0.6 mm at
most, 3.2 mm with the velocity at the start of each step alone).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.tasks import Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicsLayout:
    """Where mjSTATE_INTEGRATION keeps positions and velocities."""

    size: int
    """P, numbers in the whole vector."""
    qpos: slice
    qvel: slice


def physics_layout(model: Any) -> PhysicsLayout:
    """The layout of the integration state of a mujoco.MjModel: parts lie in bit order."""
    import mujoco

    def size(spec: int) -> int:
        return int(mujoco.mj_stateSize(model, spec))

    def part(bit: Any) -> slice:
        start = size(bit.value - 1)
        return slice(start, start + size(bit.value))

    return PhysicsLayout(
        size=size(mujoco.mjtState.mjSTATE_INTEGRATION.value),
        qpos=part(mujoco.mjtState.mjSTATE_QPOS),
        qvel=part(mujoco.mjtState.mjSTATE_QVEL),
    )


def position_size(task: Task) -> int:
    """nq of the task's body: nq = nv, or nq = nv + 1 where the root is a free joint."""
    return (task.state_size + task.missing_root + 1) // 2


def root_path(task: Task, states: ArrayLike, start: ArrayLike = 0.0) -> Floats:
    """The missing root coordinates (..., H+1, missing_root), in m; x_0 = `start`, then

    x_{j+1} = x_j + dt (v_j + v_{j+1}) / 2, with v the imagined root velocity.
    """
    states = np.asarray(states, dtype=np.float64)
    first = position_size(task) - task.missing_root
    velocity = states[..., first : first + task.missing_root]
    path = np.zeros_like(velocity)
    seconds = task.seconds_per_environment_step
    moved = 0.5 * seconds * (velocity[..., 1:, :] + velocity[..., :-1, :])
    np.cumsum(moved, axis=-2, out=path[..., 1:, :])
    return path + np.asarray(start, dtype=np.float64)


def poses(task: Task, states: ArrayLike, start: ArrayLike = 0.0) -> Floats:
    """qpos (..., H+1, nq) of states (..., H+1, S); the root starts at (missing_root,)."""
    states = np.asarray(states, dtype=np.float64)
    if states.shape[-1] != task.state_size:
        raise ValueError(
            f"states end in {states.shape[-1]} numbers, {task.name} has {task.state_size}"
        )
    seen = states[..., : position_size(task) - task.missing_root]
    return np.concatenate([root_path(task, states, start), seen], axis=-1)
