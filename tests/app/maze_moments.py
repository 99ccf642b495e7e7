"""Moments, histories and traces of an ant in a maze; made up: it slides along its way."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.state.moment import History, Moment
from app.state.walk import Walk
from core.checkpoints.task_facts import task_json
from core.diagnosis.value_field import free_squares, square_centres
from core.settings import Settings
from core.tasks import TASKS, Task
from core.traces.archive import TraceWriter
from core.traces.trace import EpisodeStarted, GradientUpdate, Proposal
from tests.moment_records import as_stored, make_environment_step, make_proposal, make_update
from tests.motion import Sizes
from tests.records import make_episode_started, make_run_started

Floats = NDArray[np.float64]
LARGE = TASKS["antmaze-large"]
UMAZE = TASKS["antmaze-umaze"]
SIZES = Sizes(action=8, physics=150)
WAYS: dict[str, tuple[tuple[int, int], ...]] = {
    "antmaze-umaze": ((1, 1), (1, 3), (3, 3), (3, 1)),
    "antmaze-large": (
        (1, 1), (3, 1), (3, 6), (1, 6), (1, 8), (3, 8), (3, 10), (5, 10), (5, 8), (7, 8),
        (7, 9),
    ),
}  # fmt: skip
"""Corners of the way, cells."""
PACE = 0.16
"""Metres an environment step."""


def place_at(task: Task, t: float, *, aside: float = 0.0) -> Floats:
    """(2,): where the ant is at t, wobbling a little; `aside` m further to the left."""
    assert task.maze is not None
    corners = np.array([task.maze.centre(*cell) for cell in WAYS[task.name]])
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.clip(t * PACE, 0.0, lengths.sum())
    ends = np.concatenate([[0.0], np.cumsum(lengths)])
    x, y = (np.interp(along, ends, corners[:, axis]) for axis in (0, 1))
    wobble = 0.35 * np.sin(0.06 * t) + 0.12 * np.sin(0.31 * t) + aside
    return np.array([x + wobble, y + wobble])


def state_at(task: Task, t: float, *, aside: float = 0.0) -> Floats:
    """(29,): upright, heading where it goes."""
    state = np.zeros(29)
    state[:2], state[2] = place_at(task, t, aside=aside), 0.6
    ahead = place_at(task, t + 2, aside=aside) - state[:2]
    half = 0.5 * np.arctan2(ahead[1], ahead[0])
    state[3], state[6] = np.cos(half), np.sin(half)
    state[7:15] = np.tile([0.0, 1.0], 4) * [1, 1, 1, -1, 1, -1, 1, 1]
    return state


def physics_at(task: Task, t: float, *, aside: float = 0.0) -> Floats:
    """(P,): time, qpos, qvel, zeros."""
    physics = np.zeros(SIZES.physics)
    physics[0], physics[1:30] = 0.05 * t, state_at(task, t, aside=aside)
    return physics


@functools.cache
def maze_started(task: Task = LARGE, *, density: bool = True) -> EpisodeStarted:
    """A start whose value falls with the distance to the goal, with data about the way."""
    assert task.maze is not None
    assert task.goal is not None
    centres, free = square_centres(task.maze), free_squares(task.maze)
    away = np.hypot(centres[..., 0] - task.goal.x, centres[..., 1] - task.goal.y)
    values = np.where(free, 0.99 ** (1.6 * away), np.nan)
    way = np.array([place_at(task, t) for t in range(0, 700, 4)])
    near = np.hypot(*(centres[:, :, None] - way).transpose(3, 0, 1, 2)).min(axis=2)
    share = np.where(free & (near < 3.0), np.exp(-near), 0.0)
    stored = share / share.sum() if density else np.zeros((0, 0))
    return make_episode_started(
        state=state_at(task, 0),
        physics_state=physics_at(task, 0),
        value_field=as_stored(values),
        data_density=as_stored(stored),
    )


def maze_update(
    rng: np.random.Generator, task: Task, t: int, k: int, particles: int = 8
) -> GradientUpdate:
    """Update k of 0, 1 at t; after it the imagination leads a little further."""
    sizes = dataclasses.replace(SIZES, particles=particles)
    path = np.array([state_at(task, t + j * (1.0 + 0.25 * k)) for j in range(6)])
    states = np.repeat(path[None], particles, axis=0)
    spread = np.cumsum(rng.normal(0.0, 0.03, (particles, 6, 2)), axis=1)
    states[..., :2] += spread - spread[:, :1]
    return make_update(
        rng,
        t=t,
        k=k,
        sizes=sizes,
        imagined_states=as_stored(states),
        state_quantiles=as_stored(np.quantile(states, [0.05, 0.5, 0.95], axis=0)),
    )


def maze_proposal(
    rng: np.random.Generator, task: Task, t: int, before: GradientUpdate, after: GradientUpdate
) -> Proposal:
    """Of the ant at t; its twin walks aside and falls behind."""
    true = np.array(
        [[state_at(task, t + j * (0.9 + 0.1 * p)) for j in range(6)] for p in range(3)]
    )
    return make_proposal(
        rng,
        t=t,
        before=before,
        after=after,
        sizes=SIZES,
        state=state_at(task, t),
        physics_state=physics_at(task, t),
        twin_physics_state=physics_at(task, 0.7 * t, aside=-0.6),
        true_states=true,
    )


def maze_moment(
    t: int = 300, *, task: Task = LARGE, particles: int = 8, **changes: Any
) -> Moment:
    """A moment with both updates, proposed and applied."""
    rng = np.random.default_rng(t)
    updates = tuple(maze_update(rng, task, t, k, particles) for k in (0, 1))
    values: dict[str, Any] = {
        "run": maze_run(task),
        "task": task,
        "settings": Settings(particles=particles),
        "updates": updates,
        "proposal": maze_proposal(rng, task, t, *updates),
        "environment_step": make_environment_step(rng, t=t, next_state=state_at(task, t + 1)),
        "k": 1,
        "live": False,
        "episode_started": maze_started(task),
    }
    return Moment(**values | changes)


@functools.cache
def maze_history(length: int = 301, *, task: Task = LARGE) -> History:
    """The walk of `length` environment steps."""
    t = np.arange(length, dtype=float)
    walk = Walk(
        t=t,
        real=np.array([place_at(task, each) for each in t]),
        twin=np.array([place_at(task, 0.7 * each, aside=-0.6) for each in t]),
    )
    return History.from_columns({"t": t, "seq": 2 + 4 * t}, walk)


def maze_run(task: Task) -> Any:
    """The first record of a run in that maze."""
    layers = json.dumps(["hidden 1", "hidden 2", "hidden 3", "output"])
    return make_run_started(task=task.name, task_facts=task_json(task), layer_names=layers)


def write_maze_trace(
    path: Path, steps: int = 30, *, task: Task = LARGE, particles: int = 8
) -> Path:
    """A trace of one episode of so many environment steps."""
    rng = np.random.default_rng(0)
    writer = TraceWriter.create(path, maze_run(task))
    writer.append(maze_started(task))
    for t in range(steps):
        updates = [maze_update(rng, task, t, k, particles) for k in (0, 1)]
        writer.append(*updates)
        writer.append(maze_proposal(rng, task, t, *updates))
        writer.append(make_environment_step(rng, t=t, next_state=state_at(task, t + 1)))
    writer.close()
    return path
