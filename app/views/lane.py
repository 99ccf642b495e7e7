"""One lane of the timeline: its name, value and scale at the left, its curves over t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.readouts import plain, signed, tick
from app.theme import PLOT_TEXT, Theme, font, text_width
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent
from app.views.plot import Plot

MOST_POINTS = 1400
"""Points drawn of one curve."""
CAPTION_WIDTH = 168
_SCALE_WIDTH = 42
_LEFT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve of a lane: the theme colour it has, and whether its value carries a sign."""

    color: str
    signed: bool = False

    @property
    def text_color(self) -> str:
        """The colour its value is written in."""
        return "text" if self.color == "muted" else f"{self.color}_text"


class Caption(QWidget):
    """Name and unit of a lane, below them its values at the cursor, at the right its scale."""

    def __init__(self, name: str, unit: str, theme: Theme) -> None:
        super().__init__()
        self._name, self._unit = name, unit
        self._theme = theme
        self._values: tuple[tuple[str, str], ...] = ()
        self._scale = ("", "")
        self.setFixedWidth(CAPTION_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def values(self) -> tuple[str, ...]:
        """The texts of the second line."""
        return tuple(text for text, _ in self._values)

    def set_values(self, *values: tuple[str, str]) -> None:
        """Texts and the theme colours they are written in."""
        if values != self._values:
            self._values = values
            self.update()

    def set_scale(self, low: float, high: float) -> None:
        """The values at the lower and the upper edge of the lane."""
        scale = (tick(low, high - low), tick(high, high - low))
        if scale != self._scale:
            self._scale = scale
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether name, unit, values and scale are shown whole."""
        first = text_width(self._name, PLOT_TEXT) + 6 + text_width(self._unit, PLOT_TEXT)
        second = sum(text_width(text, PLOT_TEXT) + 8 for text, _ in self._values)
        scale = max(text_width(text, PLOT_TEXT) for text in self._scale)
        return max(first, second) <= CAPTION_WIDTH - _SCALE_WIDTH and scale <= _SCALE_WIDTH

    def minimumSizeHint(self) -> QSize:
        """Two lines."""
        return QSize(CAPTION_WIDTH, 26)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Name and unit on the first line, values on the second, the scale at the right."""
        painter = QPainter(self)
        painter.setFont(font(PLOT_TEXT))
        painter.setPen(self._theme.color("text"))
        painter.drawText(QPointF(0, 11), self._name)
        painter.setPen(self._theme.color("muted"))
        painter.drawText(QPointF(text_width(self._name, PLOT_TEXT) + 6, 11), self._unit)
        x = 0.0
        for text, color in self._values:
            painter.setPen(self._theme.color(color))
            painter.drawText(QPointF(x, 23), text)
            x += text_width(text, PLOT_TEXT) + 8
        painter.setPen(self._theme.color("muted"))
        for text, y in zip(self._scale, (self.height() - 2.0, 10.0), strict=True):
            right = self.width() - _LEFT - text_width(text, PLOT_TEXT)
            painter.drawText(QPointF(right, y), text)
        painter.end()


class Lane:
    """A caption and a plot with a fixed number of curves, a zero line and the cursor."""

    def __init__(
        self,
        name: str,
        unit: str,
        traces: Sequence[Curve],
        theme: Theme,
        *,
        from_zero: bool = False,
    ) -> None:
        self.caption = Caption(name, unit, theme)
        self.plot = Plot(
            y_name="",
            x_name="",
            theme=theme,
            vertical=CalmRange(from_zero=from_zero, least_span=1e-3),
            left=_LEFT,
            least_height=26,
        )
        self._traces = tuple(traces)
        self.plot.set_ticks("left", [])
        self.plot.set_ticks("bottom", [])
        self._zero = self.plot.add(pg.InfiniteLine(0, angle=0))
        self._curves = [self.plot.add(pg.PlotCurveItem()) for _ in self._traces]
        self._marks = self.plot.add(pg.ScatterPlotItem(symbol="x", size=6))
        self._cursor = self.plot.add(pg.InfiniteLine(0, angle=90))
        self._columns: tuple[Floats, ...] = ()

    def show(self, t: Floats, *columns: Floats) -> None:
        """The curves over t, one column each."""
        self._columns = columns
        for curve, column in zip(self._curves, columns, strict=True):
            curve.setData(*thinned(t, column, MOST_POINTS), connect="finite")
        self.caption.set_scale(*self.plot.fit_y(*extent(*columns)))

    def mark(self, t: Floats) -> None:
        """Crosses on the zero line at those t."""
        self._marks.setData(t, np.zeros(len(t)))

    def point(self, t: float, row: int | None) -> None:
        """Move the cursor; the caption says the values of that row, if there is one."""
        self._cursor.setValue(t)
        if row is None:
            self.caption.set_values()
            return
        self.caption.set_values(
            *(
                (_text(column[row], trace), trace.text_color)
                for column, trace in zip(self._columns, self._traces, strict=True)
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.caption.set_theme(theme)
        self.plot.set_theme(theme)
        self._zero.setPen(theme.pen("grid"))
        self._marks.setPen(theme.pen("refused", 1.2))
        self._cursor.setPen(theme.pen("accent"))
        for curve, trace in zip(self._curves, self._traces, strict=True):
            curve.setPen(theme.pen(trace.color))


def thinned(t: Floats, values: Floats, most: int) -> tuple[Floats, Floats]:
    """At most `most` points that keep every peak: the least and the largest of each bin."""
    if len(t) <= most:
        return t, values
    size = -(-len(t) // (most // 2))
    starts = np.arange(0, len(t), size)
    low = np.fmin.reduceat(values, starts)
    high = np.fmax.reduceat(values, starts)
    return np.repeat(t[starts], 2), np.stack([low, high], axis=1).ravel()


def _text(value: Any, trace: Curve) -> str:
    return signed(float(value)) if trace.signed else plain(float(value))
