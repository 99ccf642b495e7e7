"""Why the objective changed: imagined rewards by step, and the terminal value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QComboBox, QHBoxLayout

from app.readouts import against, alike, summands
from app.state.moment import NOT_RECORDED, Moment
from app.theme import LIGHT, SYMBOLS, Role, Theme
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent, mean, numbers, some_rows
from app.views.header import Header, Legend, Part
from app.views.highlight import chosen_pen, missing
from app.views.picking import nearest_dot
from app.views.plot import Plot
from app.views.view import View
from core.traces.trace import GradientUpdate

MOST_DOTS = 400
"""Particle dots drawn in a chart; of more, evenly chosen particles."""

TOOLTIP = """<p><b>J is a sum</b>: the imagined rewards γ<sup>j</sup> σ<sub>j</sub>
r(s<sub>j</sub>, a<sub>j</sub>) for j = 0 .. H − 1, and the terminal value γ<sup>H</sup>
σ<sub>H</sub> Q(s<sub>H</sub>, π(s<sub>H</sub>)), divided by the critic's reward scale; σ is the
survival weight.</p>
<p>The terminal value is often a hundred times a reward, so it has an axis of its own, and the
charts show the <b>change</b> from before to after; choose <b>level</b> for the terms.</p>
<p>Bars: mean over the particles. Dots: particles, on the same noise before and after; click one
to pick it out everywhere, its terms are then the bars with a wide edge.</p>"""

CHANGE, LEVEL = "change", "level"


class DecompositionView(View):
    """Two bar charts with an axis each: rewards by imagined step j, and the terminal value."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        self._chooser = QComboBox()
        self._chooser.addItems([CHANGE, LEVEL])
        self._chooser.setToolTip("after − before of each term, or both levels side by side")
        super().__init__(
            Header("Why: rewards and value", (), theme, chooser=self._chooser),
            tooltip=TOOLTIP,
            object_name="decomposition-view",
        )
        self._chooser.currentTextChanged.connect(self.redraw)
        self._rewards = _Terms("imagined step j", theme)
        self._terminal = _Terms("terminal Q", theme)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._rewards.plot, 7)
        row.addWidget(self._terminal.plot, 3)
        self.body.addLayout(row, 1)
        for terms in (self._rewards, self._terminal):
            terms.plot.clicked.connect(lambda at, terms=terms: self._pick(terms, at))
        self.set_theme(theme)

    def draw(self, moment: Moment) -> None:
        """Update bars, dots and numbers."""
        before, after = moment.before, moment.after
        levels = self._chooser.currentText() == LEVEL
        self._rewards.plot.note(_missing(before, after, levels=levels))
        if before is None or after is None:
            return
        if moment.foreign and not (after.reward_terms.size or after.terminal_terms.size):
            self._say_absent()
            return
        horizon = before.reward_terms.shape[1]
        self._rewards.plot.setVisible(horizon > 0)
        if horizon:
            self._rewards.show(
                numbers(before.reward_terms),
                numbers(after.reward_terms),
                levels=levels,
                size=before.objective,
            )
        first, second = numbers(before.terminal_terms), numbers(after.terminal_terms)
        self._terminal.plot.setVisible(True)
        self._terminal.alone = not horizon
        self._terminal.show(
            first[:, None], second[:, None], levels=levels, size=before.objective
        )
        for terms in (self._rewards, self._terminal):
            terms.pick_out(self.selection.particle)
        self._terminal.plot.set_ticks("bottom", [(0.0, f"j = H = {horizon}")])
        self._show_legend(levels)
        self.header.set_readout(*_readout(before, after))

    def _say_absent(self) -> None:
        """A foreign loop told of no terms."""
        self._rewards.plot.setVisible(True)
        self._rewards.plot.note(f"the terms of J are {NOT_RECORDED}")
        self._terminal.plot.setVisible(False)
        self.header.set_readout()

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """Its J at the cursor, and what it is the sum of."""
        after = moment.after
        if after is None:
            return ()
        if particle >= len(after.terminal_terms):
            return missing(len(after.terminal_terms))
        reward = float(after.reward_terms[particle].sum())
        terminal = float(after.terminal_terms[particle])
        texts = summands(reward + terminal, reward, terminal)
        return (
            (f"J {texts[0]},", "after_text"),
            (f"reward {texts[1]} + terminal {texts[2]}", "text"),
        )

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """Rewards and terminal value at the cursor, means over the particles."""
        after, other = moment.after, reference.after
        if after is None or other is None:
            return ()
        rewards = [float(numbers(u.reward_terms).sum(axis=1).mean()) for u in (after, other)]
        terminal = [float(numbers(u.terminal_terms).mean()) for u in (after, other)]
        return (
            (f"rewards {against(*rewards)}", "text"),
            (f"Q {against(*terminal)}", "text"),
        )

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        self._rewards.forget_ranges()
        self._terminal.forget_ranges()

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        self._rewards.restyle(theme)
        self._terminal.restyle(theme)

    def _show_legend(self, levels: bool) -> None:
        dots = Legend("frozen", "particle", "dot")
        if levels:
            self.header.set_legend((Legend("before", "before"), Legend("after", "after"), dots))
        else:
            self.header.set_legend((Legend("after", "after − before"), dots))

    def _pick(self, terms: _Terms, at: Floats) -> None:
        self.particle_picked.emit(terms.particle_at(at))


class _Terms:
    """Grouped bars with particle dots for terms (M, n): their change, or both levels."""

    def __init__(self, x_name: str, theme: Theme) -> None:
        self.plot = Plot(y_name="reward", x_name=x_name, theme=theme)
        self._ranges = {
            CHANGE: CalmRange(from_zero=True),
            LEVEL: CalmRange(from_zero=True),
        }
        add = self.plot.add
        self._bars: dict[Role, Any] = {"before": add(_bars()), "after": add(_bars())}
        self._dots: dict[Role, Any] = {
            role: add(pg.ScatterPlotItem(symbol=SYMBOLS[role], size=4)) for role in self._bars
        }
        self._chosen: dict[Role, Any] = {role: add(_bars()) for role in self._bars}
        self._zero = add(pg.InfiniteLine(0, angle=0))
        self._groups: dict[Role, _Group] = {}
        self.alone = False
        """Whether there is no other chart beside it."""
        self.plot.make_clickable()

    def show(self, before: Floats, after: Floats, *, levels: bool, size: float) -> None:
        """The terms of k = 0 and of the cursor's k, particles in rows; `size` is J's."""
        count = before.shape[1]
        self.plot.set_whole_x(0, count - 1, 1.5 if self.alone else 0.6)
        self._bars["before"].setVisible(levels)
        self._dots["before"].setVisible(levels)
        if levels:
            self._groups = {
                "before": _Group(before, -0.2, 0.38),
                "after": _Group(after, 0.2, 0.38),
            }
        else:
            kept = min(len(before), len(after))
            self._groups = {"after": _Group(after[:kept] - before[:kept], 0.0, 0.7)}
        for role, group in self._groups.items():
            self._draw(role, group)
        low, high = extent(*(group.terms for group in self._groups.values()))
        self.plot.set_y(*self._ranges[LEVEL if levels else CHANGE].fit(low, high, size))

    def pick_out(self, particle: int | None) -> None:
        """Outline this particle's own terms over the bars of the mean."""
        for role, bars in self._chosen.items():
            group = self._groups.get(role)
            shown = group is not None and particle is not None and particle < len(group.terms)
            bars.setVisible(shown)
            if shown and group is not None:
                height = numbers(group.terms[particle], 0.0)
                bars.setOpts(x=group.x, height=height, width=0.6 * group.width)

    def particle_at(self, at: Floats) -> int | None:
        """The particle whose dot is nearest to that pixel; None without one close by."""
        for group in self._groups.values():
            row = nearest_dot(at, self.plot.pixels(group.dots_x, group.dots_y))
            if row is not None:
                return int(group.rows[row])
        return None

    def forget_ranges(self) -> None:
        for calm in self._ranges.values():
            calm.forget()

    def restyle(self, theme: Theme) -> None:
        for role, bars in self._bars.items():
            bars.setOpts(brush=theme.brush(role, 0.55), pen=theme.pen(role))
            self._dots[role].setPen(theme.pen("plot", alpha=0.6))
            self._dots[role].setBrush(theme.brush("text"))
            self._chosen[role].setOpts(brush=None, pen=chosen_pen(theme))
        self._zero.setPen(theme.pen("muted"))

    def _draw(self, role: Role, group: _Group) -> None:
        height = numbers(mean(group.terms), 0.0)
        self._bars[role].setOpts(x=group.x, height=height, width=group.width)
        finite = np.isfinite(group.dots_y)
        self._dots[role].setData(group.dots_x[finite], group.dots_y[finite])


class _Group:
    """Terms (M, n) of one role, and where its bars and its dots stand."""

    def __init__(self, terms: Floats, shift: float, width: float) -> None:
        count = terms.shape[1]
        self.terms, self.width = terms, width
        self.x = np.arange(count) + shift
        self.rows = some_rows(len(terms), max(1, MOST_DOTS // count))
        """The particles that have dots."""
        self.dots_y = terms[self.rows]
        spread = 0.5 * width * np.linspace(-0.7, 0.7, len(self.rows))[:, None]
        self.dots_x = self.x + spread


def _missing(
    before: GradientUpdate | None, after: GradientUpdate | None, *, levels: bool
) -> str:
    """Why there is nothing to show."""
    if before is None or after is None:
        return "waiting for the first gradient update"
    if not levels and not after.k and not after.last:
        return "k = 0: nothing has changed yet"
    rewards = np.concatenate([numbers(u.reward_terms).ravel() for u in (before, after)])
    return "every imagined reward is 0" if rewards.size and not rewards.any() else ""


def _readout(before: GradientUpdate, after: GradientUpdate) -> tuple[Part, ...]:
    first, second = numbers(before.reward_terms), numbers(after.reward_terms)
    rewards = _change(first.sum(axis=1), second.sum(axis=1))
    terminal = _change(numbers(before.terminal_terms), numbers(after.terminal_terms))
    both = alike(rewards, terminal, rewards + terminal)
    if not before.reward_terms.shape[1]:
        return ((f"terminal Q {both[1]}", "text"), ("H = 0: no imagined rewards", "muted"))
    return (
        (f"J {both[2]} =", "after_text"),
        (f"rewards {both[0]}", "text"),
        (f"Q {both[1]}", "text"),
    )


def _change(before: Floats, after: Floats) -> float:
    """Mean over the particles of after - before; NaN where one of them is."""
    return float(after.mean() - before.mean())


def _bars() -> Any:
    return pg.BarGraphItem(x=[0.0], height=[0.0], width=0.5)
