"""What is shown while a run pauses before the action: where, why, and what can be done."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from app.theme import Theme

WIDE = 820
"""Width from which on text and buttons share a line, pixels."""
ACTIONS = (
    ("accept", "Accept"),
    ("reject", "Reject"),
    ("edit_settings", "Edit"),
    ("redo_updates", "Redo"),
    ("run", "Go on"),
)
"""Names of commands, and what their buttons say."""


class BreakBanner(QFrame):
    """Hidden until the run breaks."""

    asked = pyqtSignal(str)
    """The name of a command."""
    look_asked = pyqtSignal()
    """To look at where the run pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("break_banner")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._look = QPushButton("Show")
        self._look.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._look.setToolTip("Look at where the run pauses")
        self._look.clicked.connect(lambda _checked: self.look_asked.emit())
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addStretch(1)
        row.addWidget(self._look)
        for name, text in ACTIONS:
            button = QPushButton(text)
            # A click would leave the focus to whatever comes next once the banner is hidden.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked, n=name: self.asked.emit(n))
            self.buttons[name] = button
            row.addWidget(button)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(10, 4, 6, 4)
        self._line.setSpacing(4)
        self._line.addWidget(self._text, 1)
        self._line.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return str(self._text.text())

    @property
    def look_button(self) -> QPushButton:
        """Hidden while the cursor is where the run pauses."""
        return self._look

    def show_break(self, text: str) -> None:
        """Say where and why."""
        self._text.setText(text)
        self.show()

    def set_button(self, name: str, *, keys: str, tip: str, enabled: bool) -> None:
        """The keys and whether the command works now."""
        words = dict(ACTIONS)[name]
        button = self.buttons[name]
        button.setText(f"{words}  {keys}" if keys else words)
        button.setToolTip(tip)
        button.setEnabled(enabled)

    def set_elsewhere(self, elsewhere: bool) -> None:
        """Whether the cursor looks somewhere else."""
        self._look.setVisible(elsewhere)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """The buttons stand beside the text where there is room, else below it."""
        super().resizeEvent(event)
        sides = QBoxLayout.Direction
        wide = self.width() >= WIDE
        self._line.setDirection(sides.LeftToRight if wide else sides.TopToBottom)

    def set_theme(self, theme: Theme) -> None:
        """A bar in the colour of the cursor: nothing is wrong, something waits."""
        self.setStyleSheet(
            f"#break_banner {{ background: {theme.raised};"
            f" border-left: 4px solid {theme.accent}; }}"
        )
