"""Which line a click means."""

from __future__ import annotations

import numpy as np

from app.views.picking import nearest_dot, nearest_line


def test_the_nearest_line_is_found_within_reach() -> None:
    lines = np.array([[[0.0, 0.0], [10.0, 0.0]], [[0.0, 20.0], [10.0, 20.0]]])
    assert nearest_line(np.array([5.0, 3.0]), lines) == 0
    assert nearest_line(np.array([5.0, 15.0]), lines) == 1
    assert nearest_line(np.array([5.0, 100.0]), lines) is None
    assert nearest_line(np.array([5.0, 3.0]), np.full((2, 2, 2), np.nan)) is None
    assert nearest_line(np.array([5.0, 3.0]), np.empty((0, 2, 2))) is None
    assert nearest_line(np.array([1.0, 1.0]), lines[:, :1]) == 0
    assert nearest_dot(np.array([10.0, 19.0]), lines) == 1
