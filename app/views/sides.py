"""How the two sides of a comparison look: letter, colour and line; never colour alone."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy

from app.theme import WINDOW_TEXT, Theme, font

Side = Literal["A", "B"]
SIDES: tuple[Side, Side] = ("A", "B")
COLORS: dict[Side, str] = {"A": "text", "B": "accent"}
"""Theme colours: a neutral and a violet, far apart in lightness or hue for everyone."""
_STYLES = {"A": Qt.PenStyle.SolidLine, "B": Qt.PenStyle.DashLine}
_WIDTH = 56


def side_pen(theme: Theme, side: Side, width: float = 1.0) -> QPen:
    """The pen of a side: A is solid, B is dashed."""
    return theme.pen(COLORS[side], width, style=_STYLES[side])


class SideMark(QAbstractButton):
    """The letter of a side and the line it has in the plots; framed where the cursor is."""

    def __init__(self, side: Side, theme: Theme) -> None:
        super().__init__()
        self._side, self._theme = side, theme
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(f"side {side}")
        self.setToolTip("Framed: the cursor is on this branch. Click to put it here")

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """A letter and a short line."""
        return QSize(_WIDTH, 20)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The letter, then the line."""
        painter = QPainter(self)
        painter.setFont(font(WINDOW_TEXT + 1, bold=True))
        painter.setPen(self._theme.color(COLORS[self._side]))
        if self.isChecked():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(QRectF(0.5, 1.5, _WIDTH - 1, self.height() - 3), 4, 4)
        centre = int(Qt.AlignmentFlag.AlignCenter)
        painter.drawText(QRectF(4, 0, 14, self.height()), centre, self._side)
        painter.setPen(side_pen(self._theme, self._side, 2))
        middle = self.height() / 2
        painter.drawLine(QPointF(21, middle), QPointF(_WIDTH - 6, middle))
        painter.end()
