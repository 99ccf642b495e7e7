"""What the critic thinks of every place in a maze: V(x, y) = min Q(s, pi(s)) on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.envs.mujoco import Vector
from core.models.interfaces import Critic, Policy
from core.tasks import Maze, Task
from core.tasks.task import SQUARES

Field = NDArray[np.float32]


def value_field(
    task: Task, policy: Policy, critic: Critic, state: Vector, *, critic_reward_scale: float
) -> Field:
    """Q(s, pi(s)) / critic_reward_scale in reward units, (R, C); (0, 0) without a maze.

    s is the state (S,) with x and y, its first two numbers, moved to the middle of each square:
    rows from the largest y down, columns from the smallest x up. NaN in walls.
    """
    if task.maze is None:
        return np.zeros((0, 0), np.float32)
    free = free_squares(task.maze)
    states = np.repeat(np.asarray(state, np.float32)[None], int(free.sum()), axis=0)
    states[:, :2] = square_centres(task.maze)[free]
    values = np.full(free.shape, np.nan, np.float32)
    with torch.inference_mode():
        rows = torch.from_numpy(states)
        values[free] = critic(rows, policy(rows)).numpy() / critic_reward_scale
    return values


def density_field(task: Task, density: Sequence[Sequence[float]]) -> Field:
    """A checkpoint's data density as (R, C); (0, 0) where none of that size was stored."""
    field = np.array(density, np.float32)
    if task.maze is None or field.shape != task.maze.squares:
        return np.zeros((0, 0), np.float32)
    return field


def free_squares(maze: Maze) -> NDArray[np.bool_]:
    """(R, C): whether a square is no wall."""
    cells = np.array([[cell != "#" for cell in row] for row in maze.rows])
    return cells.repeat(SQUARES, axis=0).repeat(SQUARES, axis=1)


def square_centres(maze: Maze) -> NDArray[np.float64]:
    """(R, C, 2): x and y of the middle of each square, m."""
    rows, columns = maze.squares
    edge = maze.cell / SQUARES
    x = (np.arange(columns) + 0.5 - columns / 2) * edge
    y = (rows / 2 - 0.5 - np.arange(rows)) * edge
    return np.stack(np.meshgrid(x, y), axis=-1)
