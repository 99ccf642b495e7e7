"""The gradient of the objective, and how far the weights have moved, layer by layer."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QBrush, QColor
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.readouts import NOTHING, against, plain
from app.state.moment import Moment
from app.theme import LIGHT, PLOT_TEXT, Theme, text_width
from app.views.curves import Floats, numbers
from app.views.header import Header, Legend, Part
from app.views.layer_bars import LayerBars
from app.views.plot import Plot
from app.views.view import View
from core.traces.trace import GradientUpdate

_NO_GRADIENT = "no gradient at this environment step"
LEAST_HEIGHT = 88
"""Pixels of a chart, for four layers."""
MOST_BARS = 6
"""Gradients shown side by side in a layer; of more updates, evenly chosen ones."""

TOOLTIP = """<p><b>|∂J/∂ψ|</b>: norm of the gradient in each layer of the policy, before
clipping, at each gradient update k; k = E has none, its weights act. |g|: over all layers.</p>
<p><b>cos</b>: cosine of the angle between the gradients at k and k − 1. Near 1 the updates
agree; below 0 they undo each other.</p>
<p><b>Drift |ψ<sub>k</sub> − ψ<sub>0</sub>|</b>: distance of the weights from the pretrained
policy. Dashed: gradient and drift of the reference moment.</p>
<p><b>▶</b>: this bar goes on beyond the axis, to the number before the sign. The axis holds
the last moments, but for one that is far beyond all others.</p>"""


class GradientView(View):
    """Two bar charts that share the layers: the gradient's norm for each k, the drift at k."""

    def __init__(self, theme: Theme = LIGHT, *, norms: Plot | None = None) -> None:
        """`norms` was made before by `norm_chart`, in a turn of its own."""
        super().__init__(
            Header("Gradient by layer", (), theme), tooltip=TOOLTIP, object_name="gradient-view"
        )
        drifts = Plot(
            y_name="|ψₖ − ψ₀|, weight",
            x_name="drift",
            theme=theme,
            left=8,
            least_height=LEAST_HEIGHT,
        )
        self._norms = LayerBars(norms or norm_chart(theme))
        self._drifts = LayerBars(drifts)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._norms.plot, 3)
        row.addWidget(drifts, 2)
        self.body.addLayout(row, 1)
        self._layers: tuple[str, ...] = ()
        self.set_theme(theme)

    @property
    def _charts(self) -> tuple[LayerBars, LayerBars]:
        return self._norms, self._drifts

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What takes long to show: the whole view, but for the smaller chart, and that."""
        return (self, self._drifts.plot)

    def draw(self, moment: Moment) -> None:
        """Update the bars and the numbers."""
        after = moment.after
        self._norms.plot.note("" if after else "waiting for the first gradient update")
        if after is None:
            return
        self._show_layers(_layer_names(moment, after))
        with_gradient = [u for u in moment.updates if not np.isnan(u.gradient_norm)]
        absent = "not recorded" if moment.foreign else _NO_GRADIENT
        self._norms.plot.note("" if with_gradient else absent)
        unknown = moment.foreign and bool(np.isnan(after.layer_drifts).all())
        self._drifts.plot.note("not recorded" if unknown else "")
        norms, drifts = _reference_rows(self.selection.reference)
        self._draw_norms(_evenly(with_gradient, MOST_BARS), moment, norms)
        self._draw_drifts(after, moment, drifts)
        self._show_legend(len(with_gradient))
        self.header.set_readout(*_readout(moment, after))

    def share_scale(self, other: GradientView) -> None:
        """The same axes as in another view, so that bars can be compared by eye."""
        for ours, theirs in zip(self._charts, other._charts, strict=True):
            ours.range = theirs.range

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        for chart in self._charts:
            chart.range.forget()

    def restyle(self, theme: Theme) -> None:
        """The bars take their colours when drawn."""
        for chart in self._charts:
            chart.set_theme(theme)

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
        for chart, shown in zip(self._charts, (ticks, []), strict=True):
            chart.show_rows(count)
            chart.plot.set_ticks("left", shown)
        self._norms.plot.set_left(width)

    def _draw_norms(
        self, updates: list[GradientUpdate], moment: Moment, reference: Floats
    ) -> None:
        count = len(self._layers)
        self._norms.show(
            [_row_values(u.layer_gradient_norms, count) for u in updates],
            [self._shade(u.k, moment.ascent_steps) for u in updates],
            reference,
            _place(moment),
        )

    def _draw_drifts(self, after: GradientUpdate, moment: Moment, reference: Floats) -> None:
        drifts = _row_values(after.layer_drifts, len(self._layers))
        brush = self.theme.brush("after")
        self._drifts.show([drifts], [brush], reference, _place(moment), share=0.5)

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
    return Plot(
        y_name="|∂J/∂ψ|, reward / weight",
        x_name="gradient norm",
        theme=theme,
        least_height=LEAST_HEIGHT,
    )


def _place(moment: Moment) -> Hashable:
    """One for each t: of two branches that share an axis both may hold the same record."""
    return moment.episode, moment.t


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
