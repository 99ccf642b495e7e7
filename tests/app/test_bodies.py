"""Every task's body in 3D: found, posed, walled in and framed. MuJoCo alone, no OpenGL."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from app.rendering.eye import ahead, frame_above, frame_side
from app.rendering.figures import Figure, load_model
from app.rendering.landmarks import landmarks
from app.rendering.maze import WALL_HEIGHT, wall_blocks
from app.rendering.model_files import model_file
from app.rendering.wire import Camera, Look, Picture
from app.theme import LIGHT
from app.views.scene_camera import ABOVE, SIDE_VIEW, home_view
from app.views.scene_picture import look
from core.envs.make import make
from core.envs.mujoco import Environment
from core.envs.poses import poses
from core.tasks import TASKS, Goal, Maze, Task

ROOT = Path(__file__).resolve().parents[2]
LOOK: Look = look(LIGHT)
OTHERS = (
    "Ant-v4", "Ant-v5", "Hopper-v4", "Humanoid-v5", "HumanoidStandup-v5", "Pusher-v5",
    "InvertedDoublePendulum-v5", "InvertedPendulum-v5", "Reacher-v5", "Swimmer-v5",
    "Walker2d-v4",
)  # fmt: skip


def other(environment_id: str) -> Task:
    """A task that no registry knows."""
    return dataclasses.replace(
        TASKS["hopper"], name="own", environment_id=environment_id, bounds=()
    )


def walls(rows: tuple[str, ...], cell: float = 4.0) -> list[tuple[float, ...]]:
    """Blocks of a maze, rounded."""
    blocks = wall_blocks(Maze(rows=rows, cell=cell))
    return sorted(tuple(round(number, 6) for number in block) for block in blocks)


@pytest.mark.parametrize("name", TASKS)
def test_the_drawn_body_has_the_coordinates_of_the_simulated_one(name: str) -> None:
    environment = Environment(TASKS[name])
    drawn, real = Figure(load_model(TASKS[name], LOOK)), environment.model
    state = environment.reset(1)
    assert (drawn.model.nq, drawn.model.nv) == (real.nq, real.nv)
    assert drawn.layout.size == environment.save().size
    start = environment.data.qpos[: TASKS[name].missing_root]
    assert drawn.pose(poses(TASKS[name], state[None], start)[0])
    mujoco.mj_kinematics(real, environment.data)
    bodies = [real.body(i).name for i in range(1, real.nbody)]
    assert [drawn.model.body(i).name for i in range(1, real.nbody)] == bodies
    assert np.allclose(drawn.data.xpos[1:], environment.data.xpos[1:], atol=1e-9)
    environment.close()


@pytest.mark.parametrize("environment_id", OTHERS)
def test_the_model_of_any_mujoco_environment_is_found_by_its_id(environment_id: str) -> None:
    task = other(environment_id)
    drawn = mujoco.MjModel.from_xml_path(str(model_file(task)))
    environment = make(task)
    assert (drawn.nq, drawn.nv, drawn.nu) == (
        environment.model.nq, environment.model.nv, environment.model.nu
    )  # fmt: skip
    environment.close()
    load_model(task, LOOK)


def test_an_environment_that_nobody_registered_has_no_model() -> None:
    with pytest.raises(Exception, match="no environment"):
        model_file(other("Nothing-v5"))


def test_finding_a_model_imports_no_gymnasium() -> None:
    program = (
        "import sys; from app.rendering.model_files import model_file;"
        "from core.tasks import TASKS;"
        "print(*(model_file(task).name for task in TASKS.values()), 'gymnasium' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [
        "hopper.xml", "half_cheetah.xml", "walker2d_v5.xml", *["ant.xml"] * 3, "False"
    ]  # fmt: skip


def test_walls_join_to_few_blocks_that_cover_the_wall_cells_and_no_other() -> None:
    assert walls(("###", "# #", "###"), 2.0) == [
        (-2, 0, 1, 1), (0, -2, 3, 1), (0, 2, 3, 1), (2, 0, 1, 1)
    ]  # fmt: skip
    assert walls(("##", "##")) == [(0, 0, 4, 4)]
    assert walls(("   ",)) == []
    for name, task in TASKS.items():
        if task.maze is not None:
            blocks = wall_blocks(task.maze)
            cells = "".join(task.maze.rows).count("#")
            assert sum(4 * x * y for *_, x, y in blocks) == cells * task.maze.cell**2, name
            assert len(blocks) < cells / 2


@pytest.mark.parametrize("name", ["antmaze-umaze", "antmaze-large"])
def test_drawn_walls_stand_where_the_simulated_ones_do_and_are_low(name: str) -> None:
    drawn = load_model(TASKS[name], LOOK)
    environment = Environment(TASKS[name])
    real = environment.model
    places = real.geom_pos[
        (real.geom_bodyid == 0) & (real.geom_type == mujoco.mjtGeom.mjGEOM_BOX)
    ]
    boxes = np.flatnonzero(drawn.geom_type == mujoco.mjtGeom.mjGEOM_BOX)
    for x, y, _ in places:
        inside = np.abs(drawn.geom_pos[boxes, :2] - (x, y)) < drawn.geom_size[boxes, :2]
        assert inside.all(axis=1).sum() == 1
    tops = drawn.geom_pos[boxes, 2] + drawn.geom_size[boxes, 2]
    assert np.allclose(tops, WALL_HEIGHT)
    assert np.all(drawn.geom_bodyid[boxes] == 0)
    environment.close()


def test_a_maze_names_start_and_goal_and_a_plain_body_nothing() -> None:
    assert landmarks(TASKS["antmaze-umaze"]) == {"start": (-4.0, 4.0), "goal": (-4.0, -4.0)}
    assert landmarks(TASKS["hopper"]) == {}
    assert landmarks(dataclasses.replace(TASKS["hopper"], goal=Goal(x=1, y=2))) == {
        "goal": (1, 2)
    }


def test_bodies_on_the_ground_are_seen_from_above_and_planar_ones_from_the_side() -> None:
    assert {name: home_view(task) for name, task in TASKS.items()} == {
        name: ABOVE if name.startswith("antmaze") else SIDE_VIEW for name in TASKS
    }
    swimmer = dataclasses.replace(other("Swimmer-v5"), state_size=8, missing_root=2)
    assert home_view(swimmer) == ABOVE


@pytest.mark.parametrize("name", ["hopper", "walker2d", "halfcheetah", "antmaze-large"])
@pytest.mark.parametrize("size", [(333, 368), (900, 300)])
def test_the_whole_body_and_its_way_are_in_the_picture(
    name: str, size: tuple[int, int]
) -> None:
    task, figure = TASKS[name], Figure(load_model(TASKS[name], LOOK))
    above = home_view(task) is ABOVE
    qpos = figure.data.qpos.copy()
    qpos[0] = 7.5
    assert figure.pose(qpos)
    way = np.array([0.4, 0.3 if above else 0.0])
    frame = frame_above if above else frame_side
    camera = frame(figure, _picture(size, home_view(task)), way)
    half = camera.distance * np.tan(np.radians(figure.model.vis.global_.fovy / 2))
    aspect = size[0] / size[1]
    ends = figure.data.geom_xpos[figure.moving]
    reach = figure.model.geom_rbound[figure.moving]
    for shift in (0.0, way[0]):
        away = np.abs(ends[:, 0] + shift - camera.lookat[0]) + 0.5 * reach
        assert away.max() < half * aspect


def test_the_way_ahead_is_in_the_plane_the_body_moves_in() -> None:
    start = np.zeros(15)
    future = np.zeros((4, 6, 15))
    future[:, -1, :2] = 0.6, -9.0
    assert ahead(start, [future], 2).tolist() == [0.6, -2.0]
    assert ahead(start, [future], 1).tolist() == [0.6, 0.0]
    assert ahead(start, [np.full((1, 2, 15), np.nan)], 2).tolist() == [0.0, 0.0]


def test_a_quaternion_of_any_length_is_posed_as_the_rotation_it_means() -> None:
    figure = Figure(load_model(TASKS["antmaze-umaze"], LOOK))
    upright = figure.data.qpos.copy()
    places: list[NDArray[Any]] = []
    for length in (1.0, 0.2, 30.0):
        upright[3:7] = length * np.array([0.5, 0.5, -0.5, 0.5])
        assert figure.pose(upright)
        places.append(figure.data.xpos.copy())
    assert np.allclose(places[1], places[0], atol=1e-12)
    assert np.allclose(places[2], places[0], atol=1e-12)


def _picture(size: tuple[int, int], camera: Camera) -> Picture:
    return Picture(
        number=0, task="", width=size[0], height=size[1], still=False, look=LOOK,
        camera=camera, state=np.empty(0), root=np.empty(0), physics_state=np.empty(0),
    )  # fmt: skip
