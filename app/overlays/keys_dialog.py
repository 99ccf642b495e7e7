"""The dialog that changes keys: two for each command, told to the window at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QSignalBlocker, QSize, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.commands.binding import MOST_KEYS, KeyBinder, normal
from app.commands.entries import ENTRIES, CommandEntry
from app.commands.registry import CommandRegistry
from app.theme import Theme, dress, font
from core.errors import InputError

SIZE = QSize(620, 600)
KEY_WIDTH = 128


class KeyField(QKeySequenceEdit):
    """One key. A press empties it until the key is let go, which means nothing yet."""

    chosen = pyqtSignal()
    """A key was pressed and let go, or cleared by the cross."""

    def __init__(self) -> None:
        super().__init__()
        self._pressed = False
        self.setMaximumSequenceLength(1)
        self.setClearButtonEnabled(True)
        self.setFixedWidth(KEY_WIDTH)
        self.keySequenceChanged.connect(lambda _keys: self._changed())

    @property
    def key(self) -> str:
        """The key as text; empty for none."""
        return normal(self.keySequence().toString())

    def put(self, key: str) -> None:
        """Show a key without `chosen`."""
        with QSignalBlocker(self):
            self.setKeySequence(QKeySequence(key))
        line = self.findChild(QLineEdit)
        if line is not None:
            line.setPlaceholderText("none")

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        self._pressed = True
        super().keyPressEvent(a0)
        self._pressed = False

    def _changed(self) -> None:
        if not self._pressed:
            self.chosen.emit()


class KeysDialog(QDialog):
    """One row a command. A key that another command has is refused in one line."""

    def __init__(self, window: QWidget, commands: CommandRegistry, binder: KeyBinder) -> None:
        super().__init__(window)
        self.setWindowTitle("Change the keys")
        self.setModal(True)
        self.resize(SIZE)
        self._commands, self._binder = commands, binder
        self.fields: dict[str, tuple[KeyField, ...]] = {}
        self.resets: dict[str, QPushButton] = {}
        self._headings: list[QLabel] = []
        self.fault = QLabel()
        self.fault.setWordWrap(True)
        self.fault.setMinimumHeight(2 * self.fault.fontMetrics().height())
        buttons = QDialogButtonBox()
        # One of Qt's own would have an icon, which no other dialog's button has.
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        self.reset_all = QPushButton("Reset all")
        self.reset_all.setToolTip("Give every command the keys it came with")
        self.reset_all.setAutoDefault(False)
        buttons.addButton(self.reset_all, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        self.reset_all.clicked.connect(self._reset_all)
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(self._page())
        column = QVBoxLayout(self)
        intro = QLabel("Click a field and press the new key; the cross clears it.")
        for widget in (intro, area, self.fault, buttons):
            column.addWidget(widget)
        commands.keys_changed.connect(self._show)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Colours of the headings, of the fault and of the scroll bars."""
        dress(self._area, theme)
        self.fault.setStyleSheet(f"color: {theme.refused_text};")
        for heading in self._headings:
            heading.setStyleSheet(f"color: {theme.muted};")

    def _page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(4, 0, 8, 0)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        menu = ""
        for entry in ENTRIES:
            title = entry.menu.partition(" > ")[0]
            if title != menu:
                menu = title
                heading = QLabel(title)
                heading.setFont(font(bold=True))
                heading.setContentsMargins(0, 8, 0, 0)
                self._headings.append(heading)
                grid.addWidget(heading, grid.rowCount(), 0, 1, 4)
            self._add_row(grid, entry)
        return page

    def _add_row(self, grid: QGridLayout, entry: CommandEntry) -> None:
        row = grid.rowCount()
        label = QLabel(self._commands.plain_text(entry.name))
        label.setToolTip(entry.tip)
        grid.addWidget(label, row, 0)
        fields = tuple(KeyField() for _ in range(MOST_KEYS))
        for column, field in enumerate(fields):
            which = "Key" if column == 0 else "Second key"
            field.setAccessibleName(f"{which} of {entry.text}")
            field.chosen.connect(partial(self._bind, entry.name))
            grid.addWidget(field, row, 1 + column)
        reset = QPushButton("Reset")
        reset.setAutoDefault(False)
        reset.setToolTip(f"Back to {' and '.join(entry.keys) or 'no key'}")
        reset.clicked.connect(partial(self._reset, entry.name))
        grid.addWidget(reset, row, 1 + MOST_KEYS)
        self.fields[entry.name], self.resets[entry.name] = fields, reset

    def _bind(self, name: str) -> None:
        keys = tuple(field.key for field in self.fields[name])
        if tuple(key for key in keys if key) != self._commands.keys(name):
            self._attempt(lambda: self._binder.bind(name, keys))

    def _reset(self, name: str, _checked: bool = False) -> None:
        self._attempt(lambda: self._binder.reset(name))

    def _reset_all(self) -> None:
        self._attempt(self._binder.reset_all)

    def _attempt(self, change: Callable[[], object]) -> None:
        """Do it; a key that is refused goes back to what it was."""
        try:
            change()
        except InputError as error:
            self.fault.setText(str(error))
        else:
            self.fault.clear()
        self._show()

    def _show(self) -> None:
        """The keys as they are in effect."""
        for name, fields in self.fields.items():
            keys = self._commands.keys(name)
            for place, field in enumerate(fields):
                field.put(keys[place] if place < len(keys) else "")
            self.resets[name].setEnabled(self._binder.is_changed(name))
