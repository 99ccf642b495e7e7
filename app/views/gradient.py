"""The gradient of the objective, and how far the weights have moved, layer by layer."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtGui import QBrush, QColor
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.readouts import NOTHING, against, plain, tick
from app.state.moment import Moment
from app.theme import LIGHT, PLOT_TEXT, Theme, text_width
from app.views.calm_range import CalmRange
from app.views.curves import Floats, numbers, segments
from app.views.header import Header, Legend, Part
from app.views.highlight import reference_pen
from app.views.plot import Plot
from app.views.view import View
from core.traces.trace import GradientUpdate

_NO_GRADIENT = "no gradient at this environment step"
MOST_BARS = 6
"""Gradients shown side by side in a layer; of more updates, evenly chosen ones."""

TOOLTIP = """<p><b>|∂J/∂ψ|</b>: norm of the gradient in each layer of the policy, before
clipping, at each gradient update k; k = E has none, its weights act. |g|: over all layers.</p>
<p><b>cos</b>: cosine of the angle between the gradients at k and k − 1. Near 1 the updates
agree; below 0 they undo each other.</p>
<p><b>Drift |ψ<sub>k</sub> − ψ<sub>0</sub>|</b>: distance of the weights from the pretrained
policy. Dashed: gradient and drift of the reference moment.</p>"""


class GradientView(View):
    """Two bar charts that share the layers: the gradient's norm for each k, the drift at k."""

    def __init__(self, theme: Theme = LIGHT, *, norms: Plot | None = None) -> None:
        """`norms` was made before by `norm_chart`, in a turn of its own."""
        super().__init__(
            Header("Gradient by layer", (), theme), tooltip=TOOLTIP, object_name="gradient-view"
        )
        self._norms = norms or norm_chart(theme)
        self._drifts = Plot(y_name="|ψₖ − ψ₀|, weight", x_name="drift", theme=theme, left=8)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._norms, 3)
        row.addWidget(self._drifts, 2)
        self.body.addLayout(row, 1)
        self._norm_range = CalmRange(from_zero=True)
        self._drift_range = CalmRange(from_zero=True)
        self._norm_bars = self._norms.add(_bars())
        self._drift_bars = self._drifts.add(_bars())
        self._reference_norms = self._norms.add(pg.PlotCurveItem())
        self._reference_drifts = self._drifts.add(pg.PlotCurveItem())
        self._layers: tuple[str, ...] = ()
        self.set_theme(theme)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What takes long to show: the whole view, but for the smaller chart, and that."""
        return (self, self._drifts)

    def draw(self, moment: Moment) -> None:
        """Update the bars and the numbers."""
        after = moment.after
        self._norms.note("" if after else "waiting for the first gradient update")
        if after is None:
            return
        self._show_layers(_layer_names(moment, after))
        with_gradient = [u for u in moment.updates if not np.isnan(u.gradient_norm)]
        absent = "not recorded" if moment.foreign else _NO_GRADIENT
        self._norms.note("" if with_gradient else absent)
        unknown = moment.foreign and bool(np.isnan(after.layer_drifts).all())
        self._drifts.note("not recorded" if unknown else "")
        norms, drifts = _reference_rows(self.selection.reference)
        self._draw_norms(_evenly(with_gradient, MOST_BARS), moment, norms)
        self._draw_drifts(after, drifts)
        self._show_legend(len(with_gradient))
        self.header.set_readout(*_readout(moment, after))

    def share_scale(self, other: GradientView) -> None:
        """The same axes as in another view, so that bars can be compared by eye."""
        self._norm_range, self._drift_range = other._norm_range, other._drift_range

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        self._norm_range.forget()
        self._drift_range.forget()

    def restyle(self, theme: Theme) -> None:
        """The bars take their colours when drawn."""
        for curve in (self._reference_norms, self._reference_drifts):
            curve.setPen(reference_pen(theme))

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """Norm of the newest gradient and drift."""
        after, other = moment.after, reference.after
        if after is None or other is None:
            return ()
        parts: list[Part] = []
        newest, compared = newest_gradient(moment), newest_gradient(reference)
        if newest is not None and compared is not None:
            norms = against(newest.gradient_norm, compared.gradient_norm)
            parts.append((f"|g| {norms}", "before_text"))
        parts.append((f"drift {against(after.drift, other.drift)}", "after_text"))
        return tuple(parts)

    def _show_layers(self, names: tuple[str, ...]) -> None:
        """First layer at the top; the names stand once, at the left of both charts."""
        if names == self._layers:
            return
        self._layers = names
        count = len(names)
        ticks = [(float(count - 1 - i), name) for i, name in enumerate(names)]
        width = int(max((text_width(name, PLOT_TEXT) for name in names), default=0)) + 14
        self._norms.set_left(width)
        for plot in (self._norms, self._drifts):
            plot.set_y(-0.6, count - 0.4)
        self._norms.set_ticks("left", ticks)
        self._drifts.set_ticks("left", [])

    def _draw_norms(
        self, updates: list[GradientUpdate], moment: Moment, reference: Floats
    ) -> None:
        count, bars = len(self._layers), max(1, len(updates))
        height = 0.76 / bars
        rows = count - 1 - np.arange(count, dtype=float)
        centers = [rows + 0.38 - height * (place + 0.5) for place in range(len(updates))]
        widths = [_row_values(u.layer_gradient_norms, count) for u in updates]
        shade = [self._shade(u.k, moment.ascent_steps) for u in updates]
        self._norm_bars.setOpts(
            x0=0.0,
            y=np.concatenate(centers) if updates else np.zeros(1),
            width=np.concatenate(widths) if updates else np.zeros(1),
            height=height,
            brushes=[brush for brush in shade for _ in range(count)]
            or [self.theme.brush("grid")],
        )
        self._reference_norms.setData(*_row_ticks(reference, count), connect="pairs")
        if updates:
            _set_x(self._norms, self._norm_range, np.concatenate([*widths, reference]))

    def _draw_drifts(self, after: GradientUpdate, reference: Floats) -> None:
        count = len(self._layers)
        drifts = _row_values(after.layer_drifts, count)
        self._drift_bars.setOpts(
            x0=0.0,
            y=count - 1 - np.arange(count, dtype=float),
            width=drifts,
            height=0.5,
            brushes=[self.theme.brush("after")] * count,
        )
        self._reference_drifts.setData(*_row_ticks(reference, count), connect="pairs")
        _set_x(self._drifts, self._drift_range, np.concatenate([drifts, reference]))

    def _shade(self, k: int, ascent_steps: int) -> QBrush:
        """From `before` at k = 0 towards `after` at k = E."""
        share = k / max(1, ascent_steps)
        first, last = self.theme.rgba("before"), self.theme.rgba("after")
        mixed = [(1 - share) * a + share * b for a, b in zip(first, last, strict=True)]
        return QBrush(QColor.fromRgbF(*mixed))

    def _show_legend(self, gradients: int) -> None:
        norms = Legend("before", "k = 0" if gradients < 2 else f"k = 0 .. {gradients - 1}")
        drift = Legend("after", "drift at k")
        self.header.set_legend((norms, drift) if gradients else (drift,))


def _readout(moment: Moment, after: GradientUpdate) -> tuple[Part, ...]:
    """Norm and cosine of the newest gradient up to the cursor, and the drift at the cursor."""
    newest = newest_gradient(moment)
    parts: list[Part] = []
    if newest is not None:
        parts.append((f"|g| {plain(newest.gradient_norm)} at k = {newest.k}", "before_text"))
        if newest.k:
            cosine = newest.gradient_cosine
            text = f"{cosine:+.2f}".replace("-", "−") if np.isfinite(cosine) else NOTHING
            parts.append((f"cos {text}", "text"))
    if not (moment.foreign and np.isnan(after.drift)):
        parts.append((f"drift {plain(after.drift)}", "after_text"))
    return tuple(parts)


def newest_gradient(moment: Moment) -> GradientUpdate | None:
    """The last update up to the cursor that has a gradient; k = E has none."""
    updates = [u for u in moment.updates if u.k <= moment.k and not np.isnan(u.gradient_norm)]
    return updates[-1] if updates else None


def _reference_rows(reference: Moment | None) -> tuple[Floats, Floats]:
    """Its newest gradient's norm and its drift, by layer; empty without one."""
    other = None if reference is None else reference.after
    gradient = None if reference is None else newest_gradient(reference)
    return (
        np.zeros(0) if gradient is None else numbers(gradient.layer_gradient_norms, 0.0),
        np.zeros(0) if other is None else numbers(other.layer_drifts, 0.0),
    )


def norm_chart(theme: Theme) -> Plot:
    """The larger chart of a view, still without its bars."""
    return Plot(y_name="|∂J/∂ψ|, reward / weight", x_name="gradient norm", theme=theme)


def _row_ticks(values: Floats, count: int) -> tuple[Floats, Floats]:
    """One upright segment at each value, in the rows of the layers from the top."""
    x = values[:count]
    rows = count - 1 - np.arange(len(x), dtype=float)
    return segments(x, rows - 0.42, x, rows + 0.42)


def _layer_names(moment: Moment, update: GradientUpdate) -> tuple[str, ...]:
    """The run's names; numbers where a record has another number of layers."""
    count = max(len(update.layer_gradient_norms), len(update.layer_drifts), 1)
    if len(moment.layer_names) == count:
        return moment.layer_names
    return tuple(f"layer {i + 1}" for i in range(count))


def _row_values(values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """`count` values, 0 for what is missing or not finite."""
    result = np.zeros(count)
    result[: len(values)] = numbers(values, 0.0)
    return result


def _evenly(updates: list[GradientUpdate], most: int) -> list[GradientUpdate]:
    """At most that many of them, the first and the last among them."""
    if len(updates) <= most:
        return updates
    return [updates[i] for i in np.linspace(0, len(updates) - 1, most).round().astype(int)]


def _set_x(plot: Plot, calm: CalmRange, values: Floats) -> None:
    """From a little below zero, so that the 0 of the axis is not cut off."""
    top = calm.fit(0.0, float(values.max()))[1]
    plot.set_x(-0.03 * top, top)
    far = _round_below(0.9 * top)
    plot.set_ticks("bottom", [(0.0, "0"), (far, tick(far, far))])


def _round_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above it: one label has room."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(n * power for n in (1, 2, 5) if n * power <= value))


def _bars() -> pg.BarGraphItem:
    return pg.BarGraphItem(x0=[0.0], y=[0.0], width=[0.0], height=0.5, pen=pg.mkPen(None))
