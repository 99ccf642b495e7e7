"""Data of a maze: one fixed goal for the whole set, and where in the maze the rows lie.

A maze's data were sent to many places, some with a reward for each; a policy whose state holds
no goal can only learn one. So every reward and every end is found anew from the *next* (x, y),
and what the source says of goals, rewards and ends is not read. That also mends sets made with
`reset_target`, whose row of arrival still shows the goal just left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Episode, OfflineDataset
from core.errors import DataError
from core.tasks import Goal, Maze, Task

BODY = 27
"""Numbers of an observation that belong to the state."""
OBSERVATIONS = (BODY, 105)
"""Numbers of an observation without and with contact forces, which are dropped."""
MOST_IN_WALLS = 0.01
"""Share of the rows that may lie in a wall: an ant leans over it at most."""


def maze_states(observations: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """[achieved_goal, observation[:27]] (T + 1, 29): D4RL's order. Raises DataError for other
    sizes, calling the episode `name`."""
    body, place = observations["observation"], observations["achieved_goal"]
    wide = body.ndim == 2 and body.shape[1] in OBSERVATIONS
    if not wide or place.shape != (len(body), 2):
        raise DataError(
            f"{name} has observations of shape {body.shape} and places {place.shape}",
            f"a maze's are (T + 1, {OBSERVATIONS[0]} or {OBSERVATIONS[1]}) and (T + 1, 2)",
        )
    return np.concatenate([place, body[:, :BODY]], axis=1)


def towards_goal(task: Task, episodes: Iterator[Episode]) -> Iterator[Episode]:
    """Each episode as episodes of a task with a goal: cut at every arrival."""
    for episode in episodes:
        if task.goal is None or episode.states.ndim != 2 or episode.states.shape[1] < 2:
            yield episode
        else:
            yield from _cut(episode, task.goal)


def _cut(episode: Episode, goal: Goal) -> Iterator[Episode]:
    """The row whose next place lies at the goal has reward 1, is terminated, ends an episode.

    Rows that start at the goal never happen in the task and are left out; where the body leaves
    the goal, another episode begins. The end of a recording is no termination.
    """
    count = len(episode.actions)
    away = np.asarray(episode.states[:, :2], np.float64) - (goal.x, goal.y)
    with np.errstate(over="ignore"):
        at_goal = np.linalg.norm(away, axis=1) <= goal.radius
    walking = ~at_goal[:count]
    arrives = np.zeros(count, bool)
    arrives[: len(at_goal) - 1] = at_goal[1 : count + 1]
    edges = np.flatnonzero(np.diff(walking.astype(np.int8), prepend=0, append=0))
    for first, stop in zip(edges[0::2], edges[1::2], strict=True):
        yield Episode(
            states=episode.states[first : stop + 1],
            actions=episode.actions[first:stop],
            rewards=arrives[first:stop].astype(np.float32),
            terminated=bool(arrives[stop - 1]),
        )


def check_places(dataset: OfflineDataset, task: Task) -> None:
    """Raise DataError where the rows do not lie in the task's maze: another maze or frame."""
    if task.maze is None:
        return
    outside = 1.0 - float(_is_free(task.maze, dataset.states[:, :2]).mean())
    if outside > MOST_IN_WALLS:
        raise DataError(
            f"{outside:.0%} of the places in {dataset.dataset_id} lie in walls of {task.name}",
            "it is data of another maze, or D4RL's own file, whose ant, frame and time step "
            "differ: collect with antmaze-walker, or take a Minari set of this maze",
        )


def data_density(dataset: OfflineDataset, task: Task) -> tuple[tuple[float, ...], ...]:
    """The share of all rows in each 1 m square of the maze, rows from the largest y, columns
    from the smallest x; together 1. Empty where the task has no maze."""
    maze = task.maze
    if maze is None:
        return ()
    width, height = len(maze.rows[0]) * maze.cell, len(maze.rows) * maze.cell
    x, y = dataset.states[:, 0].astype(np.float64), dataset.states[:, 1].astype(np.float64)
    columns = np.clip(np.floor(x + width / 2), 0, round(width) - 1).astype(np.intp)
    rows = np.clip(np.floor(height / 2 - y), 0, round(height) - 1).astype(np.intp)
    counts = np.zeros((round(height), round(width)))
    np.add.at(counts, (rows, columns), 1.0)
    return tuple(tuple(row) for row in (counts / len(dataset)).tolist())


def _is_free(maze: Maze, places: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether places (N, 2) lie in cells that are no wall; (N,)."""
    free = np.array([[kind != "#" for kind in row] for row in maze.rows])
    left, top = maze.centre(0, 0)
    columns = np.round((places[:, 0] - left) / maze.cell).astype(np.intp)
    rows = np.round((top - places[:, 1]) / maze.cell).astype(np.intp)
    height, width = free.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found: NDArray[np.bool_] = (
        inside & free[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    )
    return found
