"""Draws a picture: the real body, its ghosts, and where the fans' paths run on the screen."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from app.rendering.eye import (
    FARTHEST_AHEAD,
    Projection,
    ahead,
    frame_above,
    frame_side,
)
from app.rendering.figures import Figure, load_model
from app.rendering.frame_file import Pixels
from app.rendering.landmarks import landmarks
from app.rendering.wire import Drawn, Ghost, Picture, WireError
from core.checkpoints.task_facts import parse_task
from core.envs.poses import poses, walks_on_ground

Floats = NDArray[np.float64]
MOST_GEOMS = 4000
SAMPLES_STILL = 4
FOG = (1.0, 2.5)
"""From where to where the floor fades away, in the camera's distances when the body goes
farthest: never the body."""


class Stage:
    """One task in one look and preset, ready to draw."""

    def __init__(self, picture: Picture) -> None:
        self.key = stage_key(picture)
        self.task = parse_task(picture.task, "the picture")
        self.from_above = walks_on_ground(self.task)
        model = load_model(self.task, picture.look)
        model.vis.global_.offwidth, model.vis.global_.offheight = picture.width, picture.height
        quality = model.vis.quality
        quality.offsamples = SAMPLES_STILL if picture.still else 0
        quality.numslices, quality.numstacks = (28, 16) if picture.still else (16, 8)
        self.figure, self.ghost = Figure(model), Figure(model)
        places = landmarks(self.task).values()
        self.landmarks = np.array([(x, y, 0.0) for x, y in places]).reshape(-1, 3)
        self.scene = mujoco.MjvScene(model, MOST_GEOMS)
        for flag, on in (
            (mujoco.mjtRndFlag.mjRND_SHADOW, picture.still),
            (mujoco.mjtRndFlag.mjRND_REFLECTION, False),
            (mujoco.mjtRndFlag.mjRND_HAZE, False),
        ):
            self.scene.flags[flag] = on
        farthest = np.array([FARTHEST_AHEAD, 0.0])
        whole = replace(picture, camera=replace(picture.camera, zoom=1.0))
        self.clear_to = frame_side(self.figure, whole, farthest).distance
        # The fog's distances are read when the context is made, and never again.
        model.vis.map.fogstart, model.vis.map.fogend = (
            self.clear_to * n / model.stat.extent for n in FOG
        )
        self.context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)

    def close(self) -> None:
        """Gives the GL objects back."""
        self.context.free()

    def draw(self, picture: Picture, out: Pixels, slot: int) -> Drawn:
        """Fills `out` (height, width, 3) and says where things are in it."""
        started = time.perf_counter()
        qpos = self._real_pose(picture)
        root = qpos[: self.task.missing_root]
        if picture.fans and not self.task.has_pose:
            raise WireError(f"imagined states of {self.task.name} have no pose")
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
            landmarks=eye.pixels(self.landmarks),
            outlines=outlines,
        )

    def _real_pose(self, picture: Picture) -> Floats:
        layout, given = self.figure.layout, picture.physics_state.size
        # Some tasks append what their simulator derived: see core/envs/physics.py.
        if given == layout.size or (given > layout.size and self.task.derived_quantities):
            return np.asarray(picture.physics_state[layout.qpos], dtype=np.float64)
        if given:
            raise WireError(f"a physics state of {given} numbers, not {layout.size}")
        qpos: Floats = poses(self.task, picture.state[None], picture.root)[0]
        return qpos

    def _arrange(self, picture: Picture, qpos: Floats, futures: list[Floats]) -> Projection:
        model, data = self.figure.model, self.figure.data
        mujoco.mj_camlight(model, data)
        frame, axes = (frame_above, 2) if self.from_above else (frame_side, 1)
        camera = frame(self.figure, picture, ahead(qpos, futures, axes))
        fog = not self.from_above and camera.distance <= self.clear_to
        self.scene.flags[mujoco.mjtRndFlag.mjRND_FOG] = fog
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
