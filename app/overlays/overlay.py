"""A card above the dimmed window: it has all keys, and Esc or a click beside it closes it."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QFrame, QWidget

from app.commands.guard import keep_all_keys
from app.theme import Theme

MARGIN = 16
"""Between the card and the window's edge at least, pixels."""


class Overlay(QWidget):
    """Covers its window while it is open, and gives focus back when it closes.

    The keys of `opener`, the command that opens it, close it as well.
    """

    def __init__(self, window: QWidget, opener: QAction) -> None:
        super().__init__(window)
        self._window, self._opener = window, opener
        self._back: QWidget | None = None
        self._shade = QColor(0, 0, 0, 90)
        self.card = QFrame(self)
        self.card.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_all_keys(self)
        window.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show it; the keys are its own from now on."""
        self._back = QApplication.focusWidget()
        self._fit()
        self.show()
        self.raise_()
        self.take_focus()

    def shut(self) -> None:
        """Hide it; focus goes back to where it was."""
        if self.isHidden():
            return
        self.hide()
        self.empty()
        back, self._back = self._back, None
        if back is not None and back.isVisible():
            back.setFocus()
        else:
            self._window.setFocus()

    def take_focus(self) -> None:
        """Give focus to what takes the keys."""
        self.setFocus()

    def empty(self) -> None:
        """Drop what is not needed while it is hidden."""

    def card_size(self, room: QSize) -> QSize:
        """Of the card, where there is `room` for it at most; pixels."""
        return self.card.sizeHint().boundedTo(room)

    def card_top(self, room: QSize, size: QSize) -> int:
        """Where the card begins below the margin, pixels."""
        return (room.height() - size.height()) // 2

    def set_theme(self, theme: Theme) -> None:
        """Card and shade in the theme's colours."""
        self._shade = theme.color("text" if theme.name == "light" else "plot", 0.35)
        self.card.setStyleSheet(
            f"#card {{ background: {theme.window}; border: 1px solid {theme.border};"
            f" border-radius: 8px; }}"
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay as large as the window."""
        resized = event is not None and event.type() == QEvent.Type.Resize
        if watched is self._window and resized and self.isVisible():
            self._fit()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Esc closes; no key goes on to what lies below."""
        if event is not None and self.closes(event):
            self.shut()

    def closes(self, event: QKeyEvent) -> bool:
        """Whether a key closes the card: Esc, or what opened it."""
        keys = self._opener.shortcuts()
        return (
            event.key() == Qt.Key.Key_Escape
            or event.keyCombination() in [sequence[0] for sequence in keys]
            or event.text() in [sequence.toString() for sequence in keys]
        )

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """A click beside the card closes."""
        if event is not None and not self.card.geometry().contains(event.pos()):
            self.shut()

    def focusNextPrevChild(self, _next: bool) -> bool:
        """Tab leads nowhere: focus stays here."""
        return True

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Dim what lies below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._shade)
        painter.end()

    def _fit(self) -> None:
        self.setGeometry(self._window.rect())
        room = self.size() - QSize(2 * MARGIN, 2 * MARGIN)
        size = self.card_size(room)
        left = (self.width() - size.width()) // 2
        self.card.setGeometry(QRect(left, MARGIN + self.card_top(room, size), 0, 0))
        self.card.resize(size)
