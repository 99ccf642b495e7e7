"""Imagined against real: one state dimension, the reward, and the error by imagined step."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtWidgets import QComboBox, QHBoxLayout

from app.readouts import NOTHING, against, plain
from app.state.moment import NOT_RECORDED, Moment
from app.theme import LIGHT, Role, Theme
from app.views.calm_range import CalmRange
from app.views.curves import Floats, extent, fan, mean, numbers, some_rows, std
from app.views.header import Header, Legend, Part
from app.views.highlight import ChosenLine, missing
from app.views.picking import nearest_line
from app.views.plot import Plot
from app.views.series import Series
from app.views.view import View
from core.tasks import Task
from core.traces.trace import GradientUpdate, Proposal

MOST_PARTICLES = 32
"""Particles drawn; of more, evenly chosen ones."""

TOOLTIP = """<p><b>Imagined against real</b>, from s<sub>t</sub> over the imagined steps j.
Blue: the world model under ψ<sub>k</sub>, each particle thin (click one to pick it out
everywhere), the mean thick; orange: the mean
before the updates. Green: the true simulator from the same physics state, with the policy after
the updates, until it falls.</p>
<p><b>Reward</b>: r(s<sub>j</sub>, a<sub>j</sub>) of the reward model, ± 1 standard deviation
over the particles, against the true reward.</p>
<p><b>Error</b>: RMSE between the imagined mean at k = E and the true state, in standard
deviations of the one-step change. <b>Spread</b>: disagreement of the ensemble in the same unit;
where it is small and the error is large, the ensemble is overconfident.</p>"""

NO_CURVE = (np.full(0, np.nan), np.full(0, np.nan))
"""A curve that is not there."""


class ModelView(View):
    """A state dimension over j above; reward and error by j below."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        self._chooser = QComboBox()
        self._chooser.setToolTip("the state dimension shown")
        legend = (
            Legend("before", "before", "line"),
            Legend("after", "after", "both"),
            Legend("real", "true", "both"),
            Legend("doubt", "spread", "both"),
        )
        super().__init__(
            Header("Imagined and real", legend, theme, chooser=self._chooser),
            tooltip=TOOLTIP,
            object_name="model-view",
        )
        self._chooser.currentIndexChanged.connect(self._choose)
        self._task: Task | None = None
        self._state = Plot(y_name="state", x_name="imagined step j", theme=theme)
        self._reward = Plot(y_name="reward", x_name="imagined step j", theme=theme)
        self._error = Plot(y_name="error, std of change", x_name="imagined step j", theme=theme)
        self._state_ranges: dict[int, CalmRange] = {}
        self._reward_range = CalmRange()
        self._error_range = CalmRange(from_zero=True)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self._reward, 1)
        row.addWidget(self._error, 1)
        self.body.addWidget(self._state, 5)
        self.body.addSpacing(4)
        self.body.addLayout(row, 4)
        self._role: Role = "after"
        """Whose imagination is shown: at k = 0, before any update, that of before."""
        self._particles = self._state.add(pg.PlotCurveItem())
        self._states = {role: Series(self._state, role, wide=role == "real") for role in _PATHS}
        self._spreads = self._reward.add(pg.ErrorBarItem(beam=0.15))
        self._rewards = {
            role: Series(self._reward, role, wide=role == "real") for role in _PATHS
        }
        self._errors = {role: Series(self._error, role) for role in _DOUBT}
        self._chosen_state = ChosenLine(self._state)
        self._chosen_reward = ChosenLine(self._reward)
        self._drawn: tuple[Floats, NDArray[np.intp]] = (np.empty((0, 0)), np.empty(0, np.intp))
        """The lines that can be clicked, and whose they are."""
        self._state.make_clickable()
        self._state.clicked.connect(self._pick)
        self.set_theme(theme)

    def choose_dimension(self, index: int) -> None:
        """Show that dimension of the state."""
        self._chooser.setCurrentIndex(index)

    def draw(self, moment: Moment) -> None:
        """Update all three plots and the numbers."""
        before, after = moment.before, moment.after
        self._state.note("" if before else "waiting for the first rollout")
        if before is None or after is None:
            return
        self._offer_dimensions(moment.task)
        proposal = moment.proposal
        horizon = before.imagined_states.shape[1] - 1
        self._reward.note("" if horizon else _absent(moment, "imagined reward"))
        self._error.note("" if _has_error(moment, after) else _absent(moment, "model error"))
        role: Role = "after" if after.k or after.last else "before"
        if role != self._role:
            self._role = role
            self.restyle(self.theme)
        self._draw_state(before, after, moment)
        self._draw_reward(after, moment)
        self._draw_error(after, proposal)
        if horizon or not moment.foreign:
            self.header.set_readout(*_readout(after, proposal, horizon))
        else:
            self.header.set_readout((f"imagination {NOT_RECORDED}", "muted"))

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        for calm in (*self._state_ranges.values(), self._reward_range, self._error_range):
            calm.forget()

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        self._particles.setPen(theme.pen(self._role, alpha=0.3))
        self._spreads.setOpts(pen=theme.pen(self._role, alpha=0.7))
        for line in (self._chosen_state, self._chosen_reward):
            line.restyle(theme)
        for group in (self._states, self._rewards, self._errors):
            for series in group.values():
                series.restyle(theme)

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """What is imagined for it: the dimension at the end, and the reward on the way."""
        after = moment.after
        if after is None or not after.imagined_states.size:
            return ()
        if particle >= len(after.imagined_states):
            return missing(len(after.imagined_states))
        chosen = max(0, self._chooser.currentIndex())
        last = after.imagined_states.shape[1] - 1
        value = float(after.imagined_states[particle, -1, chosen])
        total = float(after.imagined_rewards[particle].sum())
        return (
            (f"{plain(value)} at j = {last},", "after_text"),
            (f"reward {plain(total)} in all", "text"),
        )

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """Error and spread of one imagined step."""
        found: list[Part] = []
        if moment.proposal is not None and reference.proposal is not None:
            errors = moment.proposal.model_error, reference.proposal.model_error
            found.append((f"error {against(*errors)}", "real_text"))
        after, other = moment.after, reference.after
        if after is not None and other is not None:
            spreads = _first_spread(after), _first_spread(other)
            found.append((f"spread {against(*spreads)}", "doubt_text"))
        return tuple(found)

    def _pick(self, at: Floats) -> None:
        lines, rows = self._drawn
        j = np.broadcast_to(np.arange(lines.shape[1], dtype=float), lines.shape)
        row = nearest_line(at, self._state.pixels(j, lines))
        self.particle_picked.emit(None if row is None else int(rows[row]))

    def _draw_state(
        self, before: GradientUpdate, after: GradientUpdate, moment: Moment
    ) -> None:
        chosen = max(0, self._chooser.currentIndex())
        everyone = numbers(after.imagined_states[:, :, chosen])
        rows = some_rows(len(everyone), MOST_PARTICLES)
        particles = everyone[rows]
        first = mean(numbers(before.imagined_states[:, :, chosen]))
        second = mean(everyone)
        true = _true_path(moment, chosen)
        j = np.arange(len(second), dtype=float)
        self._particles.setData(*fan(j, particles), connect="finite")
        self._drawn = particles, rows
        self._chosen_state.show(j, everyone, self.selection.particle)
        self._states["before"].show(j, first if len(first) == len(j) else second)
        self._states["after"].show(*((j, second) if self._role == "after" else NO_CURVE))
        self._states["real"].show(np.arange(len(true), dtype=float), true)
        _fit_j(self._state, 0, max(len(j), len(true)) - 1)
        calm = self._state_ranges.setdefault(chosen, CalmRange())
        picked = self._chosen_state.data[1]
        self._state.set_y(*calm.fit(*extent(particles, first, second, true, picked)))

    def _draw_reward(self, after: GradientUpdate, moment: Moment) -> None:
        rewards = numbers(after.imagined_rewards)
        middle, spread = mean(rewards), numbers(std(rewards), 0.0)
        true = _true_rewards(moment)
        j = np.arange(len(middle), dtype=float)
        finite = np.isfinite(middle)
        self._spreads.setData(
            x=j[finite], y=middle[finite], top=spread[finite], bottom=spread[finite]
        )
        for role in ("before", "after"):
            self._rewards[role].show(*((j, middle) if role == self._role else NO_CURVE))
        self._rewards["real"].show(np.arange(len(true), dtype=float), true)
        self._chosen_reward.show(j, rewards, self.selection.particle)
        _fit_j(self._reward, 0, len(j) - 1)
        shown = (middle - spread, middle + spread, true, self._chosen_reward.data[1])
        self._reward.set_y(*self._reward_range.fit(*extent(*shown)))

    def _draw_error(self, after: GradientUpdate, proposal: Proposal | None) -> None:
        error = numbers(proposal.model_errors) if proposal else np.full(0, np.nan)
        spread = numbers(after.ensemble_spread)
        self._errors["real"].show(np.arange(len(error), dtype=float) + 1, error)
        self._errors["doubt"].show(np.arange(len(spread), dtype=float) + 1, spread)
        _fit_j(self._error, 1, max(len(error), len(spread), 1))
        self._error.set_y(*self._error_range.fit(*extent(error, spread, np.zeros(1))))

    def _offer_dimensions(self, task: Task) -> None:
        if task == self._task:
            return
        self._task = task
        self._state_ranges.clear()
        self._chooser.blockSignals(True)
        self._chooser.clear()
        self._chooser.addItems(_state_names(task))
        self._chooser.blockSignals(False)
        self._name_dimension()

    def _choose(self) -> None:
        self._name_dimension()
        self.redraw()

    def _name_dimension(self) -> None:
        chosen = max(0, self._chooser.currentIndex())
        names = _state_names(self._task) if self._task else ("state",)
        units = self._task.state_units if self._task else ()
        unit = f", {units[chosen]}" if chosen < len(units) else ""
        self._state.set_name(names[chosen] + unit)


_PATHS: tuple[Role, ...] = ("real", "before", "after")
"""In the order of drawing: truth is wider and lies below, so that agreement shows both."""
_DOUBT: tuple[Role, ...] = ("doubt", "real")


def _readout(
    after: GradientUpdate, proposal: Proposal | None, horizon: int
) -> tuple[Part, ...]:
    if not horizon:
        return (("H = 0: nothing is imagined", "muted"),)
    if not len(after.ensemble_spread):
        return (("error and spread: not available for this model", "muted"),)
    error = proposal.model_error if proposal is not None else float("nan")
    spread = _first_spread(after)
    shown = plain(error, 2) if np.isfinite(error) else NOTHING
    return ((f"error {shown}", "real_text"), (f"spread {plain(spread, 2)}", "doubt_text"))


def _absent(moment: Moment, what: str) -> str:
    """Why a chart is empty."""
    return f"{what}: not recorded" if moment.foreign else f"H = 0: no {what}"


def _has_error(moment: Moment, after: GradientUpdate) -> bool:
    """Whether there is an error or a spread to show, of our own runs wherever H > 0."""
    if not moment.foreign:
        return bool(after.imagined_states.shape[1] > 1)
    known = 0 if moment.proposal is None else len(moment.proposal.model_errors)
    return bool(known or len(after.ensemble_spread))


def _first_spread(update: GradientUpdate) -> float:
    return float(update.ensemble_spread[0]) if len(update.ensemble_spread) else float("nan")


def _true_path(moment: Moment, dimension: int) -> Floats:
    """The true future after the updates, to its end; without diagnostics s_t and s_{t+1}."""
    proposal, step = moment.proposal, moment.environment_step
    if proposal is None:
        return np.full(0, np.nan)
    if len(proposal.true_states) == 3 and np.isfinite(proposal.true_states[2]).any():
        return numbers(proposal.true_states[2, : int(proposal.true_lengths[2]) + 1, dimension])
    states = [proposal.state] if step is None else [proposal.state, step.next_state]
    return numbers(np.array([state[dimension] for state in states]))


def _true_rewards(moment: Moment) -> Floats:
    """Rewards of the true future after the updates, to its end; else the one that was paid."""
    proposal, step = moment.proposal, moment.environment_step
    rewards = proposal.true_rewards if proposal is not None else np.empty((0, 0))
    if proposal is not None and len(rewards) == 3 and np.isfinite(rewards[2]).any():
        return numbers(rewards[2, : int(proposal.true_lengths[2])])
    return np.full(0, np.nan) if step is None else numbers(np.array([step.reward]))


def _fit_j(plot: Plot, first: int, last: int) -> None:
    margin = 0.3 + 0.03 * (last - first) if last > first else 0.8
    plot.set_whole_x(first, last, margin)


def _state_names(task: Task) -> tuple[str, ...]:
    return task.state_names or tuple(f"state {i}" for i in range(task.state_size))
