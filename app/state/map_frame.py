"""Which part of a map is in sight: the whole of it, or a part at a scale. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.01
"""Of the extent, around a whole map."""
FINEST = 0.002
"""Metres a pixel: nearer nobody needs to look."""
KEPT = 0.15
"""Of the frame: a body that is followed stays so far from its edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFrame:
    """A frame of `size` pixels on a map that is centred on (0, 0). Both axes have one scale."""

    extent: tuple[float, float]
    """Width and height of the whole map, m."""
    size: tuple[float, float] = (1.0, 1.0)
    """Width and height in sight, pixels."""
    centre: tuple[float, float] = (0.0, 0.0)
    """In the middle of the frame, m."""
    zoom: float = 1.0
    """1: the whole map; else so many times larger."""

    @property
    def whole(self) -> bool:
        """Whether the whole map is in sight."""
        return self.zoom <= 1.0

    @property
    def scale(self) -> float:
        """Metres a pixel."""
        width, height = (max(pixels, 1.0) for pixels in self.size)
        fitting = max(self.extent[0] / width, self.extent[1] / height) * (1 + 2 * MARGIN)
        return fitting / self.zoom

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What is in sight: from and to in x, from and to in y, m."""
        half = [0.5 * self.scale * max(pixels, 1.0) for pixels in self.size]
        x, y = self.centre
        return (x - half[0], x + half[0]), (y - half[1], y + half[1])

    def resized(self, width: float, height: float) -> MapFrame:
        """The same place in a frame of that size, pixels."""
        return replace(self, size=(width, height))

    def fitted(self) -> MapFrame:
        """The whole map."""
        return replace(self, centre=(0.0, 0.0), zoom=1.0)

    def zoomed(self, factor: float, at: tuple[float, float]) -> MapFrame:
        """So many times larger; the place `at` stays where it is. Never smaller than whole."""
        nearest = max(1.0, self.scale * self.zoom / FINEST)
        zoom = float(np.clip(self.zoom * factor, 1.0, nearest))
        if zoom <= 1.0:
            return self.fitted()
        left = self.zoom / zoom
        x, y = (a + (c - a) * left for a, c in zip(at, self.centre, strict=True))
        return replace(self, centre=(x, y), zoom=zoom)

    def moved(self, x: float, y: float) -> MapFrame:
        """So many metres further; the middle of the frame stays on the map."""
        if self.whole:
            return self
        return replace(self, centre=self._on_map(self.centre[0] + x, self.centre[1] + y))

    def following(self, before: NDArray[np.float64], now: NDArray[np.float64]) -> MapFrame:
        """Moved so that a body (x, y) that was in sight stays in sight."""
        if self.whole or not self.shows(before) or not np.isfinite(now).all():
            return self
        centre = []
        for place, (low, high) in zip(now, self.ranges, strict=True):
            room = KEPT * (high - low)
            shift = max(0.0, place - (high - room)) + min(0.0, place - (low + room))
            centre.append(0.5 * (low + high) + float(shift))
        return replace(self, centre=self._on_map(*centre))

    def shows(self, place: NDArray[np.float64]) -> bool:
        """Whether (x, y) is in sight."""
        return all(
            low <= at <= high for at, (low, high) in zip(place, self.ranges, strict=True)
        )

    def _on_map(self, x: float, y: float) -> tuple[float, float]:
        half = self.extent[0] / 2, self.extent[1] / 2
        return float(np.clip(x, -half[0], half[0])), float(np.clip(y, -half[1], half[1]))
