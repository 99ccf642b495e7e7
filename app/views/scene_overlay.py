"""What Qt draws over the picture, sharp at any size: paths, outlines, legend, scale.

Lines drawn in 3D would start inside the body, hidden by it, and jagged without multisampling.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPolygonF

from app.rendering.client import Frame
from app.theme import PLOT_TEXT, WINDOW_TEXT, Role, Theme, font, text_width
from app.views.symbols import paint_symbol

Floats = NDArray[Any]
MARGIN = 8.0
LINE = 15.0
ARC = 12
"""Corners of half a circle."""
_SWATCH = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words in the corner."""

    title: str
    entries: tuple[tuple[Role, str], ...]
    note: str = ""
    picked: str = ""
    """The particle that is picked out."""


ORDER: tuple[tuple[Role, float], ...] = (
    ("real", 3.6), ("frozen", 1.6), ("after", 1.8), ("before", 1.2),
)  # fmt: skip
"""From the bottom up, with the width of outlines: where bodies coincide, all are seen."""
SYMBOL_SIZES: dict[Role, float] = {"real": 4.2, "after": 2.8, "before": 1.6}


def paint_futures(painter: QPainter, frame: Frame, theme: Theme, scale: float) -> None:
    """Outlines of the bodies to come, paths towards them; `scale`: screen pixels a pixel."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for role, width in ORDER:
        painter.setPen(theme.line(role, width, 0.45 if role == "real" else 1.0))
        for parts in _last_outlines(frame, role):
            painter.drawPath(outline(parts * scale))
    for role, _ in ORDER:
        for paths in _paths(frame, role):
            _paint_paths(painter, paths * scale, role, theme)
    for role, size in SYMBOL_SIZES.items():
        for paths in _paths(frame, role):
            for x, y in mean_ends(paths * scale):
                paint_symbol(painter, role, QPointF(x, y), theme, size, rim=True)


def _paint_paths(painter: QPainter, paths: Floats, role: Role, theme: Theme) -> None:
    """Paths (points, m, H+1, 2): thin for particles, wide for a single true one."""
    if role in ("frozen", "real"):
        painter.setPen(theme.line(role, 2.4, 0.85))
    else:
        painter.setPen(theme.pen(role, 1.0, 0.6))
    lines = paths.reshape(-1, *paths.shape[2:])
    ends = np.full((len(lines), 1, 2), np.nan)
    x, y = np.concatenate([lines, ends], axis=1).reshape(-1, 2).astype(np.float64).T
    # All in one path: an ant has five tracked points, a line of each for each particle.
    painter.drawPath(pg.arrayToQPath(x, y, connect="finite"))


def _last_outlines(frame: Frame, role: Role) -> list[Floats]:
    """Outlines of the ghosts of a role that stand at the end of their fan."""
    fans = frame.picture.fans
    return [
        parts
        for ghost, parts in zip(frame.picture.ghosts, frame.drawn.outlines, strict=True)
        if fans[ghost.fan].name == role and ghost.j == fans[ghost.fan].states.shape[1] - 1
    ]


def _paths(frame: Frame, role: Role) -> list[Floats]:
    named = zip(frame.picture.fans, frame.drawn.paths, strict=True)
    return [paths for fan, paths in named if fan.name == role]


def mean_ends(paths: Floats) -> Floats:
    """Where paths (points, m, H+1, 2) end on average, (n, 2), without those not finite."""
    ends = [point[np.isfinite(point).all(axis=-1)] for point in paths[:, :, -1]]
    return np.array([end.mean(axis=0) for end in ends if len(end)]).reshape(-1, 2)


def outline(parts: Floats) -> QPainterPath:
    """The outer edge of a body made of capsules (parts, 5): ends and radius, pixels.

    Of polygons, joined at once: a third of the cost of strokes that are united one by one.
    """
    body = QPainterPath()
    body.setFillRule(Qt.FillRule.WindingFill)
    for corners in _capsules(parts[np.isfinite(parts).all(axis=1)]).tolist():
        body.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        body.closeSubpath()
    return body.simplified()


def _capsules(parts: Floats) -> Floats:
    """Corners (parts, 2 * ARC, 2) around capsules (parts, 5), all turning the same way."""
    x, y, to_x, to_y, radius = parts.T.astype(np.float64)[..., None]
    radius = np.maximum(radius, 0.5)
    turn = np.arctan2(to_y - y, to_x - x) + np.linspace(-np.pi / 2, np.pi / 2, ARC)
    across, down = radius * np.cos(turn), radius * np.sin(turn)
    far = np.stack([to_x + across, to_y + down], axis=-1)
    near = np.stack([x - across, y - down], axis=-1)
    return np.concatenate([far, near], axis=1)


def polygon(points: Floats) -> QPolygonF:
    """The points (n, 2) up to the first that is not finite."""
    found = QPolygonF()
    for x, y in points.tolist():
        if not math.isfinite(x + y):
            break
        found.append(QPointF(x, y))
    return found


def paint_caption(painter: QPainter, caption: Caption, theme: Theme) -> QRectF:
    """Title and legend at the top left; the area they took."""
    box = caption_box(caption)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.brush("plot", 0.8))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font(WINDOW_TEXT, bold=True))
    painter.setPen(theme.color("text"))
    x, y = box.left() + 6, box.top() + LINE
    painter.drawText(QPointF(x, y - 1), caption.title)
    painter.setFont(font(PLOT_TEXT + 1))
    for role, text in caption.entries:
        y += LINE
        _paint_sample(painter, role, QPointF(x, y - 4), theme)
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(x + _SWATCH + 6, y), text)
    for text, color in ((caption.picked, "accent"), (caption.note, "muted")):
        if text:
            y += LINE
            painter.setPen(theme.color(color))
            painter.drawText(QPointF(x, y), text)
    return box


def caption_box(caption: Caption) -> QRectF:
    """The area of the caption, from the canvas's top left."""
    small, bold = (
        QFontMetricsF(font(PLOT_TEXT + 1)),
        QFontMetricsF(font(WINDOW_TEXT, bold=True)),
    )
    widths = [bold.horizontalAdvance(caption.title)]
    widths += [small.horizontalAdvance(text) for text in (caption.note, caption.picked)]
    widths += [_SWATCH + 6 + small.horizontalAdvance(text) for _, text in caption.entries]
    lines = 1 + len(caption.entries) + bool(caption.note) + bool(caption.picked)
    return QRectF(MARGIN - 4, MARGIN - 4, max(widths) + 12, lines * LINE + 8)


def _paint_sample(painter: QPainter, role: Role, at: QPointF, theme: Theme) -> None:
    end = QPointF(at.x() + _SWATCH, at.y())
    painter.setPen(theme.line(role, 1.6))
    painter.drawLine(at, end)
    if role in SYMBOL_SIZES:
        middle = QPointF(at.x() + _SWATCH / 2, at.y())
        paint_symbol(painter, role, middle, theme, 3.2, rim=True)


def paint_landmarks(
    painter: QPainter, places: Floats, names: Iterable[str], area: QRectF, theme: Theme
) -> None:
    """The names of places (n, 2), beside them; none that an edge of `area` cuts."""
    painter.setFont(font(PLOT_TEXT))
    painter.setPen(theme.color("muted"))
    for name, (x, y) in zip(names, places.tolist(), strict=False):
        words = QRectF(x + 6, y - 8, text_width(name, PLOT_TEXT), 14)
        if math.isfinite(x + y) and area.contains(words):
            painter.drawText(QPointF(x + 6, y + 3.5), name)


def paint_scale(painter: QPainter, pixels_per_metre: float, area: QRectF, theme: Theme) -> None:
    """A bar of a round length at the bottom left: how large things are at the body."""
    length, words = round_length(pixels_per_metre, 70.0)
    painter.setFont(font(PLOT_TEXT))
    painter.setPen(theme.pen("muted", 1.5))
    x, y = area.left() + MARGIN, area.bottom() - MARGIN
    lines: Iterable[Sequence[float]] = (
        (x, y, x + length, y), (x, y - 3, x, y + 3), (x + length, y - 3, x + length, y + 3),
    )  # fmt: skip
    for line in lines:
        painter.drawLine(QPointF(line[0], line[1]), QPointF(line[2], line[3]))
    painter.drawText(QPointF(x + length + 6, y + 3.5), words)


def round_length(pixels_per_metre: float, most: float) -> tuple[float, str]:
    """The longest 1, 2 or 5 times a power of ten metres within `most` pixels, and its name."""
    metres = most / max(pixels_per_metre, 1e-6)
    power = 10.0 ** math.floor(math.log10(metres))
    metres = power * max(n for n in (1.0, 2.0, 5.0) if n * power <= metres * (1 + 1e-9))
    words = (
        f"{metres:g} m"
        if metres >= 1
        else f"{100 * metres:g} cm"
        if metres >= 0.01
        else f"{1000 * metres:g} mm"
    )
    return metres * pixels_per_metre, words
