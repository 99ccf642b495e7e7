"""What runs: task, checkpoint, seed, and how the episode goes."""

from __future__ import annotations

from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from app.panels.readout import number, value_label
from app.state.moment import Moment
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
        real = moment.environment_step
        self._show("task", moment.task.environment_id)
        self._show("checkpoint", moment.run.checkpoint)
        self._show("episode", f"{max(moment.episode, 0)}, {moment.t}")
        if real is not None:
            self._show("return", number(real.episode_return))
            ended = "" if real.twin_alive else " (ended)"
            self._show("frozen", number(real.frozen_return) + ended)
            self._show("score", number(moment.task.score(real.episode_return)))
        self.setToolTip(
            f"reset seed {moment.run.seed + max(moment.episode, 0)}, "
            f"checkpoint {moment.run.checkpoint_path}"
        )

    def show_branch(self, name: str) -> None:
        """Which branch is looked at; empty where there is only one."""
        self._show("branch", name.removeprefix("branch ") or "the only one")

    def set_theme(self, theme: Theme) -> None:
        for name in self._names:
            name.setStyleSheet(f"color: {theme.muted};")

    def _show(self, key: str, text: str) -> None:
        label = self._values[key]
        if label.text() != text:
            label.setText(text)
