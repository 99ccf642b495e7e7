"""Where the camera stands, and what it makes of places in the world."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from app.rendering.figures import Figure
from app.rendering.wire import Picture

Floats = NDArray[np.float64]
FARTHEST_AHEAD = 2.0
"""Metres."""
LIMBS = 1.15
"""How much farther a moving body stretches than one at rest."""
ROOM_ABOVE = 1.8
"""Half the least height of the view from above, in reaches of the body."""


def ahead(qpos: Floats, futures: list[Floats], axes: int) -> Floats:
    """How far the imagined bodies get along x, or x and y, (2,) in m: the first fan's mean."""
    found = np.zeros(2)
    ends = [future[:, -1, :axes] for future in futures if future.size]
    if ends and np.all(np.isfinite(ends[0])):
        found[:axes] = ends[0].mean(axis=0) - qpos[:axes]
    return np.clip(found, -FARTHEST_AHEAD, FARTHEST_AHEAD)


def frame_side(figure: Figure, picture: Picture, way: Floats) -> Any:
    """A camera that follows the body: from afar along the floor, and up for a high hop only."""
    size = figure.high - figure.low
    half = 0.54 * max(size[2], 0.8 * size[0])
    aspect = picture.width / picture.height
    half = max(half, (LIMBS * figure.reach + abs(way[0])) / aspect)
    middle = 0.5 * figure.high[2]
    lift = max(0.0, figure.top() + 0.1 * half - (middle + half))
    overview = np.array([*figure.centre_of_mass()[:2], middle + lift])
    return _camera(figure, picture, overview, half, way)


def frame_above(figure: Figure, picture: Picture, way: Floats) -> Any:
    """A camera that follows a body over the floor, high enough to see what is around it."""
    aspect = picture.width / picture.height
    across, away = LIMBS * figure.reach + 0.5 * np.abs(way)
    half = max(ROOM_ABOVE * figure.reach, across / aspect, away)
    overview = np.array([*figure.centre_of_mass()[:2], 0.5 * figure.high[2]])
    return _camera(figure, picture, overview, half, way)


def _camera(
    figure: Figure, picture: Picture, overview: Floats, half: float, way: Floats
) -> Any:
    """Looks at `overview` with `half` a height, m; closer up, at the root."""
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    zoom = float(np.clip(picture.camera.zoom, 0.1, 20.0))
    root = figure.points()[0]
    centre = root + (overview - root) / max(zoom, 1.0)
    camera.lookat[:] = centre + np.array([*(0.5 * way), 0.0])
    camera.distance = half / np.tan(np.radians(figure.model.vis.global_.fovy / 2)) / zoom
    camera.azimuth = picture.camera.azimuth
    camera.elevation = float(np.clip(picture.camera.elevation, -89.0, 5.0))
    return camera


class Projection:
    """From metres in the world to pixels in the picture, as the scene's camera sees it."""

    def __init__(self, scene: Any, width: int, height: int) -> None:
        left, right = scene.camera[0], scene.camera[1]
        self.eye = (np.array(left.pos) + np.array(right.pos)) / 2
        self.forward, self.up = np.array(left.forward), np.array(left.up)
        self.right = np.cross(self.forward, self.up)
        self.size = np.array([width, height], dtype=np.float64)
        self.focal = left.frustum_near * height / (left.frustum_top - left.frustum_bottom)

    def scale(self, points: Floats) -> Floats:
        """Pixels per metre at the depth of points (..., 3)."""
        return np.asarray(self.focal / np.maximum((points - self.eye) @ self.forward, 1e-6))

    def pixels(self, points: Floats) -> Floats:
        """(..., 3) in m to (..., 2) in pixels from the top left; NaN behind the eye."""
        away = points - self.eye
        depth = away @ self.forward
        depth = np.where(depth > 1e-6, depth, np.nan)
        across = np.stack([away @ self.right, -(away @ self.up)], axis=-1)
        return np.asarray(self.size / 2 + self.focal * across / depth[..., None])
