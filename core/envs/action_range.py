"""Actions as models see them, -1..1, and in the environment's own range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.tasks import Task


def to_environment(task: Task, actions: NDArray[Any]) -> NDArray[Any]:
    """Actions (..., A) in -1..1 -> the environment's range; the dtype stays."""
    if not task.action_low:
        return actions
    middle, half = _middle_and_half(task)
    scaled: NDArray[Any] = (middle + half * actions).astype(actions.dtype)
    return scaled


def to_model(task: Task, actions: NDArray[Any]) -> NDArray[Any]:
    """The inverse of to_environment; actions (..., A) are floating-point numbers."""
    if not task.action_low:
        return actions
    middle, half = _middle_and_half(task)
    scaled: NDArray[Any] = ((actions - middle) / half).astype(actions.dtype)
    return scaled


def _middle_and_half(task: Task) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.asarray(task.action_low), np.asarray(task.action_high)
    return 0.5 * (high + low), 0.5 * (high - low)
