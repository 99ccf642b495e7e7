"""The symbol of each role, painted: the same in headers, lanes and the scene."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPolygonF

from app.theme import Role, Theme


def paint_symbol(
    painter: QPainter,
    role: Role,
    at: QPointF,
    theme: Theme,
    size: float = 3.5,
    *,
    rim: bool = False,
) -> None:
    """Circle before, diamond after, square in truth, cross refused; `size` is half its width.

    A rim in the colour of the background keeps it apart from lines below it.
    """
    painter.setPen(theme.pen("plot") if rim else Qt.PenStyle.NoPen)
    painter.setBrush(theme.brush(role))
    x, y, far = at.x(), at.y(), 1.25 * size
    if role == "before":
        painter.drawEllipse(at, size, size)
    elif role == "real":
        painter.drawRect(QRectF(x - 0.92 * size, y - 0.92 * size, 1.84 * size, 1.84 * size))
    elif role == "after":
        painter.drawPolygon(_polygon((x, y - far), (x + far, y), (x, y + far), (x - far, y)))
    elif role == "doubt":
        painter.drawPolygon(_polygon((x - far, y - size), (x + far, y - size), (x, y + size)))
    else:
        _paint_strokes(painter, role, at, theme, size)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_strokes(
    painter: QPainter, role: Role, at: QPointF, theme: Theme, size: float
) -> None:
    x, y, arm = at.x(), at.y(), 0.85 * size
    painter.setPen(theme.pen(role, 1.8))
    if role == "refused":
        painter.drawLine(QPointF(x - arm, y - arm), QPointF(x + arm, y + arm))
        painter.drawLine(QPointF(x - arm, y + arm), QPointF(x + arm, y - arm))
    else:
        painter.drawLine(QPointF(x, y - 1.3 * size), QPointF(x, y + 1.3 * size))


def _polygon(*corners: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in corners])
