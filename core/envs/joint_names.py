"""Names and units of states and actions, from the body's model."""

from __future__ import annotations

from typing import Any

import mujoco

from core.tasks import Task

Named = tuple[str, str]
"""Name and unit."""
_FREE, _SLIDE = int(mujoco.mjtJoint.mjJNT_FREE), int(mujoco.mjtJoint.mjJNT_SLIDE)
_JOINTS = (int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT))


def state_names(task: Task, model: Any) -> tuple[Named, ...]:
    """(S,) of a state [qpos[missing_root:], qvel]; numbers where the state has no pose."""
    if not task.has_pose:
        return tuple((f"observation {i}", "") for i in range(task.state_size))
    positions: list[Named] = []
    velocities: list[Named] = []
    for joint in range(model.njnt):
        name = model.joint(joint).name or f"joint {joint}"
        kind = model.jnt_type[joint]
        if kind == _FREE:
            positions += [(f"{name} {axis}", "m") for axis in "xyz"]
            positions += [(f"{name} quaternion {axis}", "") for axis in "wxyz"]
            velocities += [(f"{name} {axis} velocity", "m/s") for axis in "xyz"]
            velocities += [(f"{name} {axis} angular velocity", "rad/s") for axis in "xyz"]
        elif kind == _SLIDE:
            positions.append((f"{name} position", "m"))
            velocities.append((f"{name} velocity", "m/s"))
        else:
            positions.append((f"{name} angle", "rad"))
            velocities.append((f"{name} angular velocity", "rad/s"))
    return (*positions[task.missing_root :], *velocities)


def action_names(task: Task, model: Any) -> tuple[str, ...]:
    """(A,): the actuators' names, else those of their joints, else numbers."""
    if model.nu != task.action_size:
        return tuple(f"action {i}" for i in range(task.action_size))
    return tuple(_action_name(model, i) for i in range(model.nu))


def _action_name(model: Any, actuator: int) -> str:
    name: str = model.actuator(actuator).name
    if not name and model.actuator_trntype[actuator] in _JOINTS:
        name = model.joint(model.actuator_trnid[actuator, 0]).name
    return f"{name} control" if name else f"action {actuator}"
