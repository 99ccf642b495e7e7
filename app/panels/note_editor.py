"""A small editor for one note, pinned to its address until it is kept or dropped."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, font
from core.commands import At
from core.errors import InputError
from core.traces.notes import checked_text

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NoteEditor(QWidget):
    """Hidden until a note is written."""

    kept = pyqtSignal(object, str)
    """Address and text; empty removes the note."""
    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._at: At | None = None
        self._before = ""
        self._heading = QLabel()
        self._heading.setFont(font(bold=True))
        self.text = _Text()
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("What is worth remembering about this moment?")
        self.text.setAccessibleName("Note")
        self.text.setMinimumHeight(46)
        self._fault = QLabel()
        self._fault.setTextFormat(Qt.TextFormat.PlainText)
        self._fault.setWordWrap(True)
        self.keep_button = QPushButton("Keep  Ctrl+Enter")
        self.drop_button = QPushButton("Drop  Esc")
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addStretch(1)
        buttons.addWidget(self.drop_button)
        buttons.addWidget(self.keep_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._heading)
        column.addWidget(self.text, 1)
        column.addWidget(self._fault)
        column.addLayout(buttons)
        self.text.textChanged.connect(self._check)
        self.text.keep_asked.connect(self.keep)
        self.text.drop_asked.connect(self.drop)
        self.keep_button.clicked.connect(lambda _checked: self.keep())
        self.drop_button.clicked.connect(lambda _checked: self.drop())
        self.drop()

    @property
    def at(self) -> At | None:
        """The address of the note being written; None: none is."""
        return self._at

    @property
    def fault(self) -> str:
        """Why the text cannot be kept."""
        return str(self._fault.text())

    @property
    def changed(self) -> bool:
        """Whether something was written that is not kept yet."""
        return self._at is not None and self.text.toPlainText().strip() != self._before

    def write(self, at: At, text: str, where: str) -> None:
        """Edit the note at an address; `where` is that address in words."""
        self._at, self._before = at, text
        self._heading.setText(where)
        self.text.setPlainText(text)
        self.say("")
        self.show()
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def keep(self) -> None:
        """Announce the text, where it can be kept."""
        if self._at is None or not self._check():
            return
        self.kept.emit(self._at, checked_text(self.text.toPlainText()))

    def drop(self) -> None:
        """Close without keeping."""
        self._at = None
        self.hide()
        self.closed.emit()

    def say(self, fault: str) -> None:
        """Why it cannot be kept; empty: nothing is wrong."""
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))

    def set_theme(self, theme: Theme) -> None:
        """The fault in the colour of what is refused."""
        self._fault.setStyleSheet(f"color: {theme.refused_text};")

    def _check(self) -> bool:
        fault = ""
        try:
            checked_text(self.text.toPlainText())
        except InputError as error:
            fault = str(error)
        self.say(fault)
        self.keep_button.setEnabled(not fault)
        return not fault


class _Text(QPlainTextEdit):
    """Ctrl+Enter keeps, Escape drops; Enter is a line break."""

    keep_asked = pyqtSignal()
    drop_asked = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The two keys that end the note; all others write it."""
        if event is None:
            return
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in _ENTER and held:
            self.keep_asked.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.drop_asked.emit()
        else:
            super().keyPressEvent(event)
