"""Where to walk next in a maze: breadth-first from cell to cell, with an escape when stuck."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.tasks import Maze

Cell = tuple[int, int]
Point = NDArray[np.float64]

ARRIVED = 1.2
"""m from a waypoint at which the next one is aimed at."""
SCATTER = 0.3
"""m, half the width of the square in which a waypoint lies about its cell's centre."""
STUCK_AFTER, STUCK_WITHIN = 80, 0.4
"""Environment steps, and m: whoever moves less in that time is stuck."""
ESCAPE = 30
"""Environment steps along a random heading of whoever was stuck."""
DETOUR = 60
"""Environment steps along a random heading off the way: about a cell's width."""


def cell_of(maze: Maze, x: float, y: float) -> Cell:
    """Row and column of the cell that holds a place."""
    left, top = maze.centre(0, 0)
    return round((top - y) / maze.cell), round((x - left) / maze.cell)


def free_cells(maze: Maze) -> tuple[Cell, ...]:
    """All cells that are no wall, row by row."""
    return tuple(
        (row, column)
        for row, cells in enumerate(maze.rows)
        for column, kind in enumerate(cells)
        if kind != "#"
    )


@functools.lru_cache(maxsize=256)
def ways_to(maze: Maze, goal: Cell) -> Mapping[Cell, Cell]:
    """For each cell from which the goal's cell can be reached, the next cell on a shortest way;
    ties fall in a fixed order."""
    free = set(free_cells(maze))
    following = {goal: goal}
    waiting = deque([goal])
    while waiting:
        row, column = cell = waiting.popleft()
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            neighbour = (row + down, column + right)
            if neighbour in free and neighbour not in following:
                following[neighbour] = cell
                waiting.append(neighbour)
    return following


class Planner:
    """Headings for one ant. All randomness comes from the generator given."""

    def __init__(self, maze: Maze, draws: np.random.Generator, *, detours: float = 0.0) -> None:
        """detours: probability of one, at each environment step on the way."""
        self._maze, self._draws, self._detours = maze, draws, detours
        self._path: list[Point] = []
        self._astray_left, self._astray_heading = 0, 0.0

    def aim(self, position: Point, goal: Point) -> None:
        """Start on the way from a position (2,) to a goal (2,), both in free cells, m."""
        self._goal = goal
        self._goal_cell = cell_of(self._maze, goal[0], goal[1])
        self._ways = ways_to(self._maze, self._goal_cell)
        self._cell = cell_of(self._maze, position[0], position[1])
        self._head_for(self._ways.get(self._cell, self._goal_cell))
        self._path = []
        self._astray_left = 0

    def heading(self, position: Point) -> float:
        """The heading, rad, in which to walk on from a position (2,), m."""
        cell = cell_of(self._maze, position[0], position[1])
        if cell in self._ways:
            self._cell = cell
        self._choose_waypoint(position)
        self._path.append(position.copy())
        if self._astray_left == 0:
            self._go_astray(position)
        if self._astray_left:
            self._astray_left -= 1
            return self._astray_heading
        away = self._place - position
        return float(np.arctan2(away[1], away[0]))

    def _go_astray(self, position: Point) -> None:
        """An escape when stuck; a detour now and then."""
        if self._is_stuck(position):
            length = ESCAPE
        elif self._detours and self._draws.random() < self._detours:
            length = DETOUR
        else:
            return
        self._astray_left, self._path = length, []
        self._astray_heading = float(self._draws.uniform(-np.pi, np.pi))

    def _choose_waypoint(self, position: Point) -> None:
        left_the_way = self._cell != self._waypoint and self._ways[self._cell] != self._waypoint
        if left_the_way:
            self._head_for(self._ways[self._cell])
        arrived = float(np.linalg.norm(self._place - position)) < ARRIVED
        if self._waypoint != self._goal_cell and arrived:
            self._head_for(self._ways[self._waypoint])

    def _head_for(self, cell: Cell) -> None:
        self._waypoint = cell
        if cell == self._goal_cell:
            self._place = self._goal
        else:
            self._place = np.array(self._maze.centre(*cell)) + self._draws.uniform(
                -SCATTER, SCATTER, 2
            )

    def _is_stuck(self, position: Point) -> bool:
        if len(self._path) <= STUCK_AFTER:
            return False
        return bool(np.linalg.norm(self._path[-STUCK_AFTER] - position) < STUCK_WITHIN)
