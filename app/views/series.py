"""A line with symbols, in the colours of its role."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from app.theme import SYMBOLS, Role, Theme
from app.views.curves import Floats, known
from app.views.plot import Plot


class Series:
    """One series of a plot; `wide` where others lie above it."""

    def __init__(self, plot: Plot, role: Role, *, wide: bool = False) -> None:
        self._role, self._wide = role, wide
        self._line: Any = plot.add(pg.PlotCurveItem(antialias=True))
        self._dots: Any = plot.add(
            pg.ScatterPlotItem(symbol=SYMBOLS[role], size=10 if wide else 7)
        )

    def show(self, x: Floats, y: Floats) -> None:
        """The points (x, y); what is not finite is left out."""
        self._line.setData(x, y, connect="finite")
        self._dots.setData(*known(x, y))

    def restyle(self, theme: Theme) -> None:
        """Recolour."""
        self._line.setPen(theme.line(self._role, 3.2 if self._wide else 1.7))
        self._dots.setBrush(theme.brush(self._role))
        self._dots.setPen(theme.pen("plot"))
