"""The t lane: the episode over its environment steps; below, the updates of the selected t."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QWidget

from app.readouts import against
from app.state.moment import NOT_RECORDED, History, Moment
from app.theme import LIGHT, Theme
from app.views.header import Header, Legend, Part
from app.views.k_lane import KLane
from app.views.lane_caption import AXIS, LEFT, AxisName
from app.views.marks import Kind, MarkRows
from app.views.plot import Plot
from app.views.span import Span
from app.views.time_mouse import ZOOM, TimeMouse
from app.views.timeline_lanes import build_lanes, lane_values
from app.views.view import View

TOOLTIP = """<p><b>Reward</b> of each environment step. <b>Gap</b>: return so far minus that of
the frozen twin on the same reset seed. <b>Gain</b>: J after the updates minus before, as
predicted and in the true simulator (the critic stands for all beyond H steps); ✕ marks an
update that the trust region shrank or refused. <b>Model error</b>: RMSE of one imagined step
in standard deviations of the change. <b>Time</b> of an environment step, wall clock; ▲ at the
upper edge: far above the scale.</p>
<p>Click or drag to look at an environment step, Shift-click to compare with it. The wheel
zooms, with Shift it pans, and so does the right button; a double click of the middle one, or F,
shows all. Double click or End: go live again. The arrow keys go back and forth.</p>
<p><b>Update k</b>, below: the gradient updates of the selected t; the point is J(k), the bar
the norm of the gradient, ◆ acts. Click, drag, or the arrow keys select one.</p>"""

RETURNS_WIDTH = 800
"""Least width at which the header has room for the returns, pixels."""


class TimelineView(View):
    """Marks, five lanes above each other on one axis t, and the k lane of the selected t."""

    t_selected = pyqtSignal(int)
    k_selected = pyqtSignal(int)
    live_requested = pyqtSignal()
    reference_requested = pyqtSignal(int, object)
    """t and k to compare with; k is None for the update that acts."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("after", "predicted", "line"),
            Legend("real", "true", "line"),
            Legend("refused", "trust region"),
        )
        super().__init__(
            Header("Timeline", legend, theme, one_line=True),
            tooltip=TOOLTIP,
            object_name="timeline-view",
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._history = History.empty()
        self._drawn: History | None = None
        self._pointed: float | None = None
        self._scrubbed_to: int | None = None
        self._span = Span()
        self._lanes = build_lanes(theme)
        self._marks, self.k_lane = MarkRows(theme), KLane(theme)
        self._axis = Plot(y_name="", x_name="", theme=theme, left=LEFT, least_height=AXIS)
        self._axis_name = AxisName("environment step t", theme)
        self._mouse = TimeMouse(self)
        self._lay_out()
        self._connect()
        self.set_theme(theme)

    def show_history(self, history: History) -> None:
        """The episode under the cursor, as far as it is recorded."""
        self._history = history
        if self.isVisible() or not self.window().isVisible():  # type: ignore[union-attr]
            self._draw_history()

    def set_marks(self, kind: Kind, ts: Sequence[int], tips: Sequence[str]) -> None:
        """Mark these t of the shown episode, each with its words; none to take them away."""
        self._marks.set_marks(kind, ts, tips)

    def draw(self, moment: Moment) -> None:
        """Move the cursor line and the numbers to t."""
        self._draw_history()
        self._explain(moment)
        self._show_reference(moment)
        self._point(moment)
        self.k_lane.show_moment(moment, self.selection.reference)

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """Returns, of the adapted policy and of the frozen twin."""
        step, other = moment.environment_step, reference.environment_step
        if step is None or other is None:
            return (("the action is not applied yet", "muted"),)
        return (
            (f"return {against(step.episode_return, other.episode_return)}", "text"),
            (f"frozen {against(step.frozen_return, other.frozen_return)}", "frozen_text"),
        )

    def restyle(self, theme: Theme) -> None:
        """Recolour the lanes."""
        for lane in self._lanes:
            lane.set_theme(theme)
        self._marks.set_theme(theme)
        self.k_lane.set_theme(theme)
        self._axis_name.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether every label is shown whole at the present size."""
        captions = all(lane.caption.labels_fit() for lane in self._lanes)
        others = self.k_lane.labels_fit() and self._axis_name.labels_fit()
        return super().labels_fit() and captions and others and self._marks.labels_fit()

    def fit(self) -> None:
        """Show all of the episode."""
        self._span.fit()
        self._show_range()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """End goes live, the arrows one environment step back or forth, Home to the first."""
        if event is None:
            return
        t = self.moment.t if self.moment is not None else 0
        moves = {Qt.Key.Key_Left: t - 1, Qt.Key.Key_Right: t + 1, Qt.Key.Key_Home: 0}
        zooms = {Qt.Key.Key_Plus: ZOOM, Qt.Key.Key_Minus: 1 / ZOOM}
        if event.key() == Qt.Key.Key_End:
            self.live_requested.emit()
        elif event.key() in zooms:
            self._zoom(zooms[Qt.Key(event.key())], float(t))
        elif event.key() in moves:
            self._select(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """What the header has room for."""
        super().resizeEvent(event)
        if self.moment is not None:
            self._point(self.moment)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setHorizontalSpacing(0)
        captions = [lane.caption for lane in self._lanes]
        rows: list[tuple[QWidget, QWidget]] = [
            (self._marks.legend, self._marks),
            *zip(captions, [lane.plot for lane in self._lanes], strict=True),
            (self._axis_name, self._axis),
            (self.k_lane.caption, self.k_lane),
        ]
        for row, (caption, content) in enumerate(rows):
            top = Qt.AlignmentFlag.AlignTop if content is self.k_lane else Qt.AlignmentFlag(0)
            grid.addWidget(caption, row, 0, top)
            grid.addWidget(content, row, 1)
            grid.setRowStretch(row, 1 if caption in captions else 0)
        self._axis.setFixedHeight(AXIS)
        self._axis.set_ticks("left", [])
        self._axis.item.getAxis("bottom").setHeight(AXIS - 2)
        self.body.addLayout(grid, 1)

    def _connect(self) -> None:
        mouse = self._mouse
        for lane in self._lanes:
            mouse.watch(lane.plot)
        mouse.watch(self._axis)
        mouse.scrubbed.connect(self._scrub)
        mouse.released.connect(self._end_scrub)
        mouse.compared.connect(lambda t: self.reference_requested.emit(self._known(t), None))
        mouse.panned.connect(self._pan)
        mouse.zoomed.connect(self._zoom)
        mouse.left_twice.connect(self.live_requested)
        mouse.middle_twice.connect(self.fit)
        self._marks.t_selected.connect(self.t_selected)
        self.k_lane.k_selected.connect(self.k_selected)
        self.k_lane.compared.connect(self._compare_update)

    def _compare_update(self, k: int) -> None:
        if self.moment is not None:
            self.reference_requested.emit(self.moment.t, k)

    def _draw_history(self) -> None:
        history = self._history
        if history is self._drawn:
            return
        self._drawn = history
        reward, gap, gain, error, time = self._lanes
        gain.plot.note("" if len(history) else "no environment step yet")
        t = history.t
        self._span.grow(float(t[-1]) if len(t) else 0.0)
        reward.show(t, history.reward)
        gap.show(t, history.episode_return - history.frozen_return)
        gain.show(t, history.objective_gain, history.true_gain)
        gain.mark(t[history.trust_factor < 1])
        error.show(t, history.model_error)
        time.show(t, history.total_ms)
        if self.moment is not None:
            self._explain(self.moment)
            self._point(self.moment)

    def _explain(self, moment: Moment) -> None:
        """Why a lane is empty."""
        for lane in self._lanes if len(self._history) else ():
            lane.explain(NOT_RECORDED if moment.foreign else "")

    def _show_reference(self, moment: Moment) -> None:
        reference = self.selection.reference
        same = reference is not None and reference.episode == moment.episode
        values = [None] * len(self._lanes) if reference is None else lane_values(reference)
        for lane, value in zip(self._lanes, values, strict=True):
            lane.compare(float(reference.t) if same and reference else None, value)
        self.k_lane.caption.set_compared(reference is not None)

    def _point(self, moment: Moment) -> None:
        # While it is hidden the lanes still show an older history.
        history, t = self._drawn or History.empty(), float(moment.t)
        place = int(np.searchsorted(history.t, t))
        row = place if place < len(history) and history.t[place] == t else None
        for lane in self._lanes:
            lane.point(t, row)
        # A person who goes somewhere wants to see it; the head is followed while in sight.
        if t != self._pointed and (not moment.live or self._span.holds(self._pointed or 0.0)):
            self._span.follow(t)
        self._pointed = t
        self._show_range()
        returns_row = row if self.width() >= RETURNS_WIDTH else None
        self.header.set_readout(*_readout(moment, history, returns_row))

    def _scrub(self, t: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if round(t) != self._scrubbed_to:
            self._scrubbed_to = round(t)
            self._select(self._scrubbed_to)

    def _end_scrub(self) -> None:
        self._scrubbed_to = None

    def _select(self, t: int) -> None:
        """Ask for the recorded environment step nearest to t."""
        if len(self._history):
            self.t_selected.emit(self._known(t))

    def _known(self, t: float) -> int:
        """The recorded environment step nearest to t; 0 where none is."""
        known = self._history.t
        return int(min(max(round(t), known[0]), known[-1])) if len(known) else 0

    def _zoom(self, factor: float, at: float) -> None:
        self._span.zoom(factor, at)
        self._show_range()

    def _pan(self, by: float) -> None:
        self._span.pan(by)
        self._show_range()

    def _show_range(self) -> None:
        low, high = self._span.range
        for lane in self._lanes:
            lane.set_range(low, high)
        self._marks.set_range(low, high)
        self._axis.set_x(low, high)


def _readout(moment: Moment, history: History, row: int | None) -> tuple[Part, ...]:
    parts: list[Part] = [
        (f"episode {moment.episode}", "text"),
        (f"t = {moment.t}", "text"),
        ("live" if moment.live else "looking back", "accent"),
    ]
    if row is not None and np.isfinite(history.episode_return[row]):
        parts.append((f"return {history.episode_return[row]:.1f}", "text"))
        if np.isfinite(history.frozen_return[row]):
            parts.append((f"frozen {history.frozen_return[row]:.1f}", "frozen_text"))
    return tuple(parts)
