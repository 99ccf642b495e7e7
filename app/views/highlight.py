"""How the picked particle and the reference look: the same in every plot.

A picked particle is a wide line in the accent colour with rings at its points, above all else;
the reference is thin and dashed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPen

from app.theme import Theme
from app.views.curves import Floats
from app.views.plot import Plot

RING = 8
"""Diameter of the rings at the points of a picked line, pixels."""
_NOTHING = np.empty(0)


class ChosenLine:
    """One row of many lines, drawn above them."""

    def __init__(self, plot: Plot) -> None:
        self._line: Any = plot.add(pg.PlotCurveItem(antialias=True))
        self._rings: Any = plot.add(pg.ScatterPlotItem(symbol="o", size=RING))

    def show(self, x: Floats, lines: Floats, row: int | None) -> None:
        """Row `row` of lines (m, len(x)); nothing where there is no such row."""
        chosen = lines[row] if row is not None and row < len(lines) else None
        if chosen is None:
            self.hide()
            return
        known = np.isfinite(chosen)
        self._line.setData(x[known], chosen[known])
        self._rings.setData(x[known], chosen[known])

    def hide(self) -> None:
        """Show nothing."""
        self._line.setData(_NOTHING, _NOTHING)
        self._rings.setData(_NOTHING, _NOTHING)

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
