"""How a training goes: the return of its policy, Q against the truth, and the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QSizePolicy

from app.theme import Theme
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent, known
from app.views.plot import Plot

Columns = Mapping[str, Sequence[float | None]]
_X_NAME = "gradient updates, thousands"
_HEIGHT = 96


class CurvePlot(Plot):
    """One or two quantities over the gradient updates."""

    def __init__(self, y_name: str, empty: str, theme: Theme, *, lines: int = 1) -> None:
        self._lines: list[tuple[Any, Any]] = []
        super().__init__(
            y_name=y_name,
            x_name=_X_NAME,
            theme=theme,
            vertical=CalmRange(patience=2),
            least_height=_HEIGHT,
        )
        self._empty = empty
        for _ in range(lines):
            curve = self.add(pg.PlotCurveItem(antialias=True))
            self._lines.append((curve, self.add(pg.ScatterPlotItem(size=6))))
        self.setAccessibleName(y_name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.set_theme(theme)
        self.show_columns({}, ())

    def show_columns(self, columns: Columns, names: Sequence[str], updates: int = 0) -> None:
        """Those columns over `updates`, as far as the training goes; words where none is."""
        x = numbers(columns.get("updates", ())) / 1000
        found = [numbers(columns.get(name, ())) for name in names]
        drawn = [y if len(y) == len(x) else np.full(len(x), np.nan) for y in found]
        low, high = extent(*drawn) if drawn else (np.nan, np.nan)
        for (curve, dots), y in zip(
            self._lines, drawn or [np.empty(0)] * len(self._lines), strict=False
        ):
            curve.setData(x[: len(y)], y, connect="finite")
            dots.setData(*known(x[: len(y)], y))
        self.say_empty("" if np.isfinite(low) else self._empty)
        last = float(x.max()) if len(x) else 1.0
        self.set_x(0.0, max(updates / 1000, last, 1e-3))
        self.fit_y(low, high)

    def set_theme(self, theme: Theme) -> None:
        """Recolour: the first line is the truth, the second what the critic says."""
        super().set_theme(theme)
        for number, (curve, dots) in enumerate(self._lines):
            real = number == 0
            said = theme.pen("accent", 1.7, style=Qt.PenStyle.DashLine)
            curve.setPen(theme.line("real", 1.7) if real else said)
            dots.setSymbol("s" if real else "o")
            dots.setBrush(theme.brush("real" if real else "accent"))
            dots.setPen(theme.pen("plot"))


class LossPlot(CurvePlot):
    """The loss of whatever is fitted now: no truth, so in the colour of text."""

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        super().set_theme(theme)
        for curve, dots in self._lines:
            curve.setPen(theme.pen("text", 1.4))
            dots.setSymbol("t")
            dots.setBrush(theme.brush("text"))


def numbers(values: Sequence[float | None]) -> Floats:
    """As an array; what is missing is NaN."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
