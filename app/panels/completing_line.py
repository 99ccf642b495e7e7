"""A line of text that completes the word under its cursor, not the whole line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCompleter, QLineEdit, QWidget

FEWEST_LETTERS = 1
"""Of a word, before anything is offered."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*$")
_TAIL = re.compile(r"[A-Za-z_0-9]*")
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_POPUP_KEYS = _ENTER | {
    Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip


class CompletingLine(QLineEdit):
    """Offers the words that contain what is being typed; Enter or Tab takes the chosen one."""

    escaped = pyqtSignal()
    offer_changed = pyqtSignal(bool)
    """Whether words are offered, in a list below the line."""

    def __init__(self, words: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._completer.setWidget(self)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setMaxVisibleItems(9)
        self._completer.activated.connect(self._take)
        popup = self._completer.popup()
        if popup is not None:
            popup.installEventFilter(self)
        self.textEdited.connect(lambda _text: self._offer())
        self.set_words(words)

    def set_words(self, words: Sequence[str]) -> None:
        """What is offered."""
        self._words.setStringList(sorted(words))

    def insert_word(self, word: str) -> None:
        """Put a word where the cursor is, in place of the one being typed there."""
        start, end = self._span()
        self.setText(self.text()[:start] + word + self.text()[end:])
        self.setCursorPosition(start + len(word))
        self.textEdited.emit(self.text())
        self.close_offer()

    def close_offer(self) -> None:
        """Offer nothing."""
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()

    @property
    def offered(self) -> list[str]:
        """The words offered now."""
        popup, model = self._completer.popup(), self._completer.completionModel()
        if popup is None or model is None or not popup.isVisible():
            return []
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Tell when the list comes and goes."""
        kinds = {QEvent.Type.Show: True, QEvent.Type.Hide: False}
        if event is not None and watched is not self and event.type() in kinds:
            self.offer_changed.emit(kinds[event.type()])
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave to the offer what is meant for it; Escape leaves the line otherwise."""
        if event is None:
            return
        popup = self._completer.popup()
        open_offer = popup is not None and popup.isVisible()
        if open_offer and event.key() in _POPUP_KEYS and not self._passes(event):
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        super().keyPressEvent(event)

    def _passes(self, event: QKeyEvent) -> bool:
        """Enter, where no offered word was chosen, is meant for the line."""
        popup = self._completer.popup()
        if event.key() not in _ENTER or popup is None or popup.currentIndex().isValid():
            return False
        popup.hide()
        return True

    def _offer(self) -> None:
        start, _ = self._span()
        prefix = self.text()[start : self.cursorPosition()]
        self._completer.setCompletionPrefix(prefix)
        count = self._completer.completionCount()
        alone = count == 1 and self._completer.currentCompletion() == prefix
        if len(prefix) < FEWEST_LETTERS or not count or alone or not self.hasFocus():
            self.close_offer()
            return
        popup = self._completer.popup()
        if popup is not None:
            bar = popup.verticalScrollBar()
            width = popup.sizeHintForColumn(0) + (bar.sizeHint().width() if bar else 0)
            place = self.rect()
            place.setWidth(max(width + 8, 120))
            self._completer.complete(place)

    def _take(self, word: str) -> None:
        self.insert_word(word)

    def _span(self) -> tuple[int, int]:
        """Where the word being typed begins and ends."""
        at = self.cursorPosition()
        typed = _WORD.search(self.text()[:at])
        if typed is None:
            return at, at
        tail = _TAIL.match(self.text(), at)
        return typed.start(), at if tail is None else tail.end()
