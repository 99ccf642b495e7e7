"""Icons drawn with QPainter in the colour of the text: right for any theme and scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

_UNITS = 24.0
_PIXELS = 48

_Draw = Callable[[QPainter], None]
_Point = tuple[float, float]


def draw_icon(name: str, color: QColor) -> QIcon:
    """The icon of that name; an unknown name raises KeyError."""
    icon = QIcon()
    for mode, alpha in ((QIcon.Mode.Normal, 1.0), (QIcon.Mode.Disabled, 0.35)):
        shade = QColor(color)
        shade.setAlphaF(alpha)
        icon.addPixmap(_pixmap(_DRAWINGS[name], shade), mode)
    return icon


def _pixmap(draw: _Draw, color: QColor) -> QPixmap:
    pixmap = QPixmap(_PIXELS, _PIXELS)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_PIXELS / _UNITS, _PIXELS / _UNITS)
    pen = QPen(color, 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(color)
    draw(painter)
    painter.end()
    return pixmap


def _polygon(painter: QPainter, points: Sequence[_Point]) -> None:
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _line(painter: QPainter, *points: _Point) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _run(painter: QPainter) -> None:
    _polygon(painter, ((7, 5), (19, 12), (7, 19)))


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(7, 6, 3, 12))
    painter.drawRect(QRectF(14, 6, 3, 12))


def _over(painter: QPainter) -> None:
    _dot(painter)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    arc = QPainterPath(QPointF(4, 13))
    arc.cubicTo(QPointF(5, 3), QPointF(18, 3), QPointF(19.5, 11.5))
    painter.drawPath(arc)
    _line(painter, (15.5, 9.5), (19.6, 12), (21.5, 7.5))


def _into(painter: QPainter) -> None:
    _dot(painter)
    _line(painter, (12, 3), (12, 13))
    _line(painter, (8, 9), (12, 13), (16, 9))


def _out(painter: QPainter) -> None:
    _dot(painter)
    _line(painter, (12, 13), (12, 3))
    _line(painter, (8, 7), (12, 3), (16, 7))


def _dot(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 19), 2.2, 2.2)


def _arrow(painter: QPainter, *, right: bool) -> None:
    tip, tail = (18.0, 6.0) if right else (6.0, 18.0)
    turn = -6.0 if right else 6.0
    _line(painter, (tail, 12), (tip, 12))
    _line(painter, (tip + turn, 6), (tip, 12), (tip + turn, 18))


def _live(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 3.2, 3.2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for radius in (6.5, 10.0):
        box = QRectF(12 - radius, 12 - radius, 2 * radius, 2 * radius)
        for start in (-45, 135):
            painter.drawArc(box, start * 16, 90 * 16)


def _play(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(12, 12), 9.5, 9.5)
    painter.setBrush(painter.pen().color())
    _polygon(painter, ((10, 8.5), (16, 12), (10, 15.5)))


def _next(painter: QPainter) -> None:
    _polygon(painter, ((5, 6), (15, 12), (5, 18)))
    painter.drawRect(QRectF(17.5, 6, 1.5, 12))


def _theme(painter: QPainter) -> None:
    circle = QRectF(4, 4, 16, 16)
    painter.drawPie(circle, 90 * 16, 180 * 16)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(circle)


def _camera(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(3, 7, 18, 12), 2, 2)
    painter.drawEllipse(QPointF(12, 13), 3.2, 3.2)
    _line(painter, (8, 7), (9.5, 4.5), (14.5, 4.5), (16, 7))


def _open(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _line(painter, (3, 19), (3, 5), (9, 5), (11, 8), (19, 8), (19, 11))
    _polygon(painter, ((3, 19), (6.5, 11), (22, 11), (18.5, 19)))


def _breakpoint(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 6.5, 6.5)


def _fork(painter: QPainter) -> None:
    _line(painter, (6, 4), (6, 20))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    twig = QPainterPath(QPointF(6, 15))
    twig.cubicTo(QPointF(6, 10), QPointF(17, 14), QPointF(17, 7))
    painter.drawPath(twig)
    painter.setBrush(painter.pen().color())
    for x, y in ((6, 4), (6, 20), (17, 6)):
        painter.drawEllipse(QPointF(x, y), 2.4, 2.4)


def _present(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(3, 4, 18, 12), 1.5, 1.5)
    _line(painter, (8, 21), (12, 16), (16, 21))


_DRAWINGS: dict[str, _Draw] = {
    "run": _run,
    "pause": _pause,
    "over": _over,
    "into": _into,
    "out": _out,
    "back": partial(_arrow, right=False),
    "forward": partial(_arrow, right=True),
    "live": _live,
    "play": _play,
    "next": _next,
    "theme": _theme,
    "camera": _camera,
    "open": _open,
    "breakpoint": _breakpoint,
    "fork": _fork,
    "present": _present,
}
