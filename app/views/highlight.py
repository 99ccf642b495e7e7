"""How the picked particle and the reference look: the same in every plot.

A picked particle is a wide line in the accent colour with hollow symbols at its points, above
all else; the reference is thin and dashed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPen

from app.theme import SYMBOLS, Role, Theme
from app.views.curves import Floats, known
from app.views.header import Part
from app.views.plot import Plot

RING = 8
"""Size of the hollow symbols at the points of a picked line, pixels."""
MOST_RINGS = 30
"""Points of a picked line up to which each has a symbol."""
_NOTHING = np.empty(0)


class ChosenLine:
    """One row of many lines, drawn above them."""

    def __init__(self, plot: Plot, role: Role = "before") -> None:
        self._line: Any = plot.add(pg.PlotCurveItem(antialias=True))
        self._rings: Any = plot.add(pg.ScatterPlotItem(symbol=SYMBOLS[role], size=RING))

    def show(self, x: Floats, lines: Floats, row: int | None) -> None:
        """Row `row` of lines (m, len(x)); nothing where there is no such row."""
        if row is None or row >= len(lines):
            self.show_points(_NOTHING, _NOTHING)
        else:
            self.show_points(x, lines[row])

    def show_points(self, x: Floats, y: Floats) -> None:
        """A line through the points that are finite."""
        points = known(x, y)
        self._line.setData(*points)
        self._rings.setData(*points)
        self._rings.setVisible(len(points[0]) <= MOST_RINGS)

    @property
    def data(self) -> tuple[Floats, Floats]:
        """The points that are shown."""
        x, y = self._line.getData()
        return (_NOTHING, _NOTHING) if x is None else (x, y)

    def restyle(self, theme: Theme) -> None:
        """Recolour."""
        self._line.setPen(chosen_pen(theme))
        self._rings.setPen(theme.pen("accent", 1.5))
        self._rings.setBrush(theme.brush("plot"))


def chosen_pen(theme: Theme) -> QPen:
    """The line of a picked particle."""
    return theme.pen("accent", 2.6)


def reference_pen(theme: Theme) -> QPen:
    """The curve of the reference moment."""
    return theme.pen("text", 1.0, 0.8, Qt.PenStyle.DashLine)


def missing(kept: int) -> tuple[Part, ...]:
    """What is said of a picked particle that the record does not keep."""
    return ((f"only {kept} are kept here", "muted"),)
