"""What an update rule of the user's own told of an update, under the table of updates."""

from __future__ import annotations

import json

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from app.readouts import plain, short_name
from app.state.moment import Moment
from app.theme import PLOT_TEXT, Theme, font
from core.traces.trace import GradientUpdate

_MOST_LETTERS = 160
"""Of the line; all of it is in the tooltip."""


class RuleRecord(QLabel):
    """One line, hidden where the built-in rule made the update."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._refused = False
        self.setObjectName("rule-record")
        self.setFont(font(PLOT_TEXT))
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setContentsMargins(6, 2, 6, 3)
        self.hide()

    def show_moment(self, moment: Moment) -> None:
        """The update that leads on from the cursor's k, or to it where it is the last."""
        update = _told(moment)
        facts = facts_of(update) if update is not None else {}
        self.setVisible(bool(facts) or bool(moment.settings.updater))
        if self.isHidden():
            return
        self._refused = "refused" in facts
        name = short_name(moment.settings.updater) or "update rule"
        if update is None or not facts:
            line = f"{name}: has told nothing here"
        elif self._refused:
            line = f"✕ {facts['refused']}"
        else:
            told = ", ".join(f"{key} {value}" for key, value in facts.items())
            line = f"{name}, k {update.k} → {update.k + 1}: {told}"
        self.setText(line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]} …")
        self.setToolTip(line)
        self._color()

    def set_theme(self, theme: Theme) -> None:
        """What was refused is red, and has a cross."""
        self._theme = theme
        self._color()

    def _color(self) -> None:
        if self._theme is not None:
            color = self._theme.refused_text if self._refused else self._theme.text
            self.setStyleSheet(f"color: {color};")


def facts_of(update: GradientUpdate) -> dict[str, str]:
    """What the rule told, as people write it; empty where it told nothing."""
    try:
        found = json.loads(update.updater_record or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        key: plain(value) if isinstance(value, float) else str(value)
        for key, value in found.items()
    }


def _told(moment: Moment) -> GradientUpdate | None:
    """The update at the cursor; at the last k the one before, which led to it."""
    shown = [u for u in moment.updates if u.k <= moment.k and u.updater_record]
    return shown[-1] if shown else None
