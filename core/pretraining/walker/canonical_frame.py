"""A frame in which the ant always walks along +x and always faces forwards.

The ant looks the same after a quarter turn about its own vertical axis, apart from the numbers
of its legs and the signs of its ankles. So a policy that only walks along +x, seen in this
frame, walks in any direction: the world is turned until the wanted heading is +x, and the legs
are renumbered until the body's x axis lies within 45 degrees of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Turns = NDArray[np.int64]

OBSERVATION_SIZE = 29
LIMIT = 20.0
"""Observations are clipped to +-20, as they were in training."""
_ANKLE_SIGN = np.array([1.0, -1.0, -1.0, 1.0])
"""Ankles of legs 1..4: two bend the other way round."""
_ACTUATED_LEG = np.array([3, 0, 1, 2])
"""The leg (from 0) of each (hip, ankle) pair of actuators."""
_LEGS = np.arange(4)


def observe(qpos: Floats, qvel: Floats, heading: Floats) -> tuple[Floats, Turns]:
    """Positions (N, 15), velocities (N, 14) and headings (N,) in rad, world frame.

    Returns observations (N, 29) [height; body x and z axes; hips, ankles; velocity; angular
    velocity; hip and ankle velocities] and the quarter turns (N,) that `act` undoes.
    """
    rotation = _rotation(qpos[:, 3:7])
    yaw = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]) - heading
    turns = np.round(-yaw / (np.pi / 2)).astype(np.int64) % 4
    angle = (turns * (np.pi / 2)).astype(np.float64)
    forward = (
        rotation[:, :, 0] * np.cos(angle)[:, None] + rotation[:, :, 1] * np.sin(angle)[:, None]
    )
    parts = (
        qpos[:, 2:3],
        _turned(forward, heading),
        _turned(rotation[:, :, 2], heading),
        _numbered(qpos[:, 7:], turns),
        _turned(qvel[:, :3], heading),
        _turned(qvel[:, 3:6], angle),
        _numbered(qvel[:, 6:], turns),
    )
    return np.clip(np.concatenate(parts, axis=1), -LIMIT, LIMIT), turns


def to_environment(actions: Floats, turns: Turns) -> Floats:
    """Actions (N, 8) [four hips, four ankles] of this frame, in the environment's order."""
    slots = (_LEGS - turns[:, None]) % 4
    hips = np.take_along_axis(actions[:, :4], slots, axis=1)
    ankles = np.take_along_axis(actions[:, 4:], slots, axis=1) * _ANKLE_SIGN
    ordered = np.stack([hips[:, _ACTUATED_LEG], ankles[:, _ACTUATED_LEG]], axis=2)
    return ordered.reshape(len(actions), 8)


def uprightness(qpos: Floats) -> Floats:
    """The vertical part of the body's z axis (N,): 1 upright, below 0 upside down."""
    upright: Floats = 1.0 - 2.0 * (qpos[:, 4] ** 2 + qpos[:, 5] ** 2)
    return upright


def _rotation(quaternion: Floats) -> Floats:
    """Rotation matrices (N, 3, 3) of unit quaternions (N, 4), scalar first."""
    w, x, y, z = quaternion.T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def _turned(vectors: Floats, angle: Floats) -> Floats:
    """Vectors (N, 3) seen from a frame turned by angle (N,) about z."""
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y, z = vectors.T
    return np.stack([cosine * x + sine * y, cosine * y - sine * x, z], axis=1)


def _numbered(joints: Floats, turns: Turns) -> Floats:
    """Joints (N, 8) [hip, ankle of each leg] as [four hips, four ankles] from the new leg 1."""
    legs = (_LEGS + turns[:, None]) % 4
    hips = np.take_along_axis(joints[:, 0::2], legs, axis=1)
    ankles = np.take_along_axis(joints[:, 1::2] * _ANKLE_SIGN, legs, axis=1)
    return np.concatenate([hips, ankles], axis=1)
