"""Which line or dot a click means. Everything in pixels."""

from __future__ import annotations

import numpy as np

from app.views.curves import Floats

REACH = 8.0
"""Pixels that a click may miss by."""


def nearest_line(at: Floats, lines: Floats) -> int | None:
    """The row of `lines` (m, n, 2) that runs nearest to the point `at` (2,).

    None where none comes within REACH. A line breaks at points that are not finite.
    """
    if not lines.size:
        return None
    start = lines[:, :-1] if lines.shape[1] > 1 else lines
    along = lines[:, 1:] - start if lines.shape[1] > 1 else np.zeros_like(lines)
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip(((at - start) * along).sum(axis=-1) / length, 0.0, 1.0)
    gap = at - start - share[..., None] * along
    distance = np.hypot(gap[..., 0], gap[..., 1])
    nearest = np.where(np.isfinite(distance), distance, np.inf).min(axis=1)
    row = int(nearest.argmin())
    return row if nearest[row] <= REACH else None


def nearest_dot(at: Floats, dots: Floats) -> int | None:
    """The row of `dots` (m, n, 2) with the dot nearest to `at`; None without one in REACH."""
    row = nearest_line(at, dots.reshape(-1, 1, 2))
    return None if row is None else row // dots.shape[1]
