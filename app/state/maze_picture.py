"""From a moment and its history to what a map from above shows. No Qt, no pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.state.moment import Moment
from app.state.walk import Walk
from core.envs.poses import has_free_root
from core.tasks import Maze
from core.traces.trace import EpisodeStarted

Floats = NDArray[np.float64]
Layer = Literal["value", "data", "none"]
LAYERS: tuple[Layer, ...] = ("value", "data", "none")

RIM = 0.3
"""Of a cell: so much of the outer walls is in sight."""
STRIDE = 2.0
"""Metres that a body may be from where the walk was last read: some environment steps."""
NO_DENSITY = "no density stored"
NO_VALUES = "no values recorded"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """Where the ant is and how it lies."""

    place: Floats
    """(2,), m."""
    heading: float
    """Of its torso's x axis, degrees from the map's x axis, to the left; NaN if unknown."""
    upright: bool
    """Whether its back is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One number for each square of a maze, of which some are unknown."""

    layer: Layer
    values: NDArray[np.float32]
    """(R, C), rows from the largest y down; NaN where nothing is drawn."""
    low: float
    high: float
    """What the ends of the colours mean."""

    def share(self) -> Floats:
        """(R, C): 0 at `low` .. 1 at `high`, NaN where nothing is drawn."""
        span = self.high - self.low
        return np.clip((self.values - self.low) / (span if span > 0 else 1.0), 0.0, 1.0)


def extent(maze: Maze) -> tuple[float, float]:
    """Width and height, m; the maze is centred on (0, 0)."""
    return len(maze.rows[0]) * maze.cell, len(maze.rows) * maze.cell


def in_sight(maze: Maze) -> tuple[float, float]:
    """Width and height around (0, 0) that hold all that is free, and some wall around it, m."""
    width, height = extent(maze)
    free = [
        maze.centre(row, column)
        for row, text in enumerate(maze.rows)
        for column, cell in enumerate(text)
        if cell != "#"
    ] or [(0.0, 0.0)]
    room = (0.5 + RIM) * maze.cell
    across, up = (max(abs(place[axis]) for place in free) + room for axis in (0, 1))
    return min(width, 2 * across), min(height, 2 * up)


def body_of(moment: Moment, state: Floats) -> Body | None:
    """The ant in a state (S,); None where that says no place."""
    if not np.isfinite(state[:2]).all():
        return None
    heading, upright = float("nan"), True
    if has_free_root(moment.task):
        w, x, y, z = (float(number) for number in state[3:7])
        heading = float(np.degrees(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))))
        upright = x * x + y * y <= w * w + z * z
    return Body(place=np.asarray(state[:2], dtype=np.float64), heading=heading, upright=upright)


def paths(moment: Moment, walk: Walk, place: Floats) -> tuple[Floats, Floats]:
    """Where the body (n, 2) and its frozen twin (m, 2) went, up to the moment.

    A walk that does not lead to `place` is that of another episode: it has not been read yet.
    """
    before, until = walk.until(moment.t), walk.until(moment.t + 1)
    reach = STRIDE if until == before else 0.0
    if not until or np.hypot(*(walk.real[until - 1] - place)) > reach:
        return place[None], np.zeros((0, 2))
    return np.vstack([walk.real[:before], place]), walk.twin[:until]


def start_of(moment: Moment) -> Floats | None:
    """Where the episode began, (2,); the middle of its cell where that is not recorded."""
    maze, started = moment.task.maze, moment.episode_started
    if started is not None and started.state.size >= 2:
        return np.asarray(started.state[:2], dtype=np.float64)
    return None if maze is None else np.array(maze.centre(*maze.start))


def field_of(started: EpisodeStarted | None, maze: Maze, layer: Layer) -> Field | None:
    """The field of a layer; None where there is none to show."""
    if started is None or layer == "none":
        return None
    values = started.value_field if layer == "value" else started.data_density
    if values.shape != maze.squares:
        return None
    values = np.where(np.isfinite(values), values, np.nan).astype(np.float32)
    if layer == "data":
        values = np.where(values > 0, values, np.nan)
    if not np.isfinite(values).any():
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return Field(layer=layer, values=values, low=0.0 if layer == "data" else low, high=high)


def at(field: Field, maze: Maze, place: Floats) -> float:
    """The number of the square that (x, y) lies in; NaN outside and where there is none."""
    width, height = extent(maze)
    rows, columns = field.values.shape
    x, y = (float(number) for number in place)
    if not (abs(x) < width / 2 and abs(y) < height / 2):
        return float("nan")
    row, column = int((height / 2 - y) / height * rows), int((x + width / 2) / width * columns)
    return float(field.values[row, column])
