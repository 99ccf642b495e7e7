"""What runs: task, checkpoint, seed, and how the episode goes."""

from __future__ import annotations

import math

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from app.panels.readout import number, value_label
from app.readouts import short_name
from app.state.moment import History, Moment
from app.theme import PLOT_TEXT, WINDOW_TEXT, Theme, font
from core.tasks import Goal, Task

_WIDEST = "hopper-medium-replay"
_ROWS: dict[str, tuple[str, str]] = {
    "task": ("Task", "The environment and its name in gymnasium"),
    "checkpoint": ("Checkpoint", "The pretrained policy, critic and world model"),
    "updater": ("Update rule", "The function of your own that moves the weights"),
    "branch": ("Branch", "The branch that is looked at, counted from 0"),
    "episode": ("Episode, t", "Episode from 0, and environment step of the cursor"),
    "return": ("Return", "Sum of real rewards up to t"),
    "frozen": ("Frozen twin", "The same for the policy that never adapts, same reset seed"),
    "score": ("Score", "D4RL score of the return so far: 0 random, 100 expert"),
}
_GOAL_ROWS: dict[str, tuple[str, str]] = {
    "return": (
        "Goal",
        "How far the torso is from the goal's centre; reached within {radius} m",
    ),
    "frozen": (
        "Frozen twin",
        "Whether the policy that never adapts got there, same reset seed",
    ),
    "score": ("Score", "100 where the goal was reached, else 0"),
}
"""What some rows say instead where there is a place to reach."""
_LOOP = ("Written by", "The training or control loop, not ours, that wrote the trace")
_NO_REFERENCE = "No score: nobody gave the returns of a random policy and an expert"


class TaskPanel(QWidget):
    """Two columns of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        self._moment: Moment | None = None
        self._history = History.empty()
        self._names: dict[str, QLabel] = {}
        self._values: dict[str, QLabel] = {}
        for row, (key, (name, tip)) in enumerate(_ROWS.items()):
            label, value = QLabel(name), value_label(_WIDEST)
            label.setToolTip(tip)
            value.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1)
            self._names[key] = label
            self._values[key] = value
        self._show_updater("")

    def show_moment(self, moment: Moment) -> None:
        """Show the run and the episode at the cursor."""
        if self._moment is None or moment.task != self._moment.task:
            self._name_rows(moment.task)
        self._moment = moment
        self._show_name("task", moment.task.environment_id)
        maker = _LOOP if moment.foreign else _ROWS["checkpoint"]
        self._names["checkpoint"].setText(maker[0])
        for label in (self._names["checkpoint"], self._values["checkpoint"]):
            label.setToolTip(maker[1])
        made_by = moment.run.origin if moment.foreign else moment.run.checkpoint
        self._show_name("checkpoint", made_by)
        self._show_updater(moment.settings.updater)
        self._show("episode", f"{max(moment.episode, 0)}, {moment.t}")
        self._show_returns(moment)
        self.setToolTip(
            ""
            if moment.foreign
            else f"reset seed {moment.run.seed + max(moment.episode, 0)}, "
            f"checkpoint {moment.run.checkpoint_path}"
        )

    def show_history(self, history: History) -> None:
        """What an action that is not applied yet adds to: the returns of t - 1."""
        self._history = history
        if self._moment is not None:
            self._show_returns(self._moment)

    def show_branch(self, name: str) -> None:
        """Which branch is looked at; empty where there is only one."""
        self._show("branch", name.removeprefix("branch ") or "the only one")

    def set_theme(self, theme: Theme) -> None:
        for name in self._names.values():
            name.setStyleSheet(f"color: {theme.muted};")

    def _name_rows(self, task: Task) -> None:
        changed = {} if task.goal is None else _GOAL_ROWS
        radius = math.nan if task.goal is None else task.goal.radius
        for key, (name, tip) in (_ROWS | changed).items():
            if key == "score" and math.isnan(task.score(0.0)):
                tip = _NO_REFERENCE
            self._names[key].setText(name)
            for label in (self._names[key], self._values[key]):
                label.setToolTip(tip.format(radius=f"{radius:g}"))

    def _show_returns(self, moment: Moment) -> None:
        real, ended = moment.environment_step, ""
        if real is None:
            gained, frozen = self._before(moment.t)
        else:
            gained, frozen = real.episode_return, real.frozen_return
            ended = "" if real.twin_alive else " (ended)"
        goal = moment.task.goal
        if goal is None:
            self._show("return", number(gained))
            absent = moment.foreign and math.isnan(frozen)
            self._show("frozen", "not recorded" if absent else number(frozen) + ended)
        else:
            self._show("return", _nearness(moment, goal))
            self._show("frozen", _reached(frozen) + ended * (not frozen > 0))
        self._show("score", number(moment.task.score(gained)))

    def _before(self, t: int) -> tuple[float, float]:
        """Both returns up to t - 1; NaN where that is not known."""
        if t == 0:
            return 0.0, 0.0
        history = self._history
        (rows,) = (history.t == t - 1).nonzero()
        if not len(rows):
            return math.nan, math.nan
        return float(history.episode_return[rows[-1]]), float(history.frozen_return[rows[-1]])

    def _show_updater(self, reference: str) -> None:
        """A row of its own only where a program of the user takes the built-in rule's place."""
        for label in (self._names["updater"], self._values["updater"]):
            label.setVisible(bool(reference))
        if reference:
            self._show_name("updater", short_name(reference))
            self._values["updater"].setToolTip(reference)

    def _show_name(self, key: str, text: str) -> None:
        """In the largest type that fits; what still does not is shortened, and whole in the
        hint."""
        label = self._values[key]
        for size in (WINDOW_TEXT, WINDOW_TEXT - 1, PLOT_TEXT):
            metrics = QFontMetrics(font(size))
            if metrics.horizontalAdvance(text) <= label.width():
                break
        if label.font().pixelSize() != size:
            label.setFont(font(size))
        self._show(key, metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, label.width()))

    def _show(self, key: str, text: str) -> None:
        label = self._values[key]
        if label.text() != text:
            label.setText(text)


def _nearness(moment: Moment, goal: Goal) -> str:
    """Where the torso is at the cursor: after the action, if it was applied."""
    real, proposed = moment.environment_step, moment.proposal
    if real is not None and real.terminated:
        return "reached"
    state = (
        real.next_state if real is not None else None if proposed is None else proposed.state
    )
    if state is None:
        return "-"
    return f"{math.hypot(state[0] - goal.x, state[1] - goal.y):.1f} m away"


def _reached(episode_return: float) -> str:
    """A twin that got there was paid once."""
    if math.isnan(episode_return):
        return "-"
    return "reached" if episode_return > 0 else "not there yet"
