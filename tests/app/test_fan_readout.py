"""The read-out of the torso's way has a place beside a chooser, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from app.views.fan import _readout
from app.views.fan_paths import plane_of
from core.tasks import TASKS


@pytest.mark.parametrize("way", [-0.738, -0.0074, 0.0, -1.724, -36.4, 166.2])
def test_no_way_takes_more_room_than_five_letters(way: float) -> None:
    path = np.zeros((1, 6, 2))
    path[:, -1, 0] = way
    paths = {"before": path, "after": 1.02 * path, "real": 0.97 * path}
    _, *parts, unit = _readout(paths, 0, plane_of(TASKS["hopper"]))
    assert unit[0] == "cm"
    assert len(parts) == 3
    assert max(len(text) for text, _ in parts) <= 5
