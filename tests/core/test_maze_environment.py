"""AntMaze as an environment: one fixed goal, an episode that ends there and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from core.envs.mujoco import Environment
from core.tasks import TASKS, Goal, Maze

Floats = NDArray[np.float64]
NAMES = ("antmaze-umaze", "antmaze-medium", "antmaze-large")
SETTLE = 40
"""Environment steps after which an ant that was put down lies still."""


@pytest.fixture(scope="module", params=NAMES)
def maze(request: pytest.FixtureRequest) -> Iterator[Environment]:
    made = Environment(TASKS[request.param])
    yield made
    made.close()


def parts(environment: Environment) -> tuple[Goal, Maze, Floats]:
    """The goal, the maze and no torque at all."""
    task = environment.task
    assert task.goal is not None
    assert task.maze is not None
    return task.goal, task.maze, np.zeros(task.action_size)


def put(environment: Environment, x: float, y: float, *, vx: float = 0.0) -> None:
    """Teleport the ant as it is."""
    environment.data.qpos[:2] = x, y
    environment.data.qvel[:] = 0.0
    environment.data.qvel[0] = vx
    environment.restore(environment.save(), environment.elapsed)


def test_every_seed_starts_in_the_start_cell_and_the_goal_stands_still(
    maze: Environment,
) -> None:
    goal, walls, still = parts(maze)
    starts = []
    for seed in range(20):
        starts.append(maze.reset(seed)[:2] - walls.centre(*walls.start))
        put(maze, goal.x + 0.99 * goal.radius, goal.y)
        assert maze.apply(still).terminated
    away = np.abs(starts)
    assert 0.5 < away.max() <= 1.0
    assert len({tuple(start) for start in starts}) == 20


def test_the_far_pairs_are_those_of_the_published_mazes(maze: Environment) -> None:
    goal, walls, _ = parts(maze)
    far = {
        "antmaze-umaze": ((-4, 4), (-4, -4)),
        "antmaze-medium": ((-10, 10), (10, -10)),
        "antmaze-large": ((-18, 12), (14, -12)),
    }
    assert (walls.centre(*walls.start), (goal.x, goal.y)) == far[maze.task.name]


def test_an_ant_that_slides_into_the_goal_is_paid_once_and_the_episode_ends(
    maze: Environment,
) -> None:
    goal, _, still = parts(maze)
    maze.reset(0)
    put(maze, goal.x - 0.7, goal.y, vx=2.5)
    rewards = []
    for _ in range(SETTLE):
        transition = maze.apply(still)
        away = np.hypot(*(transition.next_state[:2] - (goal.x, goal.y)))
        assert transition.terminated is bool(away <= goal.radius)
        rewards.append(transition.reward)
        if transition.terminated:
            break
    assert transition.terminated
    assert not transition.truncated
    assert rewards == [0.0] * (len(rewards) - 1) + [1.0]
    assert len(rewards) > 1


def test_an_ant_beside_the_goal_is_not_paid(maze: Environment) -> None:
    goal, _, still = parts(maze)
    maze.reset(0)
    put(maze, goal.x + 1.2 * goal.radius, goal.y)
    transition = maze.apply(still)
    assert (transition.reward, transition.terminated) == (0.0, False)


def test_a_fall_never_ends_an_episode(maze: Environment) -> None:
    maze.reset(0)
    maze.data.qpos[2] = 0.6
    maze.data.qpos[3:7] = 0.0, 1.0, 0.0, 0.0
    maze.restore(maze.save(), 0)
    draw = np.random.default_rng(0)
    for _ in range(SETTLE):
        transition = maze.apply(draw.uniform(-1, 1, maze.task.action_size))
        assert (transition.reward, transition.terminated, transition.truncated) == (0, 0, 0)
    assert abs(transition.next_state[3]) < 0.8


def test_a_goal_on_the_last_step_is_a_success_and_not_a_time_limit(maze: Environment) -> None:
    goal, _, still = parts(maze)
    maze.reset(0)
    put(maze, goal.x, goal.y)
    maze.restore(maze.save(), maze.task.episode_limit - 1)
    last = maze.apply(still)
    assert (last.terminated, last.truncated, last.reward) == (True, False, 1.0)


def test_walls_are_where_the_task_says(maze: Environment) -> None:
    _, walls, _ = parts(maze)
    model = maze.model
    boxes = {
        (float(x), float(y))
        for (x, y, _), size, body in zip(
            model.geom_pos, model.geom_size, model.geom_bodyid, strict=True
        )
        if body == 0 and np.allclose(size[:2], walls.cell / 2)
    }
    cells = [
        (r, c) for r, row in enumerate(walls.rows) for c, mark in enumerate(row) if mark == "#"
    ]
    assert boxes == {walls.centre(row, column) for row, column in cells}
