"""The ant's walker: the same however the world is turned; a planner that finds the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.errors import InputError
from core.pretraining.walker.canonical_frame import Floats, observe, to_environment, uprightness
from core.pretraining.walker.planner import (
    DETOUR,
    ESCAPE,
    STUCK_AFTER,
    Planner,
    cell_of,
    free_cells,
    ways_to,
)
from core.pretraining.walker.walker import SHIPPED, read_walker
from core.tasks import TASKS

MAZES = [task.maze for task in TASKS.values() if task.maze is not None]
LARGE = MAZES[-1]


def ants(count: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Upright ants that face anywhere, in any posture and motion."""
    draws = np.random.default_rng(seed)
    qpos, qvel = draws.uniform(-0.5, 0.5, (count, 15)), draws.normal(size=(count, 14))
    yaw = draws.uniform(-np.pi, np.pi, count)
    tilt = draws.uniform(-0.05, 0.05, (count, 2))
    quaternion = np.stack([np.cos(yaw / 2), tilt[:, 0], tilt[:, 1], np.sin(yaw / 2)], axis=1)
    qpos[:, 3:7] = quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True)
    return qpos, qvel


def turned_world(qpos: Floats, qvel: Floats, angle: float) -> tuple[Floats, Floats]:
    """The same ants in a world turned about z."""
    qpos, qvel = qpos.copy(), qvel.copy()
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    qpos[:, :2], qvel[:, :2] = qpos[:, :2] @ turn.T, qvel[:, :2] @ turn.T
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    w, x, y, z = qpos[:, 3:7].T
    qpos[:, 3:7] = np.stack(
        [c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w], axis=1
    )
    return qpos, qvel


def turned_body(qpos: Floats, qvel: Floats) -> tuple[Floats, Floats]:
    """The body's frame turned a quarter about its z axis, its legs numbered anew: the very same
    ant, since it looks the same after a quarter turn."""
    qpos, qvel = qpos.copy(), qvel.copy()
    half = np.sqrt(0.5)
    w, x, y, z = qpos[:, 3:7].T
    qpos[:, 3:7] = half * np.stack([w - z, x + y, y - x, z + w], axis=1)
    qvel[:, 3:6] = np.stack([qvel[:, 4], -qvel[:, 3], qvel[:, 5]], axis=1)
    sign = np.array([1.0, -1.0, -1.0, 1.0])
    for joints in (qpos[:, 7:], qvel[:, 6:]):
        joints[:, 0::2] = np.roll(joints[:, 0::2], -1, axis=1)
        joints[:, 1::2] = np.roll(joints[:, 1::2] * sign, -1, axis=1) * sign
    return qpos, qvel


def test_the_frame_does_not_see_how_the_world_is_turned() -> None:
    qpos, qvel = ants(50)
    heading = np.linspace(-3, 3, 50)
    seen, turns = observe(qpos, qvel, heading)
    for angle in (0.7, 2.0, -1.3):
        again, other = observe(*turned_world(qpos, qvel, angle), heading + angle)
        np.testing.assert_allclose(again, seen, atol=1e-9)
        assert (other == turns).all()


def test_the_frame_does_not_see_which_leg_is_called_the_first() -> None:
    qpos, qvel = ants(50)
    heading = np.linspace(-3, 3, 50)
    seen, turns = observe(qpos, qvel, heading)
    again, other = observe(*turned_body(qpos, qvel), heading)
    np.testing.assert_allclose(again, seen, atol=1e-9)
    assert ((turns - other) % 4 == 1).all()


def test_the_body_faces_the_heading_within_45_degrees() -> None:
    qpos, qvel = ants(200)
    seen, _ = observe(qpos, qvel, np.linspace(-3, 3, 200))
    facing = np.arctan2(seen[:, 2], seen[:, 1])
    assert (np.abs(facing) <= np.pi / 4 + 0.05).all()


def test_actions_reach_the_actuators_of_the_legs_they_are_for() -> None:
    """Actuators are ordered hip and ankle of leg 4, 1, 2, 3; joints of leg 1, 2, 3, 4."""
    slots = np.arange(8.0)[None].repeat(4, axis=0)
    ordered = to_environment(slots, np.arange(4))
    assert ordered[0].tolist() == [3, 7, 0, 4, 1, -5, 2, -6]
    for turns in range(4):
        assert ordered[turns, 0::2].tolist() == [(leg - turns) % 4 for leg in (3, 0, 1, 2)]
        assert sorted(np.abs(ordered[turns])) == list(range(8))


def test_an_ant_on_its_back_is_told_from_an_upright_one() -> None:
    qpos, _ = ants(2)
    qpos[:, 3:7] = [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert uprightness(qpos).tolist() == [1.0, -1.0]


def test_the_walkers_actions_are_in_range_and_turn_with_the_world() -> None:
    walker = read_walker()
    qpos, qvel = ants(50)
    heading = np.linspace(-3, 3, 50)
    actions = walker.act(qpos, qvel, heading)
    assert actions.shape == (50, 8)
    assert (np.abs(actions) <= 1.0).all()
    turned = walker.act(*turned_world(qpos, qvel, 1.0), heading + 1.0)
    np.testing.assert_allclose(turned, actions, atol=1e-7)


BROKEN = {
    "another shape": {"hidden0.weight": np.zeros((128, 30), np.float32)},
    "not a number": {"mean_action.bias": np.full(8, np.nan, np.float32)},
    "no spread": {"observation_std": np.zeros(29)},
    "one more": {"surprise": np.zeros(3)},
}


@pytest.mark.parametrize("case", BROKEN)
def test_other_weights_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    save_file(load_file(SHIPPED) | BROKEN[case], tmp_path / "walker.safetensors")
    with pytest.raises(InputError) as caught:
        read_walker(tmp_path / "walker.safetensors")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_safetensors_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "walker.safetensors"
    for content in (b"", b"\xff" * 100, bytes(2**21)):
        path.write_bytes(content)
        with pytest.raises(InputError):
            read_walker(path)


@pytest.mark.parametrize("maze", MAZES, ids=lambda maze: str(len(maze.rows[0])))
def test_every_cell_knows_a_shortest_way_to_the_goal(maze: object) -> None:
    assert isinstance(maze, type(LARGE))
    ways = ways_to(maze, maze.goal)
    assert set(ways) == set(free_cells(maze))
    for cell in free_cells(maze):
        assert cell_of(maze, *maze.centre(*cell)) == cell
        seen = [cell]
        while seen[-1] != maze.goal:
            (row, column), (down, right) = seen[-1], ways[seen[-1]]
            assert abs(row - down) + abs(column - right) == 1
            seen.append((down, right))
        assert len(set(seen)) == len(seen)


def test_whoever_follows_the_headings_arrives() -> None:
    draws = np.random.default_rng(3)
    planner = Planner(LARGE, draws)
    position, goal = np.array(LARGE.centre(*LARGE.start)), np.array(LARGE.centre(*LARGE.goal))
    planner.aim(position, goal)
    for _ in range(600):
        heading = planner.heading(position)
        position = position + 0.15 * np.array([np.cos(heading), np.sin(heading)])
        row, column = cell_of(LARGE, *position)
        assert LARGE.rows[row][column] != "#"
        if np.linalg.norm(position - goal) < 0.45:
            return
    raise AssertionError(position)


def test_who_is_stuck_walks_another_way_for_a_while() -> None:
    planner = Planner(LARGE, np.random.default_rng(0))
    position = np.array(LARGE.centre(*LARGE.start))
    planner.aim(position, np.array(LARGE.centre(*LARGE.goal)))
    headings = [planner.heading(position) for _ in range(STUCK_AFTER + ESCAPE + 1)]
    assert len(set(headings[:STUCK_AFTER])) == 1
    escape = set(headings[STUCK_AFTER : STUCK_AFTER + ESCAPE])
    assert len(escape) == 1
    assert escape != {headings[0]}
    assert headings[-1] == headings[0]


def test_detours_leave_the_way_for_a_while_and_come_back_to_it() -> None:
    planner = Planner(LARGE, np.random.default_rng(0), detours=0.01)
    goal = np.array(LARGE.centre(*LARGE.goal))
    position = np.array(LARGE.centre(*LARGE.start))
    planner.aim(position, goal)
    astray = []
    for _ in range(2000):
        heading = planner.heading(position)
        ahead = position + 0.15 * np.array([np.cos(heading), np.sin(heading)])
        row, column = cell_of(LARGE, *ahead)
        free = LARGE.rows[row][column] != "#"
        astray.append(not free)
        position = ahead if free else position
        if np.linalg.norm(position - goal) < 0.45:
            break
    assert np.linalg.norm(position - goal) < 0.45
    assert sum(astray) > DETOUR // 2
