"""From imagined states (..., H+1, S) to poses of the body (..., H+1, nq). Free of torch.

A state is [qpos[missing:], qvel]: the root coordinates the task leaves out (x of the planar
bodies, x and y of a free ant) are integrated from the imagined velocity, starting at the real
ones. The rest is exact, save that an imagined quaternion is brought back to norm 1.

The root drifts by what the trapezoid rule misses between two states. Measured over five
environment steps of bodies under random torques and sine waves, at most: Hopper 0.3 mm (0.6 mm
with a hopping policy), Walker2d 0.7 mm, HalfCheetah 49 mm of up to 920 mm travelled (0.25 s
with contacts in between; 14 mm in the mean). AntMaze states hold the whole position: 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.tasks import Task

Floats = NDArray[np.float64]
_QUATERNION = slice(3, 7)
_LEAST_LENGTH = 1e-8


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


def has_free_root(task: Task) -> bool:
    """Whether the root is a free joint: a place (3) and a quaternion (4) lead the positions."""
    return task.has_pose and (task.state_size + task.missing_root) % 2 == 1


def walks_on_ground(task: Task) -> bool:
    """Whether the root's first two coordinates are x and y: such a body is seen from above.

    Planar bodies have x and z there.
    """
    return task.maze is not None or task.missing_root >= 2 or has_free_root(task)


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


def root_places(task: Task, states: ArrayLike, start: ArrayLike = 0.0) -> Floats:
    """The first two coordinates of the root, (..., H+1, 2): x and z of a planar body, x and y
    of one that walks on the ground."""
    states = np.asarray(states, dtype=np.float64)
    path = root_path(task, states, start)
    return np.concatenate([path, states[..., :2]], axis=-1)[..., :2]


def poses(task: Task, states: ArrayLike, start: ArrayLike = 0.0) -> Floats:
    """qpos (..., H+1, nq) of states (..., H+1, S); the root starts at (missing_root,).

    Raises ValueError for states of another size, and of a task whose states have no pose.
    """
    states = np.asarray(states, dtype=np.float64)
    if not task.has_pose:
        raise ValueError(f"the states of {task.name} do not say where its body is")
    if states.shape[-1] != task.state_size:
        raise ValueError(
            f"states end in {states.shape[-1]} numbers, {task.name} has {task.state_size}"
        )
    seen = states[..., : position_size(task) - task.missing_root]
    found = np.concatenate([root_path(task, states, start), seen], axis=-1)
    if has_free_root(task):
        _normalize(found[..., _QUATERNION])
    return found


def _normalize(quaternions: Floats) -> None:
    """In place, (..., 4); one of length 0 becomes the upright one, as MuJoCo has it."""
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.linalg.norm(quaternions, axis=-1, keepdims=True)
        none = length < _LEAST_LENGTH
        quaternions /= np.where(none, 1.0, length)
    quaternions[none[..., 0]] = (1.0, 0.0, 0.0, 0.0)
