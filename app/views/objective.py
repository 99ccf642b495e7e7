"""The objective over the gradient updates of one environment step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from app.readouts import against, alike, pair, signed
from app.state.moment import NOT_RECORDED, Moment
from app.theme import LIGHT, SYMBOLS, Role, Theme
from app.views.curves import Floats, extent, fan, numbers
from app.views.header import Header, Legend, Part
from app.views.highlight import ChosenLine, missing, reference_pen
from app.views.picking import nearest_line
from app.views.plot import Plot, round_stride
from app.views.view import View
from core.traces.trace import GradientUpdate

TOOLTIP = """<p><b>Objective J(k)</b> after k gradient updates, k = 0 .. E, on the
same noise at every k. J holds the imagined rewards and the terminal value; it is not a return.
The axis shows its distance from the mean at k = 0.</p>
<p>Thin lines: one particle each; click one to pick it out everywhere. Bars: ± 1 standard
deviation over the particles. Dashed: the reference moment, from its own J(0).
Green: the change of the same objective in the true simulator, from its own value before; its
level is another, by the model's error.</p>"""


class ObjectiveView(View):
    """J(k) - mean J(0): mean, spread, every particle, and the true simulator's answer."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("before", "before"),
            Legend("after", "after"),
            Legend("frozen", "particle", "thin"),
            Legend("real", "true", "both"),
        )
        super().__init__(
            Header("Objective", legend, theme), tooltip=TOOLTIP, object_name="objective-view"
        )
        self._plot = Plot(
            y_name="J(k) − J(0), reward",
            x_name="gradient update k",
            theme=theme,
        )
        self.body.addWidget(self._plot, 1)
        add = self._plot.add
        self._zero = add(pg.InfiniteLine(0, angle=0))
        self._particles = add(pg.PlotCurveItem())
        self._reference = add(pg.PlotCurveItem())
        self._errors = add(pg.ErrorBarItem(beam=0.05))
        self._mean = add(pg.PlotCurveItem(antialias=True))
        self._true = add(pg.PlotCurveItem(antialias=True))
        self._true_dots = add(pg.ScatterPlotItem(symbol=SYMBOLS["real"], size=8))
        self._dots = add(pg.ScatterPlotItem())
        self._chosen = ChosenLine(self._plot)
        self._cursor = add(pg.ScatterPlotItem(symbol="o", size=16))
        self._shown_steps = -1
        self._lines: tuple[Floats, Floats] = (np.empty(0), np.empty((0, 0)))
        self._plot.make_clickable()
        self._plot.clicked.connect(self._pick)
        self.set_theme(theme)

    def draw(self, moment: Moment) -> None:
        """Update curves, dots and numbers; J is shown relative to its mean at k = 0."""
        before, after = moment.before, moment.after
        self._plot.note("" if before else "waiting for the first gradient update")
        if before is None or after is None:
            return
        absent = moment.foreign and all(np.isnan(u.objective) for u in moment.updates)
        if absent:
            self._plot.note(f"J {NOT_RECORDED}")
        for dots in (self._dots, self._cursor):
            dots.setVisible(not absent)
        self._fit_x(moment.ascent_steps)
        offset = before.objective if np.isfinite(before.objective) else 0.0
        k = np.array([update.k for update in moment.updates], dtype=float)
        mean = np.array([update.objective for update in moment.updates]) - offset
        spread = numbers(np.array([u.objective_std for u in moment.updates]), 0.0)
        particles = _particle_lines(moment.updates) - offset
        true = _true_gain(moment, after)
        finite = np.isfinite(mean)
        self._particles.setData(*fan(k, particles), connect="finite")
        self._lines = k, particles
        self._chosen.show(k, particles, self.selection.particle)
        reference = _reference_curve(self.selection.reference)
        self._reference.setData(*reference, connect="finite")
        self._mean.setData(k, mean, connect="finite")
        self._errors.setData(
            x=k[finite], y=mean[finite], top=spread[finite], bottom=spread[finite]
        )
        self._draw_dots(k, mean, moment)
        self._true.setData([0.0, float(after.k)], true, connect="finite")
        self._true_dots.setData([0.0, float(after.k)], numbers(true, 0.0))
        self._true_dots.setVisible(bool(np.isfinite(true).all()))
        self._cursor.setData([float(after.k)], [float(numbers(mean[k == after.k], 0.0)[0])])
        shown = (mean - spread, mean + spread, particles, true, reference[1], np.zeros(1))
        self._plot.fit_y(*extent(*shown), size=offset)
        self.header.set_readout(*_readout(moment, before, after))

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """Its J before and at the cursor."""
        before, after = moment.before, moment.after
        if before is None or after is None:
            return ()
        kept = min(len(u.particle_objectives) for u in (before, after))
        if particle >= kept:
            return missing(kept)
        first = float(before.particle_objectives[particle])
        second = float(after.particle_objectives[particle])
        shown = pair(first, second)
        return (
            ("J", "muted"),
            (shown[0], "before_text"),
            (f"→ {shown[1]}", "after_text"),
            (f"gain {signed(second - first)}", "text"),
        )

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """J and both gains."""
        after, other = moment.after, reference.after
        if after is None or other is None:
            return ()
        gains = [
            u.objective - m.updates[0].objective
            for u, m in ((after, moment), (other, reference))
        ]
        true = [_true_gain(m, u)[1] for u, m in ((after, moment), (other, reference))]
        parts: list[Part] = [
            (f"J {against(after.objective, other.objective)}", "after_text"),
            (f"gain {against(*gains)}", "text"),
        ]
        if np.isfinite(true).all():
            parts.append((f"true {against(*true)}", "real_text"))
        return tuple(parts)

    def share_scale(self, other: ObjectiveView) -> None:
        """The same axis as in another view, so that curves can be compared by eye."""
        self._plot.share_range(other._plot)

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        self._zero.setPen(theme.pen("grid"))
        self._particles.setPen(theme.pen("frozen", alpha=0.45))
        self._errors.setOpts(pen=theme.pen("muted"))
        self._mean.setPen(theme.pen("text", 2))
        self._true.setPen(theme.line("real", 2))
        self._true_dots.setBrush(theme.brush("real"))
        self._true_dots.setPen(theme.pen("plot"))
        self._chosen.restyle(theme)
        self._reference.setPen(reference_pen(theme))
        self._cursor.setPen(theme.pen("accent", 1.5))
        self._cursor.setBrush(None)

    def _pick(self, at: Floats) -> None:
        k, particles = self._lines
        lines = self._plot.pixels(np.broadcast_to(k, particles.shape), particles)
        self.particle_picked.emit(nearest_line(at, lines))

    def _fit_x(self, ascent_steps: int) -> None:
        if ascent_steps == self._shown_steps:
            return
        self._shown_steps = ascent_steps
        self._plot.set_x(-0.3 - 0.03 * ascent_steps, ascent_steps + 0.3 + 0.03 * ascent_steps)
        stride = round_stride(ascent_steps / 8)
        inner = [(float(k), str(k)) for k in range(stride, ascent_steps - stride + 1, stride)]
        words = ("  before", "  after") if ascent_steps <= 5 else ("", "")
        ends = [(0.0, f"0{words[0]}"), (float(ascent_steps), f"{ascent_steps}{words[1]}")]
        self._plot.set_ticks("bottom", ends[: 1 + (ascent_steps > 0)] + inner)

    def _draw_dots(self, k: NDArray[Any], mean: NDArray[Any], moment: Moment) -> None:
        styles = [_style(update) for update in moment.updates]
        self._dots.setData(
            k,
            numbers(mean, 0.0),
            symbol=[SYMBOLS[style] for style in styles],
            brush=[self.theme.brush(style) for style in styles],
            pen=[self.theme.pen("plot" if s != "refused" else s) for s in styles],
            size=[11 if s == "after" else 9 for s in styles],
        )


def _style(update: GradientUpdate) -> Role:
    if not update.finite:
        return "refused"
    return "before" if update.k == 0 else "after"


def _readout(moment: Moment, before: GradientUpdate, after: GradientUpdate) -> tuple[Part, ...]:
    if moment.foreign and np.isnan(after.objective):
        return ((f"J at k = {after.k} {NOT_RECORDED}", "muted"),)
    first, second = pair(before.objective, after.objective)
    if after.k == before.k:
        steps = moment.ascent_steps
        where = f"at k = 0 of {steps}" if steps else "no updates (E = 0)"
        return (("J", "muted"), (first, "before_text"), (where, "muted"))
    proposal = moment.proposal
    acts = proposal is not None and after.k == proposal.k
    true_gain = proposal.true_gain if proposal is not None and acts else float("nan")
    gain, true = alike(after.objective - before.objective, true_gain)
    parts: list[Part] = [
        ("J", "muted"),
        (first, "before_text"),
        (f"→ {second}", "after_text"),
        (f"gain {gain}", "text"),
    ]
    if not all(update.finite for update in moment.updates):
        parts.append(("not finite", "refused_text"))
    elif acts and not (moment.foreign and np.isnan(true_gain)):
        parts.append((f"true {true}", "real_text"))
    return tuple(parts)


def _particle_lines(updates: Sequence[GradientUpdate]) -> NDArray[np.float64]:
    """J of each particle (rows) at each k (columns); NaN where a record holds fewer."""
    lines = np.full((max(len(u.particle_objectives) for u in updates), len(updates)), np.nan)
    for column, update in enumerate(updates):
        lines[: len(update.particle_objectives), column] = update.particle_objectives
    return lines


def _true_gain(moment: Moment, after: GradientUpdate) -> Floats:
    """0 and the true gain; NaN unless the cursor is at the k > 0 that acts.

    From its own value before: where the model is poor, the true level is so far off that the
    gain could not be seen beside it.
    """
    proposal = moment.proposal
    if proposal is None or after.k != proposal.k or after.k == 0:
        return np.full(2, np.nan)
    return numbers(np.array([0.0, proposal.true_gain]))


def _reference_curve(reference: Moment | None) -> tuple[Floats, Floats]:
    """k and J(k) - J(0) of the reference; empty without one."""
    updates = () if reference is None else reference.updates
    k = np.array([update.k for update in updates], dtype=float)
    levels = numbers(np.array([update.objective for update in updates]))
    return k, levels - levels[:1]
