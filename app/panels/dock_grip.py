"""A slim bar to drag a dock by. What is inside names itself, so the bar needs no title."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

HEIGHT = 9
_DOTS = 5
_GAP = 6.0


class DockGrip(QWidget):
    """A row of dots. Mouse events pass on to the dock, which knows how to be dragged."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setToolTip("Drag to move this panel, double-click to make it a window of its own")

    def sizeHint(self) -> QSize:
        """As wide as it gets."""
        return QSize(40, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """The dots, in the colour of borders."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().mid())
        middle = QPointF(self.rect().center()) + QPointF(0.5, 0.5)
        for index in range(_DOTS):
            x = (index - (_DOTS - 1) / 2) * _GAP
            painter.drawEllipse(middle + QPointF(x, 0.0), 1.3, 1.3)
        painter.end()


def _pass_on(event: QMouseEvent | None) -> None:
    if event is not None:
        event.ignore()
