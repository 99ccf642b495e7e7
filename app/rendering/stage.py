"""Draws a picture: the real body, its ghosts, and where the fans' paths run on the screen."""

from __future__ import annotations

import time
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from app.rendering.figures import Figure, load_model
from app.rendering.frame_file import Pixels
from app.rendering.wire import Drawn, Ghost, Picture, WireError
from core.envs.poses import poses
from core.tasks import find_task

Floats = NDArray[np.float64]
MOST_GEOMS = 2000
SAMPLES_STILL = 4


class Stage:
    """One task in one look and preset, ready to draw."""

    def __init__(self, picture: Picture) -> None:
        self.key = stage_key(picture)
        self.task = find_task(picture.task)
        model = load_model(self.task, picture.look)
        model.vis.global_.offwidth, model.vis.global_.offheight = picture.width, picture.height
        quality = model.vis.quality
        quality.offsamples = SAMPLES_STILL if picture.still else 0
        quality.numslices, quality.numstacks = (28, 16) if picture.still else (16, 8)
        self.figure, self.ghost = Figure(model), Figure(model)
        self.scene = mujoco.MjvScene(model, MOST_GEOMS)
        for flag, on in (
            (mujoco.mjtRndFlag.mjRND_SHADOW, picture.still),
            (mujoco.mjtRndFlag.mjRND_REFLECTION, False),
            (mujoco.mjtRndFlag.mjRND_FOG, True),
            (mujoco.mjtRndFlag.mjRND_HAZE, False),
        ):
            self.scene.flags[flag] = on
        self.context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)

    def close(self) -> None:
        """Gives the GL objects back."""
        self.context.free()

    def draw(self, picture: Picture, out: Pixels, slot: int) -> Drawn:
        """Fills `out` (height, width, 3) and says where things are in it."""
        started = time.perf_counter()
        qpos = self._real_pose(picture)
        root = qpos[: self.task.missing_root]
        if not self.figure.pose(qpos):
            raise WireError("the state at t is not finite")
        futures = [poses(self.task, fan.states, root) for fan in picture.fans]
        eye = self._arrange(picture, qpos, futures)
        outlines = tuple(self._ghost(ghost, futures, eye) for ghost in picture.ghosts)
        if self.scene.status:
            raise WireError(f"more than {MOST_GEOMS} shapes in one scene")
        self._read(picture, out)
        body = self.figure.points()
        paths = tuple(eye.pixels(self.ghost.paths(future)) for future in futures)
        return Drawn(
            number=picture.number,
            slot=slot,
            width=picture.width,
            height=picture.height,
            milliseconds=1e3 * (time.perf_counter() - started),
            pixels_per_metre=float(eye.scale(body[0])),
            root=root,
            body=eye.pixels(body),
            paths=paths,
            outlines=outlines,
        )

    def _real_pose(self, picture: Picture) -> Floats:
        layout = self.figure.layout
        if picture.physics_state.size == layout.size:
            return np.asarray(picture.physics_state[layout.qpos], dtype=np.float64)
        if picture.physics_state.size:
            raise WireError(
                f"a physics state of {picture.physics_state.size} numbers, not {layout.size}"
            )
        qpos: Floats = poses(self.task, picture.state[None], picture.root)[0]
        return qpos

    def _arrange(self, picture: Picture, qpos: Floats, futures: list[Floats]) -> Projection:
        model, data = self.figure.model, self.figure.data
        mujoco.mj_camlight(model, data)
        camera = frame_body(self.figure, picture, ahead(qpos, futures))
        everything = mujoco.mjtCatBit.mjCAT_ALL.value
        mujoco.mjv_updateScene(
            model, data, mujoco.MjvOption(), None, camera, everything, self.scene
        )
        return Projection(self.scene, picture.width, picture.height)

    def _ghost(self, ghost: Ghost, futures: list[Floats], eye: Projection) -> Floats:
        """Adds the ghost to the scene; its outline (parts, 5) in pixels."""
        future = futures[ghost.fan][:, ghost.j]
        pose = future.mean(axis=0) if ghost.particle < 0 else future[ghost.particle]
        if not self.ghost.pose(pose):
            return np.empty((0, 5))
        if ghost.opacity > 0:
            self.ghost.add_ghost(self.scene, ghost.color, ghost.opacity)
        ends, radii = self.ghost.capsules()
        flat = eye.pixels(ends).reshape(-1, 4)
        return np.column_stack([flat, radii * eye.scale(ends.mean(axis=1))])

    def _read(self, picture: Picture, out: Pixels) -> None:
        if (self.context.offWidth, self.context.offHeight) != (picture.width, picture.height):
            mujoco.mjr_resizeOffscreen(picture.width, picture.height, self.context)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self.context)
        area = mujoco.MjrRect(0, 0, picture.width, picture.height)
        mujoco.mjr_render(area, self.scene, self.context)
        upside_down = np.empty_like(out)
        mujoco.mjr_readPixels(upside_down, None, area, self.context)
        out[:] = upside_down[::-1]


def stage_key(picture: Picture) -> tuple[Any, ...]:
    """Pictures with the same key can be drawn on the same stage."""
    return picture.task, picture.look, picture.still


def ahead(qpos: Floats, futures: list[Floats]) -> float:
    """How far the imagined bodies get along x, in m: the mean end of the first fan."""
    ends = [future[:, -1, 0] for future in futures if future.size]
    if not ends or not np.all(np.isfinite(ends[0])):
        return 0.0
    return float(np.clip(ends[0].mean() - qpos[0], -2.0, 2.0))


def frame_body(figure: Figure, picture: Picture, ahead_x: float) -> Any:
    """A camera that follows the body: from afar along the floor, and up for a high hop only."""
    size = figure.high - figure.low
    half = 0.54 * max(size[2], 0.8 * size[0])
    aspect = picture.width / picture.height
    half = max(half, (0.5 * size[0] + abs(ahead_x)) / aspect)
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    zoom = float(np.clip(picture.camera.zoom, 0.2, 20.0))
    root = figure.points()[0]
    middle = 0.5 * figure.high[2]
    lift = max(0.0, figure.top() + 0.1 * half - (middle + half))
    overview = np.array([*figure.centre_of_mass()[:2], middle + lift])
    centre = root + (overview - root) / max(zoom, 1.0)
    camera.lookat[:] = centre + np.array([0.5 * ahead_x, 0.0, 0.0])
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
