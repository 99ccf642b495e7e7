"""Minari data sets of a maze, written with Minari's own functions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import minari
import numpy as np
from gymnasium.spaces import Box, Dict
from minari.data_collector.episode_buffer import EpisodeBuffer

from core.tasks import TASKS

UMAZE = TASKS["antmaze-umaze"]
ID = "psiscope/antmaze-umaze/walked-v0"
Places = Sequence[tuple[float, float]]

FAR_OFF = (4.0, -4.0)
"""A place in the goal's row of cells, 8 m from the goal."""
GOAL = (-4.0, -4.0)
NEAR = (-4.0 + 0.4, -4.0)
"""Within the radius of 0.45 m."""


def recorded(number: int, places: Places, *, width: int = 27, **more: Any) -> EpisodeBuffer:
    """An episode that passes through these places; its numbers tell episode and row."""
    count = len(places) - 1
    rows = np.zeros((count + 1, width))
    rows[:, 0], rows[:, 1] = number, np.arange(count + 1)
    ends = np.arange(count) == count - 1
    columns: dict[str, Any] = {
        "observations": {
            "observation": rows,
            "achieved_goal": np.array(places, float),
            "desired_goal": np.tile(FAR_OFF, (count + 1, 1)),
        },
        "actions": np.full((count, 8), number / 100, np.float32),
        "rewards": list(np.zeros(count)),
        "terminations": [False] * count,
        "truncations": list(ends),
        "infos": {},
    }
    return EpisodeBuffer(id=number, **(columns | more))


def write(
    walks: Sequence[EpisodeBuffer], *, width: int = 27, name: str = ID, **more: Any
) -> Any:
    """A data set of such episodes."""
    sizes = {"observation": width, "achieved_goal": 2, "desired_goal": 2}
    boxes = {key: Box(-np.inf, np.inf, (size,), np.float64) for key, size in sizes.items()}
    with warnings.catch_warnings():  # it misses an author, an address, an environment
        warnings.simplefilter("ignore")
        return minari.create_dataset_from_buffers(
            name,
            list(walks),
            observation_space=Dict(boxes),
            action_space=Box(-1.0, 1.0, (8,), np.float32),
            **more,
        )
