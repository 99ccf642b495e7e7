"""One line above the views: what happened, and a button with what to do. Never modal."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.theme import Theme


class MessageBar(QFrame):
    """Hidden until there is something to say. The newest message replaces the one before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._remedy = QPushButton()
        self._dismiss = QPushButton("Dismiss")
        self._act: Callable[[], object] | None = None
        self._theme: Theme | None = None
        self._news = False
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 4)
        for button in (self._remedy, self._dismiss):
            # A click would leave the focus to whatever comes next once the bar is hidden.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self._text, 1)
        row.addWidget(self._remedy)
        row.addWidget(self._dismiss)
        self._remedy.clicked.connect(lambda _checked: self._press())
        self._dismiss.clicked.connect(lambda _checked: self.clear())
        self.hide()

    @property
    def text(self) -> str:
        """The message; empty where there is none."""
        return str(self._text.text())

    @property
    def remedy(self) -> QPushButton:
        """The button with what to do; hidden where there is nothing to do."""
        return self._remedy

    def say(self, text: str, remedy: str = "", act: Callable[[], object] | None = None) -> None:
        """What cannot be or went wrong: one line, with a button `remedy` that calls `act`."""
        self._put(text, remedy, act, news=False)

    def tell(
        self, text: str, remedy: str = "", act: Callable[[], object] | None = None
    ) -> None:
        """As `say`, of something that went as it should."""
        self._put(text, remedy, act, news=True)

    def _put(
        self, text: str, remedy: str, act: Callable[[], object] | None, *, news: bool
    ) -> None:
        self._text.setText(" ".join(text.split()))
        self._act = act
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        if news != self._news:
            self._news = news
            self._color()
        self.show()

    def clear(self) -> None:
        """Nothing to say any more."""
        self._text.clear()
        self._act = None
        window = self.window()
        if window is not None and (self._remedy.hasFocus() or self._dismiss.hasFocus()):
            window.setFocus()
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """A bar in the colour of what was refused, or of the cursor where nothing was."""
        self._theme = theme
        self._color()

    def _color(self) -> None:
        if self._theme is not None:
            theme = self._theme
            edge = theme.accent if self._news else theme.refused
            self.setStyleSheet(
                f"#message_bar {{ background: {theme.raised}; border-left: 4px solid {edge}; }}"
            )

    def _press(self) -> None:
        act = self._act
        self.clear()
        if act is not None:
            act()
