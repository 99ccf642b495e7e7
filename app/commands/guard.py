"""Keys belong to what has focus: a field, a list, an open overlay."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_LEAVABLE = (QAbstractSpinBox, QComboBox)
_KEPT = "kept_keys"
_ALL = "kept_all_keys"


def keep_keys(widget: QWidget, *keys: Qt.Key) -> None:
    """While `widget` has focus, these keys without Ctrl are its own and give no command."""
    widget.setProperty(_KEPT, [key.value for key in keys])


def keep_all_keys(widget: QWidget) -> None:
    """While focus is in `widget` or in a child of it, no key gives a command."""
    widget.setProperty(_ALL, True)


class FieldGuard(QObject):
    """Keys belong to the field that has focus: no command is given from inside one.

    Ctrl commands stay, because no field uses those it guards against; undo and redo are the
    field's where it has something to take back. A focused button keeps Space and Enter, a
    list or a slider its arrow keys.
    """

    _FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)
    _MOVERS = (QAbstractItemView, QAbstractSlider)
    _ARROWS = frozenset(
        {
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        }
    )
    _PRESSES = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Claim the key for the field, which makes Qt deliver it as an ordinary key press."""
        if isinstance(watched, _LEAVABLE) and isinstance(event, QKeyEvent):
            _leave_if_done(watched, event)
        if (
            not isinstance(event, QKeyEvent)
            or event.type() != QEvent.Type.ShortcutOverride
            or not isinstance(watched, QWidget)
        ):
            return False
        if self._keeps(watched, event):
            event.accept()
            return True
        if _has_nothing_to_undo(watched, event):
            # A line of text claims these keys even then.
            event.ignore()
            return True
        return False

    def _keeps(self, widget: QWidget, event: QKeyEvent) -> bool:
        if _inside_keeper(widget):
            return True
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if isinstance(widget, self._FIELDS):
            return True
        if event.key() in (widget.property(_KEPT) or ()):
            return True
        if isinstance(widget, self._MOVERS):
            return event.key() in self._ARROWS
        return isinstance(widget, QAbstractButton) and event.key() in self._PRESSES


def _leave_if_done(field: QWidget, event: QKeyEvent) -> None:
    """Enter and Escape give the keys back to the window, once the field has had its turn.

    Escape takes back what was typed. A dialog has its own use for both keys.
    """
    ends = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
    window = field.window()
    if (
        event.type() != QEvent.Type.KeyPress
        or event.key() not in ends
        or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        or not isinstance(window, QMainWindow)
    ):
        return
    line = field.findChild(QLineEdit)
    while event.key() == Qt.Key.Key_Escape and line is not None and line.isUndoAvailable():
        line.undo()
    QTimer.singleShot(0, window.setFocus)


def _has_nothing_to_undo(widget: QWidget, event: QKeyEvent) -> bool:
    line = widget if isinstance(widget, QLineEdit) else widget.findChild(QLineEdit)
    if line is None:
        return False
    if event.matches(QKeySequence.StandardKey.Undo):
        return not line.isUndoAvailable()
    return event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable()


def _inside_keeper(widget: QWidget) -> bool:
    each: QWidget | None = widget
    while each is not None:
        if each.property(_ALL):
            return True
        each = each.parentWidget()
    return False
