"""The t lane: the episode over its environment steps; click or drag to go to one."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QGridLayout

from app.state.moment import History, Moment
from app.theme import LIGHT, Theme
from app.views.curves import Floats
from app.views.header import Header, Legend, Part
from app.views.lane import Curve, Lane
from app.views.plot import Plot
from app.views.view import View

TOOLTIP = """<p><b>Reward</b> of each environment step. <b>Gap</b>: return so far minus that of
the frozen twin on the same reset seed. <b>Gain</b>: J after the updates minus before, as
predicted and in the true simulator (the critic stands for all beyond H steps); ✕ marks an
update that the trust region shrank or refused. <b>Model error</b>: RMSE of one imagined step in
standard deviations of the change. <b>Time</b> of an environment step, wall clock.</p>
<p>Click or drag to look at an environment step; double click or End to go live again; the wheel
zooms; the arrow keys go back and forth.</p>"""

_ROUND = (50, 100, 200, 400, 700, 1000, 1500, 2000, 3000, 5000, 10000)
MOST_MARKS = 300
RETURNS_WIDTH = 800
"""Least width at which the header has room for the returns, pixels."""


class TimelineView(View):
    """Five lanes above each other on one axis t."""

    t_selected = pyqtSignal(int)
    live_requested = pyqtSignal()

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("after", "gain predicted", "line"),
            Legend("real", "gain true", "line"),
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
        self._span: float | None = None
        self._left = 0.0
        self._dragged_to: int | None = None
        self._lanes = _lanes(theme)
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setHorizontalSpacing(0)
        for row, lane in enumerate(self._lanes):
            grid.addWidget(lane.caption, row, 0)
            grid.addWidget(lane.plot, row, 1)
            grid.setRowStretch(row, 1)
            lane.plot.widget.viewport().installEventFilter(self)
        self._axis = Plot(
            y_name="", x_name="environment step t", theme=theme, left=4, least_height=31
        )
        self._axis.setFixedHeight(31)
        self._axis.set_ticks("left", [])
        grid.addWidget(self._axis, len(self._lanes), 1)
        self.body.addLayout(grid, 1)
        self.set_theme(theme)

    def show_history(self, history: History) -> None:
        """The episode under the cursor, as far as it is recorded."""
        self._history = history
        if self.isVisible() or not self.window().isVisible():  # type: ignore[union-attr]
            self._draw_history()

    def draw(self, moment: Moment) -> None:
        """Move the cursor line and the numbers to t."""
        self._draw_history()
        self._point(moment)

    def restyle(self, theme: Theme) -> None:
        """Recolour the lanes."""
        for lane in self._lanes:
            lane.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether every label is shown whole at the present size."""
        return super().labels_fit() and all(lane.caption.labels_fit() for lane in self._lanes)

    def _draw_history(self) -> None:
        history = self._history
        if history is self._drawn:
            return
        self._drawn = history
        reward, gap, gain, error, time = self._lanes
        gain.plot.note("" if len(history) else "no environment step yet")
        t = history.t
        reward.show(t, history.reward)
        gap.show(t, history.episode_return - history.frozen_return)
        gain.show(t, history.objective_gain, history.true_gain)
        gain.mark(_some(t[history.trust_factor < 1]))
        error.show(t, history.model_error)
        time.show(t, history.total_ms)
        if self.moment is not None:
            self._point(self.moment)

    def _point(self, moment: Moment) -> None:
        history, t = self._history, float(moment.t)
        place = int(np.searchsorted(history.t, t))
        row = place if place < len(history) and history.t[place] == t else None
        for lane in self._lanes:
            lane.point(t, row)
        self._show_range(t)
        returns_row = row if self.width() >= RETURNS_WIDTH else None
        self.header.set_readout(*_readout(moment, history, returns_row))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The mouse over a lane selects, drags, zooms; everything else takes its course."""
        if isinstance(event, QWheelEvent):
            self._zoom(event.angleDelta().y())
            return True
        if isinstance(event, QMouseEvent) and self._mouse(event):
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """End goes live, the arrows one environment step back or forth, Home to the first."""
        if event is None:
            return
        t = self.moment.t if self.moment is not None else 0
        moves = {Qt.Key.Key_Left: t - 1, Qt.Key.Key_Right: t + 1, Qt.Key.Key_Home: 0}
        if event.key() == Qt.Key.Key_End:
            self.live_requested.emit()
        elif event.key() in moves:
            self._select(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """What the header has room for."""
        super().resizeEvent(event)
        if self.moment is not None:
            self._point(self.moment)

    def _mouse(self, event: QMouseEvent) -> bool:
        """Whether it was a gesture of the timeline."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.live_requested.emit()
        elif event.type() == QEvent.Type.MouseButtonPress:
            if event.button() != Qt.MouseButton.LeftButton:
                return False
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._dragged_to = None
            self._drag(event.position())
        elif event.type() == QEvent.Type.MouseMove:
            if not event.buttons() & Qt.MouseButton.LeftButton:
                return False
            self._drag(event.position())
        else:
            return False
        return True

    def _drag(self, position: QPointF) -> None:
        plot = self._lanes[0].plot
        t = round(plot.item.vb.mapSceneToView(plot.widget.mapToScene(position.toPoint())).x())
        if t != self._dragged_to:
            self._dragged_to = t
            self._select(t)

    def _select(self, t: int) -> None:
        """Ask for the recorded environment step nearest to t."""
        known = self._history.t
        if len(known):
            self.t_selected.emit(int(min(max(t, known[0]), known[-1])))

    def _zoom(self, delta: int) -> None:
        full = self._full_span()
        span = (self._span or full) * 0.8 ** (delta / 120)
        self._span = None if span >= full else max(20.0, span)
        self._left = float("nan")
        if self.moment is not None:
            self._show_range(float(self.moment.t))

    def _full_span(self) -> float:
        """The episode so far, up to a round number: it grows seldom, not at every step."""
        last = float(self._history.t[-1]) if len(self._history) else 0.0
        return float(next((n for n in _ROUND if n > last), last * 1.2))

    def _show_range(self, t: float) -> None:
        """All of the episode, or the part around t; it moves only when t comes to an edge."""
        full = self._full_span()
        span = self._span or full
        margin = 0.1 * span
        if not self._left + margin <= t <= self._left + span - margin:
            self._left = min(max(0.0, t - span / 2), max(0.0, full - span))
        left = 0.0 if self._span is None else self._left
        for plot in (*(lane.plot for lane in self._lanes), self._axis):
            plot.set_x(left - 0.012 * span, left + span)


def _lanes(theme: Theme) -> tuple[Lane, ...]:
    predicted, true = Curve(color="after", signed=True), Curve(color="real", signed=True)
    neutral = Curve(color="muted")
    return (
        Lane("reward", "a step", [Curve(color="real")], theme),
        Lane(
            "gap to frozen",
            "reward",
            [Curve(color="muted", signed=True)],
            theme,
            from_zero=True,
        ),
        Lane("gain of J", "reward", [predicted, true], theme, from_zero=True),
        Lane("model error", "std", [neutral], theme, from_zero=True),
        Lane("time", "ms", [neutral], theme, from_zero=True),
    )


def _readout(moment: Moment, history: History, row: int | None) -> tuple[Part, ...]:
    parts: list[Part] = [
        (f"episode {moment.episode}", "text"),
        (f"t = {moment.t}", "text"),
        ("live" if moment.live else "looking back", "accent"),
    ]
    if row is not None:
        parts.append((f"return {history.episode_return[row]:.1f}", "text"))
        parts.append((f"frozen {history.frozen_return[row]:.1f}", "frozen_text"))
    return tuple(parts)


def _some(t: Floats) -> Floats:
    """At most MOST_MARKS of them."""
    return t[:: max(1, -(-len(t) // MOST_MARKS))]
