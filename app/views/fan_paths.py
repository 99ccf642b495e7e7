"""Paths of the root by role, to scale: plain arrays, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.state.moment import Moment
from app.theme import Role
from app.views.scene_picture import fans_of
from core.envs.poses import root_places, walks_on_ground
from core.tasks import Task

Floats = NDArray[np.float64]
Paths = dict[Role, Floats]

CENTIMETRES = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The two directions that a path is drawn in."""

    across: str
    up: str
    letters: tuple[str, str]


SIDE = Plane(across="forward", up="torso height", letters=("x", "z"))
ABOVE = Plane(across="x", up="y", letters=("x", "y"))


def plane_of(task: Task) -> Plane | None:
    """From the side for planar bodies, from above for others; None without a place."""
    if not task.has_pose:
        return None
    if walks_on_ground(task):
        return ABOVE
    return SIDE if task.missing_root == 1 else None


def paths_of(moment: Moment, state: Floats) -> Paths:
    """For each role (m, H+1, 2): the root in centimetres from where it is at s_t."""
    if plane_of(moment.task) is None:
        return {}
    return {
        role: path_from(moment.task, fan, state)
        for role, fan in fans_of(moment).items()
        if fan.shape[1] > 1
    }


def path_from(task: Task, states: Floats, state: Floats) -> Floats:
    """Root of states (m, H+1, S) from where s_t (S,) has it, in cm: (m, H+1, 2)."""
    return CENTIMETRES * (root_places(task, states) - root_places(task, state[None]))


def gaps(paths: Paths, axis: int) -> Paths:
    """The same over j: (m, H+1, 2), j across, up the coordinate `axis` less the mean before."""
    reference = mean_path(paths.get("before"))
    if not len(reference):
        return {}
    found: Paths = {}
    for role, path in paths.items():
        gap = path[..., axis] - reference[:, axis]
        steps = np.broadcast_to(np.arange(path.shape[1], dtype=float), gap.shape)
        found[role] = np.stack([steps, gap], axis=-1)
    return found


def as_one_curve(paths: Floats | None, most: int) -> tuple[Floats, Floats]:
    """Paths (m, n, 2) end to end, NaN between them, as x and y: one item draws them."""
    if paths is None:
        return np.empty(0), np.empty(0)
    kept = paths[:most]
    breaks = np.full((len(kept), 1, 2), np.nan)
    joined = np.concatenate([kept, breaks], axis=1).reshape(-1, 2)
    return joined[:, 0], joined[:, 1]


def mean_path(paths: Floats | None) -> Floats:
    """The mean of the paths that are finite throughout, (n, 2); (0, 2) without any."""
    if paths is None:
        return np.empty((0, 2))
    whole = paths[np.isfinite(paths).all(axis=(1, 2))]
    return np.asarray(whole.mean(axis=0)) if len(whole) else np.empty((0, 2))
