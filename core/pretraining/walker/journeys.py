"""Where an ant starts in a maze and where it is sent: D4RL's kinds of data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.pretraining.walker.planner import Cell, Point, free_cells
from core.tasks import Goal, Maze, Task

STARTS = ("fixed", "any", "near")
GOALS = ("task", "far", "play", "any")
SPREAD = 1.0
"""m, half the width of the square about a cell's centre, as the environment draws places."""
EXACT_GOAL = 0.5
"""Probability that who is sent to the task's goal cell is sent to the goal itself, so that the
one rewarded place is reached often and its surroundings are seen too."""
APART = 2.0
"""m, the least distance of a new goal."""
NEAR = 1.2
"""m, half the width of the square about the goal in which `near` starts: whoever just missed
the goal must have been seen on the way back to it."""
_PLAY: dict[str, tuple[Cell, ...]] = {
    "AntMaze_UMaze-v5": ((3, 1),),
    "AntMaze_Medium-v5": ((2, 6), (5, 1), (6, 5), (6, 6)),
    "AntMaze_Large-v5": ((1, 6), (3, 5), (3, 10), (5, 2), (7, 4), (7, 6), (7, 9)),
}
"""Goal cells picked by hand: D4RL's, and Medium's own goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The places of one episode; every draw comes from its generator."""

    maze: Maze
    goal: Goal
    play: tuple[Cell, ...]
    """Goal cells picked by hand."""
    start: str
    """`fixed`: the task's start cell; `any` free cell but the goal's; `near` the goal."""
    goals: str
    """`task`: the task's goal, where the episode ends; `far`: the goal's cell and the start
    cell in turn; `play`: cells picked by hand; `any`: any free cell."""
    draws: np.random.Generator
    detours: float = 0.0
    """Probability of a detour, at each environment step on the way."""

    @property
    def ends_at_goal(self) -> bool:
        """Whether the episode is over on arrival."""
        return self.goals == "task"

    def first_place(self) -> Point:
        """Where the ant starts (2,), m: in the goal's cell only where it starts `near`."""
        goal = np.array([self.goal.x, self.goal.y])
        while self.start == "near":
            place = goal + self.draws.uniform(-NEAR, NEAR, 2)
            if np.linalg.norm(place - goal) > self.goal.radius:
                return place
        while True:
            place = self._near(self.maze.start if self.start == "fixed" else self._any_cell())
            if np.linalg.norm(place - goal) > APART:
                return place

    def next_goal(self, position: Point, visits: int) -> Point:
        """Where the ant at a position (2,) is sent (2,) after so many goals reached, m."""
        while True:
            place = self._drawn(visits)
            if self.ends_at_goal:
                return place
            if np.linalg.norm(place - position) > APART:
                return place
            visits += 1  # `far` from within the goal's cell: back to the start

    def _drawn(self, visits: int) -> Point:
        if self.goals == "task":
            return np.array([self.goal.x, self.goal.y])
        if self.goals == "any":
            return self._near(self._any_cell())
        if self.goals == "play":
            return self._near(self.play[self.draws.integers(len(self.play))])
        return self._near(self.maze.start if visits % 2 else self.maze.goal)

    def _any_cell(self) -> Cell:
        cells = free_cells(self.maze)
        return cells[self.draws.integers(len(cells))]

    def _near(self, cell: Cell) -> Point:
        if cell == self.maze.goal and self.draws.random() < EXACT_GOAL:
            return np.array([self.goal.x, self.goal.y])
        return np.array(self.maze.centre(*cell)) + self.draws.uniform(-SPREAD, SPREAD, 2)


def journey(
    task: Task, start: str, goals: str, draws: np.random.Generator, *, detours: float = 0.0
) -> Journey:
    """Raises DataError where the task is no maze of ours or the words are unknown."""
    play = _PLAY.get(task.environment_id)
    if task.maze is None or task.goal is None or play is None:
        raise DataError(
            f"{task.name} is no maze that antmaze-walker knows",
            "choose antmaze-umaze, antmaze-medium or antmaze-large",
        )
    if start not in STARTS or goals not in GOALS:
        raise DataError(
            f"a part has start {start[:40]!r} and goals {goals[:40]!r}",
            f"start: {', '.join(STARTS)}; goals: {', '.join(GOALS)}",
        )
    return Journey(
        maze=task.maze,
        goal=task.goal,
        play=play,
        start=start,
        goals=goals,
        draws=draws,
        detours=detours,
    )
