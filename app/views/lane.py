"""One lane of the timeline: its caption at the left, its curves over t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg

from app.readouts import against, alike, plain
from app.theme import Theme
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent
from app.views.highlight import reference_pen
from app.views.lane_caption import LEFT, Caption, Value, scale_of
from app.views.plot import Plot

MOST_POINTS = 1400
"""Points drawn of one curve."""
MOST_CROSSES = 300
"""Crosses and arrows drawn of one kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve of a lane: the theme colour it has, and whether its value carries a sign."""

    color: str
    signed: bool = False

    @property
    def text_color(self) -> str:
        """The colour its value is written in."""
        return "text" if self.color == "muted" else f"{self.color}_text"


class Lane:
    """A caption and a plot with a fixed number of curves, a zero line and the cursor.

    A `robust` lane leaves outliers above its scale, with an arrow at the edge for each.
    """

    def __init__(
        self,
        name: str,
        unit: str,
        traces: Sequence[Curve],
        theme: Theme,
        *,
        from_zero: bool = False,
        robust: bool = False,
    ) -> None:
        self.caption = Caption(name, unit, theme)
        self.plot = Plot(
            y_name="",
            x_name="",
            theme=theme,
            vertical=CalmRange(from_zero=from_zero),
            left=LEFT,
            least_height=26,
        )
        self._traces = tuple(traces)
        self._robust = robust
        self.plot.set_ticks("left", [])
        self.plot.set_ticks("bottom", [])
        add = self.plot.add
        self._zero = add(pg.InfiniteLine(0, angle=0))
        self._reference = add(pg.InfiniteLine(0, angle=90))
        self._curves = [add(pg.PlotCurveItem()) for _ in self._traces]
        self._marks = add(pg.ScatterPlotItem(symbol="x", size=6))
        self._arrows = add(pg.ScatterPlotItem(symbol="t1", size=7))
        self._cursor = add(pg.InfiniteLine(0, angle=90))
        self._t: Floats = np.empty(0)
        self._columns: tuple[Floats, ...] = ()
        self._compared: tuple[float, ...] | None = None
        self._reference.hide()

    def show(self, t: Floats, *columns: Floats) -> None:
        """The curves over t, one column each."""
        self._t, self._columns = t, columns
        low, high = extent(*columns)
        clipped = np.zeros(len(t), dtype=bool)
        if self._robust:
            high = ceiling(np.concatenate(columns))
            clipped = np.any([column > high for column in columns], axis=0)
        low, high = self.plot.fit_y(low, high)
        self._arrows.setData(*_some(t[clipped], high - 0.14 * (high - low)))
        self.caption.set_note(f"▲ {clipped.sum()} beyond" if clipped.any() else "")
        self.caption.set_scale(*scale_of(low, high))
        self._draw_curves()

    def explain(self, words: str) -> None:
        """Why there is nothing, where nothing is known at any t."""
        shown = words and not any(np.isfinite(column).any() for column in self._columns)
        self.plot.note(words if shown else "")

    def set_range(self, low: float, high: float) -> None:
        """The t in sight."""
        self.plot.set_x(low, high)
        if len(self._t) > MOST_POINTS:
            self._draw_curves()

    def mark(self, t: Floats) -> None:
        """Crosses on the zero line at those t."""
        self._marks.setData(*_some(t, 0.0))

    def compare(self, t: float | None, values: tuple[float, ...] | None) -> None:
        """A dashed line at the reference's t; one value of it for each curve."""
        self._reference.setVisible(t is not None)
        if t is not None:
            self._reference.setValue(t)
        self._compared = values
        self.caption.set_compared(values is not None)

    def point(self, t: float, row: int | None) -> None:
        """Move the cursor; the caption says the values of that row, if there is one."""
        self._cursor.setValue(t)
        if row is None:
            self.caption.set_values()
            return
        others = self._compared or (None,) * len(self._traces)
        digits = 2 if self._compared and len(self._traces) > 1 else 3
        values = [float(column[row]) for column in self._columns]
        self.caption.set_values(
            *(
                Value(text, trace.text_color, "" if other is None else against(value, other))
                for text, value, trace, other in zip(
                    self._texts(values, digits), values, self._traces, others, strict=True
                )
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.caption.set_theme(theme)
        self.plot.set_theme(theme)
        self._zero.setPen(theme.pen("grid"))
        self._marks.setPen(theme.pen("refused", 1.2))
        self._arrows.setPen(theme.pen("plot"))
        self._arrows.setBrush(theme.brush("text"))
        self._reference.setPen(reference_pen(theme))
        self._cursor.setPen(theme.pen("accent"))
        for curve, trace in zip(self._curves, self._traces, strict=True):
            curve.setPen(theme.pen(trace.color))

    def _texts(self, values: Sequence[float], digits: int) -> tuple[str, ...]:
        """With a sign all of one lane have the same decimals."""
        if all(trace.signed for trace in self._traces):
            return alike(*values, digits=digits)
        return tuple(plain(value, digits) for value in values)

    def _draw_curves(self) -> None:
        """What is in sight, and one point more at each side."""
        low, high = self.plot.item.vb.viewRange()[0]
        inside = slice(0, len(self._t))
        if len(self._t) > MOST_POINTS:
            first, last = np.searchsorted(self._t, [low, high])
            inside = slice(max(0, int(first) - 1), int(last) + 1)
        for curve, column in zip(self._curves, self._columns, strict=True):
            curve.setData(
                *thinned(self._t[inside], column[inside], MOST_POINTS), connect="finite"
            )


def ceiling(values: Floats) -> float:
    """The largest value; where few are far above all others, a little above those others."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    largest = float(values.max())
    usual = 1.5 * float(np.percentile(values, 98, method="lower"))
    return usual if 0 < usual < largest else largest


def thinned(t: Floats, values: Floats, most: int) -> tuple[Floats, Floats]:
    """At most `most` points that keep every peak: the least and the largest of each bin."""
    if len(t) <= most:
        return t, values
    size = -(-len(t) // (most // 2))
    starts = np.arange(0, len(t), size)
    low = np.fmin.reduceat(values, starts)
    high = np.fmax.reduceat(values, starts)
    return np.repeat(t[starts], 2), np.stack([low, high], axis=1).ravel()


def _some(t: Floats, height: float) -> tuple[Floats, Floats]:
    """At most MOST_CROSSES of them, all at one height."""
    kept = t[:: max(1, -(-len(t) // MOST_CROSSES))]
    return kept, np.full(len(kept), height)
