"""A field for a condition: completes names, lists them, and says at once what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from app.panels.completing_line import CompletingLine
from app.panels.quantity_list import QuantityList
from app.theme import Theme
from core.errors import InputError
from core.traces.quantities import Quantity

Parse = Callable[[str], object]


class ConditionField(QWidget):
    """`parse` raises InputError on a wrong condition; its line is shown under the field."""

    accepted = pyqtSignal(str)
    """Enter, with a condition that can be read."""
    changed = pyqtSignal()
    """Typed, pasted, chosen or set."""
    escaped = pyqtSignal()

    def __init__(
        self, quantities: Sequence[Quantity], parse: Parse, placeholder: str, tip: str
    ) -> None:
        super().__init__()
        self._parse = parse
        self._offering = False
        self.line = CompletingLine([q.name for q in quantities])
        self.line.setPlaceholderText(placeholder)
        self.line.setToolTip(tip)
        self.line.setAccessibleName(tip)
        self.line.setClearButtonEnabled(True)
        self._names = QuantityList(quantities, self)
        self._ask = QToolButton()
        self._ask.setText("?")
        self._ask.setToolTip("The names that a condition may use, with unit and meaning")
        self._fault = QLabel()
        self._fault.setTextFormat(Qt.TextFormat.PlainText)
        self._fault.setWordWrap(True)
        self._fault.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.line, 0, 0)
        grid.addWidget(self._ask, 0, 1)
        grid.addWidget(self._fault, 1, 0, 1, 2)
        self.line.textChanged.connect(lambda _text: self._check())
        self.line.returnPressed.connect(self.accept)
        self.line.escaped.connect(self.escaped)
        self.line.offer_changed.connect(self._note_offer)
        self._ask.clicked.connect(lambda _checked: self._names.open_below(self.line))
        self._names.chosen.connect(self._insert)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return str(self.line.text()).strip()

    @property
    def fault(self) -> str:
        """Why it cannot be read; empty where it can, or where the field is empty."""
        return str(self._fault.text())

    @property
    def names(self) -> QuantityList:
        """The list behind the question mark."""
        return self._names

    def put(self, text: str) -> None:
        """Make the field say this."""
        self.line.setText(text)
        self.line.close_offer()

    def say(self, fault: str) -> None:
        """A line under the field; empty: none."""
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault) and not self._offering)

    def accept(self) -> None:
        """Announce the condition, if it is one; otherwise say why not."""
        self.line.close_offer()
        try:
            self._parse(self.text)
        except InputError as error:
            self.say(str(error))
            return
        self.accepted.emit(self.text)

    def focus(self) -> None:
        """To the line, all of it selected."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def leave(self) -> None:
        """Focus goes back to the window: every key is a command again, Delete a reject."""
        window = self.window()
        if window is not None:
            window.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_theme(self, theme: Theme) -> None:
        """The fault in the colour of what is refused."""
        self._fault.setStyleSheet(f"color: {theme.refused_text};")

    def _note_offer(self, offering: bool) -> None:
        """The offered words lie over the fault, which mostly is that a name is unfinished."""
        self._offering = offering
        self.say(self.fault)

    def _insert(self, name: str) -> None:
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)
        self.line.insert_word(name)

    def _check(self) -> None:
        fault = ""
        if self.text:
            try:
                self._parse(self.text)
            except InputError as error:
                fault = str(error)
        self.say(fault)
        self.changed.emit()
