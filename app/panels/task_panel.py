"""What runs: task, checkpoint, seed, and how the episode goes."""

from __future__ import annotations

import math

from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from app.panels.readout import number, value_label
from app.state.moment import History, Moment
from app.theme import Theme

_WIDEST = "hopper-medium-replay"
_ROWS: dict[str, tuple[str, str]] = {
    "task": ("Task", "The environment and its name in gymnasium"),
    "checkpoint": ("Checkpoint", "The pretrained policy, critic and world model"),
    "branch": ("Branch", "The branch that is looked at, counted from 0"),
    "episode": ("Episode, t", "Episode from 0, and environment step of the cursor"),
    "return": ("Return", "Sum of real rewards up to t"),
    "frozen": ("Frozen twin", "The same for the policy that never adapts, same reset seed"),
    "score": ("Score", "D4RL score of the return so far: 0 random, 100 expert"),
}


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
        self._names: list[QLabel] = []
        self._values: dict[str, QLabel] = {}
        for row, (key, (name, tip)) in enumerate(_ROWS.items()):
            label, value = QLabel(name), value_label(_WIDEST)
            label.setToolTip(tip)
            value.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1)
            self._names.append(label)
            self._values[key] = value

    def show_moment(self, moment: Moment) -> None:
        """Show the run and the episode at the cursor."""
        self._moment = moment
        self._show("task", moment.task.environment_id)
        self._show("checkpoint", moment.run.checkpoint)
        self._show("episode", f"{max(moment.episode, 0)}, {moment.t}")
        self._show_returns(moment)
        self.setToolTip(
            f"reset seed {moment.run.seed + max(moment.episode, 0)}, "
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
        for name in self._names:
            name.setStyleSheet(f"color: {theme.muted};")

    def _show_returns(self, moment: Moment) -> None:
        real, ended = moment.environment_step, ""
        if real is None:
            gained, frozen = self._before(moment.t)
        else:
            gained, frozen = real.episode_return, real.frozen_return
            ended = "" if real.twin_alive else " (ended)"
        self._show("return", number(gained))
        self._show("frozen", number(frozen) + ended)
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

    def _show(self, key: str, text: str) -> None:
        label = self._values[key]
        if label.text() != text:
            label.setText(text)
