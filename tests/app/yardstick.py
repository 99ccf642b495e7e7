"""What painting costs on this machine now: the measure for tests of speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np
from pytestqt.qtbot import QtBot

from app.theme import LIGHT
from app.views.plot import Plot


def empty_repaint(qtbot: QtBot) -> float:
    """Processor seconds of painting an empty plot, the yardstick."""
    blank = _empty_plot(qtbot)
    return float(np.median([_repaint(blank, turn) for turn in range(12)]))


def in_empty_repaints(qtbot: QtBot, works: Iterable[Callable[[], object]]) -> float:
    """What one of these takes, in paintings of an empty plot: the median.

    One is painted after each: what keeps the caches busy just then slows both down.
    """
    blank, ratios = _empty_plot(qtbot), []
    for turn, work in enumerate(works):
        start = time.process_time()
        work()
        ratios.append((time.process_time() - start) / _repaint(blank, turn))
    return float(np.median(ratios))


def _empty_plot(qtbot: QtBot) -> Plot:
    blank = Plot(y_name="reward", x_name="j", theme=LIGHT)
    qtbot.addWidget(blank)
    blank.resize(380, 170)
    return blank


def _repaint(blank: Plot, turn: int) -> float:
    """Processor seconds of one painting, axes and all."""
    blank.set_x(0.0, 10.0 + turn)
    start = time.process_time()
    blank.grab()
    return time.process_time() - start
