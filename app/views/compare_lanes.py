"""Return and objective gain of two branches over one t axis, and where they part."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.readouts import MINUS, NOTHING, signed, summands
from app.state.moment import Column, History
from app.theme import LIGHT, SYMBOLS, Theme
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent
from app.views.header import Header, Legend
from app.views.lane import MOST_POINTS, thinned
from app.views.lane_caption import LEFT, Caption, Value, scale_of
from app.views.plot import Plot
from app.views.sides import COLORS, SIDES, Side, side_pen
from app.views.span import Span
from app.views.time_mouse import TimeMouse

TOOLTIP = """<p><b>Return</b> so far and <b>objective gain</b> J(E) − J(0) of the environment
steps, of branch A (solid) and branch B (dashed); between them how much more B has returned. Up
to where the branches part there is one line.</p>
<p>▼ the first divergence. Click or drag to look at an environment step; the wheel zooms; a
double click shows all.</p>"""
Series = tuple[Floats, Floats]
"""t and values."""
_NONE: Series = (np.empty(0), np.empty(0))


class PairLane:
    """A caption and a plot: one curve for each side, or a single one for their difference."""

    def __init__(
        self, name: str, unit: str, sides: Sequence[Side | None], theme: Theme
    ) -> None:
        self.caption = Caption(name, unit, theme)
        self.plot = Plot(
            y_name="",
            x_name="",
            theme=theme,
            vertical=CalmRange(from_zero=True),
            left=LEFT,
            least_height=30,
        )
        self.plot.set_ticks("left", [])
        self.plot.set_ticks("bottom", [])
        add = self.plot.add
        self._sides = tuple(sides)
        self._zero = add(pg.InfiniteLine(0, angle=0))
        self._parting = add(pg.InfiniteLine(0, angle=90))
        self._arrow = add(pg.ScatterPlotItem(symbol=SYMBOLS["doubt"], size=9))
        self.curves: list[Any] = [add(pg.PlotCurveItem()) for _ in self._sides]
        self._cursor = add(pg.InfiniteLine(0, angle=90))
        self._series: list[Series] = [_NONE for _ in self._sides]
        self._parts_at: float | None = None
        self.part(None)

    def show(self, *series: Series) -> None:
        """One for each curve."""
        self._series = list(series)
        low, high = self.plot.fit_y(*extent(*(values for _, values in series)))
        self.caption.set_scale(*scale_of(low, high))
        self._draw()
        self.part(self._parts_at)

    def set_range(self, low: float, high: float) -> None:
        """The t in sight."""
        self.plot.set_x(low, high)
        self._draw()

    def part(self, t: float | None) -> None:
        """Mark where the branches part; None where they do not."""
        self._parts_at = t
        self._parting.setVisible(t is not None)
        self._arrow.setVisible(t is not None)
        if t is not None:
            low, high = self.plot.item.vb.viewRange()[1]
            self._parting.setValue(t)
            self._arrow.setData([t], [high - 0.12 * (high - low)])

    def point(self, t: float) -> None:
        """Move the cursor; the caption says the values there."""
        self._cursor.setValue(t)
        values = [value_at(*series, t) for series in self._series]
        self.caption.set_values(
            *(
                Value(signed(v, 2), "text")
                if side is None
                else Value(f"{side} {text}", COLORS[side])
                for side, v, text in zip(self._sides, values, _alike(values), strict=True)
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.caption.set_theme(theme)
        self.plot.set_theme(theme)
        self._zero.setPen(theme.pen("grid"))
        self._parting.setPen(theme.line("doubt"))
        self._arrow.setPen(theme.pen("plot"))
        self._arrow.setBrush(theme.brush("doubt"))
        self._cursor.setPen(theme.pen("accent"))
        for side, curve in zip(self._sides, self.curves, strict=True):
            curve.setPen(theme.pen("text") if side is None else side_pen(theme, side))

    def _draw(self) -> None:
        """What is in sight, and one point more at each end."""
        low, high = self.plot.item.vb.viewRange()[0]
        for (t, values), curve in zip(self._series, self.curves, strict=True):
            first, last = np.searchsorted(t, [low, high])
            inside = slice(max(0, int(first) - 1), int(last) + 1)
            curve.setData(*thinned(t[inside], values[inside], MOST_POINTS), connect="finite")


class CompareLanes(QWidget):
    """Three lanes on one axis; the mouse selects a t."""

    t_selected = pyqtSignal(int)

    def __init__(self, lanes: Sequence[PairLane], axis: Plot, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.setObjectName("compare-lanes")
        self.setToolTip(TOOLTIP)
        self.setAutoFillBackground(True)
        parting = (Legend("doubt", "first divergence"),)
        self.header = Header("Over t", parting, theme, one_line=True)
        self.returns, self.difference, self.gains = self.lanes = tuple(lanes)
        self._axis = axis
        self._span, self._last = Span(), 0.0
        self._lay_out()
        mouse = self._mouse = TimeMouse(self)
        for lane in self.lanes:
            mouse.watch(lane.plot)
        mouse.scrubbed.connect(self._select)
        mouse.panned.connect(self._pan)
        mouse.zoomed.connect(self._zoom)
        mouse.left_twice.connect(self._fit)

    @classmethod
    def in_turns(cls, theme: Theme = LIGHT) -> Generator[None, None, CompareLanes]:
        """Makes one plot at a time, and returns the whole."""
        both, none = tuple[Side | None, ...](SIDES), (None,)
        lanes = []
        for name, sides in (
            ("return", both),
            (f"return, B {MINUS} A", none),
            ("gain of J", both),
        ):
            lanes.append(PairLane(name, "", sides, theme))
            yield
        axis = Plot(
            y_name="", x_name="environment step t", theme=theme, left=LEFT, least_height=31
        )
        yield
        return cls(lanes, axis, theme)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What takes long to show."""
        return (*(lane.plot for lane in self.lanes), self._axis)

    def show_histories(self, a: History, b: History) -> None:
        """Both branches in the episode under the cursor."""
        ends = [float(history.t[-1]) for history in (a, b) if len(history)]
        self._last = max(ends, default=0.0)
        self._span.grow(self._last)
        self.returns.show((a.t, a.episode_return), (b.t, b.episode_return))
        self.difference.show(less(a, b))
        self.gains.show((a.t, a.objective_gain), (b.t, b.objective_gain))
        self.gains.plot.note("" if ends else "no environment step yet")
        self._show_range()

    def part(self, t: int | None) -> None:
        """Mark where the branches part, in the episode that is shown."""
        for lane in self.lanes:
            lane.part(None if t is None else float(t))

    def point(self, episode: int, t: int) -> None:
        """Move the cursor."""
        for lane in self.lanes:
            lane.point(float(t))
        if not self._span.holds(float(t)):
            self._span.follow(float(t))
            self._show_range()
        self.header.set_readout((f"episode {episode}", "text"), (f"t = {t}", "text"))

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("plot"))
        self.setPalette(palette)
        self.header.set_theme(theme)
        self._axis.set_theme(theme)
        for lane in self.lanes:
            lane.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        captions = all(lane.caption.labels_fit() for lane in self.lanes)
        return captions and self.header.labels_fit()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setHorizontalSpacing(0)
        for row, lane in enumerate(self.lanes):
            grid.addWidget(lane.caption, row, 0)
            grid.addWidget(lane.plot, row, 1)
            grid.setRowStretch(row, 1)
        self._axis.setFixedHeight(31)
        self._axis.set_ticks("left", [])
        grid.addWidget(self._axis, len(self.lanes), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 2)
        column.setSpacing(1)
        column.addWidget(self.header)
        column.addLayout(grid, 1)

    def _show_range(self) -> None:
        for lane in self.lanes:
            lane.set_range(*self._span.range)
        self._axis.set_x(*self._span.range)

    def _select(self, t: float) -> None:
        self.t_selected.emit(int(min(max(round(t), 0), self._last)))

    def _zoom(self, factor: float, at: float) -> None:
        self._span.zoom(factor, at)
        self._show_range()

    def _pan(self, by: float) -> None:
        self._span.pan(by)
        self._show_range()

    def _fit(self) -> None:
        self._span.fit()
        self._show_range()


def value_at(t: Column, values: Column, at: float) -> float:
    """The value at that t; NaN where there is none."""
    place = int(np.searchsorted(t, at))
    return float(values[place]) if place < len(t) and t[place] == at else float("nan")


def less(a: History, b: History) -> Series:
    """How much more B has returned than A, where both have that t."""
    t, ours, theirs = np.intersect1d(a.t, b.t, return_indices=True)
    return t, b.episode_return[theirs] - a.episode_return[ours]


def _alike(values: Sequence[float]) -> list[str]:
    """All with one number of decimals."""
    if 0 < max((abs(v) for v in values if np.isfinite(v)), default=0.0) < 1:
        return list(summands(*values, digits=3))
    places = 1 if max((abs(v) for v in values if np.isfinite(v)), default=0.0) >= 100 else 2
    return [
        f"{v:.{places}f}".replace("-", MINUS) if np.isfinite(v) else NOTHING for v in values
    ]
