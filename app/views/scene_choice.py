"""The picked particle in the scene: which path a click means, and how the picked one looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainter

from app.rendering.client import Frame
from app.theme import Role, Theme
from app.views.highlight import chosen_pen
from app.views.picking import REACH, distances
from app.views.scene_overlay import polygon
from app.views.symbols import paint_symbol

Floats = NDArray[Any]
IMAGINED: tuple[Role, ...] = ("before", "after")
_SYMBOL = 4.0


def particle_at(frame: Frame, at: Floats, scale: float) -> int | None:
    """The particle with the path nearest to `at` (2,) on the screen; None without one close.

    `scale`: screen pixels a pixel of the picture.
    """
    nearest, found = REACH, None
    for _, particles, paths in _fans(frame):
        points, count = paths.shape[:2]
        away = distances(at, scale * paths.reshape(points * count, *paths.shape[2:]))
        if away.size and away.min() <= nearest:
            nearest, found = float(away.min()), int(particles[int(away.argmin()) % count])
    return found


def paint_chosen(
    painter: QPainter, frame: Frame, particle: int, theme: Theme, scale: float
) -> None:
    """Its paths wide and above all others, ending in the symbol of their role."""
    for role, particles, paths in _fans(frame):
        for row in np.flatnonzero(particles == particle):
            for points in paths[:, row] * scale:
                painter.setPen(chosen_pen(theme))
                line = polygon(points)
                painter.drawPolyline(line)
                if line.count():
                    paint_symbol(painter, role, QPointF(line.last()), theme, _SYMBOL, rim=True)


def _fans(frame: Frame) -> Iterator[tuple[Role, Floats, Floats]]:
    """Role, particles (m,) and paths (points, m, H+1, 2) of what is imagined."""
    for fan, paths in zip(frame.picture.fans, frame.drawn.paths, strict=True):
        for role in IMAGINED:
            if fan.name == role and len(fan.particles) == paths.shape[1]:
                yield role, fan.particles, paths
