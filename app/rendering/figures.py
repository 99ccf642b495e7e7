"""The task's body: its model in quiet colours, its tracked points, its ghosts."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from app.rendering.maze import add_maze
from app.rendering.model_files import model_file
from app.rendering.wire import Color, Look
from core.envs.poses import physics_layout, walks_on_ground
from core.envs.quiet import quiet_compiler
from core.tasks import Task

Floats = NDArray[np.float64]
FARTHEST = 1e4
"""Metres or radians; a pose beyond is as good as not finite."""
SHADE = 0.7
"""Of a floor that is seen from above. All lights together would make it 1.4 times as bright as
its texture: shadows, which are drawn in a pass of their own, then left it without its grid."""


def load_model(task: Task, look: Look) -> Any:
    """The task's MjModel with floor, sky, body and maze in the colours of `look`."""
    with quiet_compiler():
        spec = mujoco.MjSpec.from_file(str(model_file(task)))
        _paint(spec, look, SHADE if walks_on_ground(task) else 1.0)
        add_maze(spec, task, look)
        return spec.compile()


def _paint(spec: Any, look: Look, shade: float) -> None:
    for texture in list(spec.textures):
        spec.delete(texture)
    for material in list(spec.materials):
        spec.delete(material)
    sky, tiles = mujoco.mjtTexture.mjTEXTURE_SKYBOX, mujoco.mjtTexture.mjTEXTURE_2D
    flat = mujoco.mjtBuiltin.mjBUILTIN_FLAT
    background = list(look.background)
    spec.add_texture(
        name="sky", type=sky, builtin=flat, rgb1=background, rgb2=background, width=8, height=48
    )
    spec.add_texture(
        name="tiles", type=tiles, builtin=flat, rgb1=list(look.floor), rgb2=list(look.floor),
        mark=mujoco.mjtMark.mjMARK_EDGE, markrgb=list(look.grid), width=64, height=64,
    )  # fmt: skip
    material = spec.add_material(name="floor", texuniform=True, texrepeat=[2, 2])
    material.emission = 0.2
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    spec.add_material(name="body", specular=0.15, shininess=0.3, rgba=[*look.body, 1])
    for geom in spec.geoms:
        plane = geom.type == mujoco.mjtGeom.mjGEOM_PLANE
        geom.material = "floor" if plane else "body"
        geom.rgba = [*[shade] * 3, 1] if plane else [*look.body, 1]
    for light in spec.lights:
        light.ambient, light.diffuse, light.specular = [0.0] * 3, [0.3] * 3, [0.0] * 3
    spec.visual.headlight.ambient = [0.5] * 3
    spec.visual.headlight.diffuse = [0.55] * 3
    spec.visual.headlight.specular = [0.1] * 3
    spec.visual.rgba.fog = [*look.background, 1]
    spec.stat.extent = 1.0
    spec.visual.map.znear = 0.02
    spec.visual.quality.shadowsize = 1024
    spec.visual.global_.fovy = 28


class Figure:
    """Poses one body over and over: forward kinematics, nothing else."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.layout = physics_layout(model)
        self.data = mujoco.MjData(model)
        self.tracked = _tracked_bodies(model)
        capsule = model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE
        sphere = model.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE
        self.round_parts = np.flatnonzero((model.geom_bodyid > 0) & (capsule | sphere))
        self.is_capsule = capsule[self.round_parts]
        mujoco.mj_kinematics(model, self.data)
        self.moving = model.geom_bodyid > 0
        reach = model.geom_rbound[self.moving, None]
        self.low: Floats = (self.data.geom_xpos[self.moving] - reach).min(axis=0)
        self.high: Floats = (self.data.geom_xpos[self.moving] + reach).max(axis=0)
        centre = self.centre_of_mass()[0]
        self.reach = float(max(self.high[0] - centre, centre - self.low[0]))
        """How far the body extends along x from its centre of mass, at most, m."""

    def pose(self, qpos: Floats) -> bool:
        """Puts the body there; False, and nothing moved, where the pose is not finite."""
        if qpos.shape != (self.model.nq,) or not np.all(np.abs(qpos) < FARTHEST):
            return False
        self.data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self.data)
        return True

    def points(self) -> Floats:
        """Where the tracked bodies' centres of mass are now, (points, 3), m."""
        return np.array(self.data.xipos[self.tracked])

    def top(self) -> float:
        """The highest point of the body as posed, m; a bound, exact for an upright limb."""
        heights = self.data.geom_xpos[self.moving, 2] + self.model.geom_rbound[self.moving]
        return float(heights.max())

    def centre_of_mass(self) -> Floats:
        """Of the whole body as posed, (3,), m: it moves more calmly than any part."""
        mass = self.model.body_mass[1:, None]
        return np.asarray((mass * self.data.xipos[1:]).sum(axis=0) / mass.sum())

    def paths(self, qpos: Floats) -> Floats:
        """Tracked points (points, m, H+1, 3) of poses (m, H+1, nq); NaN where not finite."""
        particles, states = qpos.shape[:2]
        found = np.full((particles, states, len(self.tracked), 3), np.nan)
        for m in range(particles):
            for j in range(states):
                if not self.pose(qpos[m, j]):
                    break
                found[m, j] = self.data.xipos[self.tracked]
        return np.moveaxis(found, 2, 0)

    def capsules(self) -> tuple[Floats, Floats]:
        """The round parts of the body as posed: ends (parts, 2, 3) and radii (parts,), m."""
        model, data, parts = self.model, self.data, self.round_parts
        axis = data.geom_xmat[parts].reshape(-1, 3, 3)[:, :, 2]
        half = axis * np.where(self.is_capsule, model.geom_size[parts, 1], 0.0)[:, None]
        centre = data.geom_xpos[parts]
        return np.stack([centre - half, centre + half], axis=1), model.geom_size[parts, 0]

    def add_ghost(self, scene: Any, color: Color, opacity: float) -> None:
        """Adds the body as posed, translucent, to what `scene` already shows."""
        before = scene.ngeom
        mujoco.mjv_addGeoms(
            self.model, self.data, mujoco.MjvOption(), mujoco.MjvPerturb(),
            mujoco.mjtCatBit.mjCAT_DYNAMIC.value, scene,
        )  # fmt: skip
        for geom in scene.geoms[before : scene.ngeom]:
            geom.matid = -1
            geom.rgba = np.array([*color, opacity], dtype=np.float32)


def _tracked_bodies(model: Any) -> list[int]:
    """The root body and the ends of its limbs."""
    parents = set(model.body_parentid[1:].tolist())
    root = 1
    return [root] + [body for body in range(root + 1, model.nbody) if body not in parents]
