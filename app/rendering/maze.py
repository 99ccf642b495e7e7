"""The maze around a body: walls kept low so that they hide nothing, goal and start as discs."""

from __future__ import annotations

import re
from typing import Any

import mujoco

from app.rendering.wire import Color, Look
from core.tasks import Maze, Task

WALL_HEIGHT = 0.35
"""Metres; 2 in the physics. An ant's torso is 0.75 m above the floor."""
DISC_HEIGHT = 0.004
LIT = 1.25
"""How bright the lights make what they shine on from above."""
MATERIAL = "maze"
START_RADIUS = 0.25
"""Metres; an episode starts within 1 m of it in x and y."""


def add_maze(spec: Any, task: Task, look: Look) -> None:
    """Static shapes only: the body's coordinates stay what they are."""
    spec.add_material(name=MATERIAL, specular=0.0, shininess=0.0)
    if task.maze is not None:
        for x, y, half_x, half_y in wall_blocks(task.maze):
            place, half = [x, y, WALL_HEIGHT / 2], [half_x, half_y, WALL_HEIGHT / 2]
            _add(spec, mujoco.mjtGeom.mjGEOM_BOX, place, half, look.wall)
        start = [*task.maze.centre(*task.maze.start), DISC_HEIGHT]
        _add(
            spec,
            mujoco.mjtGeom.mjGEOM_CYLINDER,
            start,
            [START_RADIUS, DISC_HEIGHT, 0],
            look.wall,
        )
    if task.goal is not None:
        goal = [task.goal.x, task.goal.y, DISC_HEIGHT]
        size = [task.goal.radius, DISC_HEIGHT, 0]
        _add(spec, mujoco.mjtGeom.mjGEOM_CYLINDER, goal, size, look.goal)


def wall_blocks(maze: Maze) -> list[tuple[float, float, float, float]]:
    """Runs of wall cells as blocks: centre (x, y) and half sizes, m. Runs of one row that fit
    those of the row above grow downwards: few shapes, and no seams."""
    blocks: list[list[int]] = []
    for row, marks in enumerate(maze.rows):
        for first, last in _runs(marks):
            above = [b for b in blocks if b[:2] == [first, last] and b[3] == row - 1]
            if above:
                above[0][3] = row
            else:
                blocks.append([first, last, row, row])
    found = []
    for first, last, top, bottom in blocks:
        left, upper = maze.centre(top, first)
        right, lower = maze.centre(bottom, last)
        half_x, half_y = (right - left + maze.cell) / 2, (upper - lower + maze.cell) / 2
        found.append(((left + right) / 2, (upper + lower) / 2, half_x, half_y))
    return found


def _runs(marks: str) -> list[tuple[int, int]]:
    """First and last column of each run of walls."""
    return [(run.start(), run.end() - 1) for run in re.finditer("#+", marks)]


def _add(spec: Any, shape: Any, place: list[float], size: list[float], color: Color) -> None:
    unlit = [part / LIT for part in color]
    spec.worldbody.add_geom(
        type=shape, pos=place, size=size, rgba=[*unlit, 1.0], material=MATERIAL
    )
