"""The axis of bars: one moment far beyond all others does not set it."""

from __future__ import annotations

from collections.abc import Hashable

from app.views.calm_range import CalmRange

RECENT = 8
"""Moments whose largest bars are remembered."""
FEWEST = 3
"""Moments that must be known before one of them is called far."""
FAR = 6.0
"""Times the largest of the other moments: what is larger would leave those no bars to see."""


class BarRange:
    """From zero to a round number above the bars of the last moments, but for a far one."""

    def __init__(self) -> None:
        self._calm = CalmRange(from_zero=True)
        self._recent: dict[Hashable, float] = {}

    def fit(self, largest: float, reference: float, moment: Hashable) -> float:
        """The end of the axis, above 0, for a moment's largest bar.

        `reference` is a length that is always held; `moment` tells moments apart, so that one
        that is drawn again counts once.
        """
        self._recent.pop(moment, None)
        self._recent[moment] = largest
        while len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        usual = self._usual()
        end = self._calm.fit(0.0, max(min(largest, usual), reference))[1]
        if 0 < FAR * max(usual, reference) < end:
            # A far one was there before the others.
            self._calm.forget()
            end = self._calm.fit(0.0, max(usual, reference))[1]
        return end

    def forget(self) -> None:
        """Fit the next moment afresh."""
        self._calm.forget()
        self._recent.clear()

    def _usual(self) -> float:
        """The largest of the last moments; the second where the largest is far beyond it."""
        second, first = sorted((0.0, *self._recent.values()))[-2:]
        far = len(self._recent) >= FEWEST and first > FAR * second > 0
        return second if far else first
