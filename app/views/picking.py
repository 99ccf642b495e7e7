"""Which line or dot a click means. Everything in pixels."""

from __future__ import annotations

import numpy as np

from app.views.curves import Floats

REACH = 8.0
"""Pixels that a click may miss by."""


def nearest_line(at: Floats, lines: Floats) -> int | None:
    """The row of `lines` (m, n, 2) that runs nearest to the point `at` (2,).

    None where none comes within REACH.
    """
    away = distances(at, lines)
    row = int(away.argmin()) if away.size else 0
    return row if away.size and away[row] <= REACH else None


def nearest_dot(at: Floats, dots: Floats) -> int | None:
    """The row of `dots` (m, n, 2) with the dot nearest to `at`; None without one in REACH."""
    row = nearest_line(at, dots.reshape(-1, 1, 2))
    return None if row is None else row // dots.shape[1]


def distances(at: Floats, lines: Floats) -> Floats:
    """How far `at` (2,) is from each of `lines` (m, n, 2): (m,).

    A line breaks at points that are not finite; without a finite point it is infinitely far.
    """
    if not lines.size:
        return np.empty(0)
    start = lines[:, :-1] if lines.shape[1] > 1 else lines
    along = lines[:, 1:] - start if lines.shape[1] > 1 else np.zeros_like(lines)
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip(((at - start) * along).sum(axis=-1) / length, 0.0, 1.0)
    gap = at - start - share[..., None] * along
    away = np.hypot(gap[..., 0], gap[..., 1])
    nearest: Floats = np.where(np.isfinite(away), away, np.inf).min(axis=1)
    return nearest
