"""What an update did to the action: before, after, frozen, and the trust region."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QResizeEvent

from app.readouts import against, fraction, plain, signed
from app.state.moment import NOT_RECORDED, Moment
from app.theme import LIGHT, PLOT_TEXT, SYMBOLS, Theme, text_width
from app.views.curves import Floats, known, numbers, segments
from app.views.header import Header, Legend, Part
from app.views.highlight import reference_pen
from app.views.plot import Plot
from app.views.view import View
from core.traces.trace import GradientUpdate

ROW = 10
"""Pixels from one row to the next at which neighbouring words do not touch."""
ROOM_FOR = 8
"""Rows for which the view asks for room; of more, some go without words where it is low."""
OFFSET = 0.17
"""Rows that before stands above the frozen action, and after below: close values stay apart."""

TOOLTIP = """<p><b>Action π<sub>ψ</sub>(s<sub>t</sub>)</b> in each dimension, from −1 to 1:
before the updates (k = 0), at the cursor k, and of the frozen, pretrained policy. The number
at the right is the change from before. Dashed: the action at the reference moment, and the
distance to it in brackets.</p>
<p><b>Trust region</b>: the band that the action may not leave, ± ρ around the frozen action. If
the updates leave it, ψ is drawn back towards ψ<sub>0</sub> by a factor c = 1/2, 1/4, ..</p>"""


class ActionView(View):
    """One row for each action dimension."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("before", "before"),
            Legend("after", "after"),
            Legend("frozen", "frozen"),
            Legend("frozen", "trust region", "band"),
        )
        super().__init__(
            Header("Action", legend, theme), tooltip=TOOLTIP, object_name="action-view"
        )
        self._plot = Plot(
            y_name="π(sₜ) by dimension", x_name="action, scaled to −1 .. 1", theme=theme
        )
        self._name_changes(compared=False)
        self._plot.set_x(-1.1, 1.1)
        self._plot.set_ticks("bottom", [(x, plain(x, 1)) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)])
        self.body.addWidget(self._plot, 1)
        add = self._plot.add
        self._band = add(_bars())
        self._rails = add(pg.PlotCurveItem())
        self._change = add(pg.PlotCurveItem(antialias=True))
        self._frozen = add(pg.PlotCurveItem())
        self._reference = add(pg.PlotCurveItem())
        self._before = add(pg.ScatterPlotItem(symbol=SYMBOLS["before"], size=9))
        self._after = add(pg.ScatterPlotItem(symbol=SYMBOLS["after"], size=11))
        self._names: tuple[str, ...] = ()
        self._stride = 1
        self.set_theme(theme)

    def draw(self, moment: Moment) -> None:
        """Update dots, band and numbers."""
        before, after = moment.before, moment.after
        self._plot.note("" if before else "waiting for the first action")
        if before is None or after is None:
            return
        first, second = numbers(before.action), numbers(after.action)
        frozen = _frozen_action(moment, before)
        size = len(first)
        self._show_names(_action_names(moment, size))
        rows = size - 1 - np.arange(size, dtype=float)
        self._before.setData(*known(first, rows + OFFSET))
        self._after.setData(*known(second, rows - OFFSET))
        self._change.setData(
            *segments(first, rows + OFFSET, second, rows - OFFSET), connect="pairs"
        )
        self._frozen.setData(
            *segments(frozen, rows - 0.36, frozen, rows + 0.36), connect="pairs"
        )
        self._draw_band(frozen, rows, moment.settings.trust_radius)
        other = _reference_action(self.selection.reference, size)
        self._reference.setData(
            *segments(other, rows - 0.46, other, rows + 0.46), connect="pairs"
        )
        self._draw_changes(rows, second - first, second - other)
        self.header.set_readout(*_readout(moment, after, second - first))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """As many words as there is room for."""
        super().resizeEvent(event)
        if self._names and self._stride != self._fitting_stride():
            self._write_names()
            self.redraw()

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        self._band.setOpts(brush=theme.brush("frozen", 0.22), pen=pg.mkPen(None))
        self._rails.setPen(theme.pen("grid", 2))
        self._change.setPen(theme.pen("muted"))
        self._frozen.setPen(theme.pen("frozen", 2))
        self._reference.setPen(reference_pen(theme))
        self._before.setBrush(theme.brush("before"))
        self._after.setBrush(theme.brush("after"))
        for dots in (self._before, self._after):
            dots.setPen(theme.pen("plot"))

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """The largest distance to the reference's action."""
        after = moment.after
        if after is None:
            return ()
        gap = numbers(after.action) - _reference_action(reference, len(after.action))
        return ((f"largest distance {plain(float(np.abs(gap).max()), 2)}", "text"),)

    def _draw_changes(self, rows: Floats, change: Floats, gap: Floats) -> None:
        """The column at the right: change from before, and distance to the reference."""
        compared = self.selection.reference is not None
        self._name_changes(compared=compared)
        texts = [
            f"{signed(d, 2)} {against(g, 0.0)}" if compared else signed(d, 2)
            for d, g in zip(change, gap, strict=True)
        ]
        written = list(zip(rows, texts, strict=True))[:: self._stride]
        self._plot.set_ticks("right", written)

    def _name_changes(self, *, compared: bool) -> None:
        widest, name = (
            ("+0.0000 (+0.0000)", "change (vs ref.)") if compared else ("+0.0000", "change")
        )
        self._plot.show_right(int(text_width(widest, PLOT_TEXT)) + 8, name)

    def _show_names(self, names: tuple[str, ...]) -> None:
        """The first dimension at the top, its rail from -1 to 1."""
        if names == self._names:
            return
        self._names = names
        size = len(names)
        rows = size - 1 - np.arange(size, dtype=float)
        self._plot.set_left(int(max(text_width(name, PLOT_TEXT) for name in names)) + 14)
        self._plot.set_y(-0.6, size - 0.4)
        self._plot.ask_for_room(ROW * min(size, ROOM_FOR))
        self._write_names()
        self._rails.setData(
            *segments(-np.ones(size), rows, np.ones(size), rows), connect="pairs"
        )

    def _write_names(self) -> None:
        """From the first on, all of them or every second, third .."""
        self._stride = self._fitting_stride()
        last = len(self._names) - 1
        names = [(float(last - place), name) for place, name in enumerate(self._names)]
        self._plot.set_ticks("left", names[:: self._stride])

    def _fitting_stride(self) -> int:
        return max(1, math.ceil(ROW * len(self._names) / max(1, self._plot.room)))

    def _draw_band(self, frozen: Floats, rows: Floats, radius: float | None) -> None:
        shown = radius is not None and bool(np.isfinite(frozen).all())
        self._band.setVisible(shown)
        if shown and radius is not None:
            low, high = np.maximum(frozen - radius, -1.0), np.minimum(frozen + radius, 1.0)
            self._band.setOpts(x0=low, y=rows, width=high - low, height=0.72)


def _readout(moment: Moment, after: GradientUpdate, change: Floats) -> tuple[Part, ...]:
    largest = float(np.abs(change).max())
    parts: list[Part] = [(f"largest change {plain(largest, 2)}", "text")]
    if moment.foreign and np.isnan(largest):
        parts = [(f"action before: {NOT_RECORDED}", "muted")]
    radius = moment.settings.trust_radius
    if not moment.foreign:
        parts.append(
            (f"ρ {plain(radius, 2)}" if radius is not None else "no trust region", "muted")
        )
    if moment.proposal is not None and moment.proposal.fallback:
        parts.append(("✕ frozen action acts", "refused_text"))
    elif after.k == moment.acting_k and after.trust_factor < 1:
        text = (
            "✕ update refused"
            if after.trust_factor == 0
            else f"✕ shrunk to {fraction(after.trust_factor)}"
        )
        parts.append((text, "refused_text"))
    return tuple(parts)


def _frozen_action(moment: Moment, before: GradientUpdate) -> Floats:
    """The pretrained policy's action; NaN while it is not recorded.

    Where psi is reset at every environment step it is the action at k = 0.
    """
    if moment.proposal is not None:
        return numbers(moment.proposal.frozen_action)
    known = moment.settings.reset_mode == "step"
    return numbers(before.action) if known else np.full(len(before.action), np.nan)


def _reference_action(reference: Moment | None, size: int) -> Floats:
    """The reference's action at its k; NaN without one, or of another size."""
    other = None if reference is None else reference.after
    if other is None or len(other.action) != size:
        return np.full(size, np.nan)
    return numbers(other.action)


def _action_names(moment: Moment, size: int) -> tuple[str, ...]:
    names = moment.task.action_names
    return names if len(names) == size else tuple(f"action {i + 1}" for i in range(size))


def _bars() -> pg.BarGraphItem:
    return pg.BarGraphItem(x0=[0.0], y=[0.0], width=[0.0], height=0.7)
