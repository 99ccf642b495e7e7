"""Search in time: a condition, the moments where it holds, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.panels.condition_field import ConditionField, Parse
from app.panels.text_table import TextColumn, TextTable
from app.state.found import Found
from app.theme import Theme
from core.traces.quantities import QUANTITIES, Quantity

HINT = (
    "Finds every moment of this branch where a condition holds, in all its episodes, also "
    "while it grows. Write one above."
)
_MOST_COLUMNS = 4
"""Quantities beside the address that the table has room for."""


class SearchPanel(QWidget):
    """Says what a hand asks for; whoever searches shows here what was found."""

    asked = pyqtSignal(str)
    """A condition to search for."""
    emptied = pyqtSignal()
    """There is nothing to search for any more."""
    stepped = pyqtSignal(str)
    """To the first, next or previous moment."""
    chosen = pyqtSignal(int)
    """The place of a moment."""
    breakpoint_asked = pyqtSignal(str)
    """Make a breakpoint of this condition."""

    def __init__(self, quantities: Sequence[Quantity], parse: Parse) -> None:
        super().__init__()
        self.field = ConditionField(
            quantities,
            parse,
            "e.g. true_gain < 0",
            "Find the moments where this holds; Enter searches, Enter again goes on",
        )
        self.table = TextTable(_columns((), several_episodes=False))
        self.buttons = {
            name: QPushButton(text)
            for name, text in (("first", "First"), ("previous", "Previous"), ("next", "Next"))
        }
        self._make_breakpoint = QPushButton("Make it a breakpoint")
        self._make_breakpoint.setToolTip("Pause a live run where this condition holds")
        self._words = QLabel(HINT)
        self._status = QLabel()
        self._lay_out()
        self.field.accepted.connect(self.asked)
        self.field.changed.connect(self._text_changed)
        self.field.escaped.connect(self.field.leave)
        self.table.row_chosen.connect(self.chosen)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked, n=name: self.stepped.emit(n))
        self._make_breakpoint.clicked.connect(self._ask_for_breakpoint)
        self._text_changed()

    @property
    def status(self) -> str:
        """How many were found, or what keeps it from finding."""
        return str(self._status.text())

    def show_found(self, found: Found) -> None:
        """The moments found so far."""
        columns = _columns(found.names, several_episodes=found.several_episodes)
        if columns != self.table.columns:
            self.table.set_columns(columns)
        skipped = 0 if found.several_episodes else 1
        kept = 3 + _MOST_COLUMNS
        self.table.show_rows([row[skipped:kept] for row in found.rows])
        self._show_table(bool(found.rows))

    def show_status(self, text: str) -> None:
        """How many were found."""
        self._status.setText(text)
        if self.table.isHidden() and self.field.text:
            self._words.setText(text)

    def show_nothing(self) -> None:
        """No search is under way."""
        self.table.show_rows([])
        self._words.setText(HINT)
        self._status.clear()
        self._show_table(False)

    def set_stepping(self, able: bool) -> None:
        """Whether there is a moment to go to."""
        for button in self.buttons.values():
            button.setEnabled(able)

    def refuse(self, line: str) -> None:
        """Why something cannot be done."""
        self.field.say(line)

    def set_keys(self, keys: dict[str, str]) -> None:
        """The keys that step, for the tooltips."""
        for name, button in self.buttons.items():
            key = keys.get(name, "")
            button.setToolTip(f"The {name} moment found" + (f" ({key})" if key else ""))

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.field.set_theme(theme)
        self.table.set_theme(theme)
        for label in (self._words, self._status):
            label.setStyleSheet(f"color: {theme.muted};")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """F3 and Shift+F3 go on from inside the field, too, which keeps its keys."""
        if event is not None and event.key() == Qt.Key.Key_F3:
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.stepped.emit("previous" if back else "next")
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in self.buttons.values():
            buttons.addWidget(button)
        buttons.addStretch(1)
        for label in (self._words, self._status):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        column.addWidget(self.field)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        column.addWidget(self._words, 1)
        column.addWidget(self._status)
        column.addWidget(self._make_breakpoint, 0, Qt.AlignmentFlag.AlignLeft)
        self._show_table(False)
        self.set_stepping(False)

    def _show_table(self, shown: bool) -> None:
        self.table.setVisible(shown)
        self._words.setVisible(not shown)
        self._status.setVisible(shown)

    def _text_changed(self) -> None:
        good = bool(self.field.text) and not self.field.fault
        self._make_breakpoint.setEnabled(good)
        if not self.field.text:
            self.emptied.emit()

    def _ask_for_breakpoint(self) -> None:
        self.breakpoint_asked.emit(self.field.text)


def _columns(names: Sequence[str], *, several_episodes: bool) -> tuple[TextColumn, ...]:
    episode = (TextColumn("ep", "episode", right=True),) if several_episodes else ()
    address = (
        TextColumn("t", "environment step", right=True),
        TextColumn("k", "gradient update", right=True),
    )
    shown = [
        TextColumn(name, f"{QUANTITIES[name].meaning}; {QUANTITIES[name].unit}", right=True)
        for name in names[:_MOST_COLUMNS]
    ]
    return (*episode, *address, *shown, TextColumn("", "", stretch=True))
