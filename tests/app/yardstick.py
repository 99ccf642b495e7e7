"""What painting costs on this machine now: the measure for tests of speed."""

from __future__ import annotations

import time

import numpy as np
from pytestqt.qtbot import QtBot

from app.theme import LIGHT
from app.views.plot import Plot


def empty_repaint(qtbot: QtBot) -> float:
    """Processor seconds of painting an empty plot, the yardstick."""
    blank = Plot(y_name="reward", x_name="j", theme=LIGHT)
    qtbot.addWidget(blank)
    blank.resize(380, 170)
    spent = []
    for turn in range(12):
        blank.set_x(0.0, 10.0 + turn)
        start = time.process_time()
        blank.grab()
        spent.append(time.process_time() - start)
    return float(np.median(spent))
