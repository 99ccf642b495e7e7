"""An axis range that follows its data without jitter."""

from __future__ import annotations

import math

NOISE = 1e-9
"""What is smaller is zero in any unit."""
ROUNDING = 1e-5
"""Of the numbers whose differences are shown: what is smaller is their rounding."""
AT_REST = 1e-3
"""Of those numbers: what is shown while all differences are zero, of a round number of them."""


class CalmRange:
    """Grows at once, to round numbers; shrinks only after the data stayed small.

    Its scale is that of the data, be they 1e-4 or 1e4: only zeros leave it to `fit`.
    """

    def __init__(
        self, *, from_zero: bool = False, least_span: float | None = None, patience: int = 45
    ) -> None:
        """It shrinks after `patience` fits (at 30 Hz) with data that would need far less.

        It never shows less than `least_span`; None: as little as the data need.
        """
        self._from_zero = from_zero
        self._least_span = least_span or 0.0
        self._patience = patience
        self._range: tuple[float, float] | None = None
        self._at_rest = False
        self._size = 0.0
        self._recent: tuple[float, float] | None = None
        self._small = 0

    def fit(self, low: float, high: float, size: float = 0.0) -> tuple[float, float]:
        """The range to show for data in [low, high]; not finite keeps what is shown.

        `size` is that of the numbers whose differences the data are, such as J for a gain:
        differences that are mere rounding are shown as zero.
        """
        if not (math.isfinite(low) and math.isfinite(high)):
            return self._range or (0.0, 1.0)
        self._size = size
        if self._from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        at_rest = max(abs(low), abs(high)) < blur(self._size)
        if at_rest:
            low = high = 0.0
        if self._range is None or (self._at_rest and not at_rest):
            self._forget()
            self._at_rest = at_rest
            self._range = self._padded(low, high)
        elif low < self._range[0] or high > self._range[1]:
            self._forget()
            self._at_rest = at_rest
            self._range = self._grown(low, high, self._range)
        else:
            self._consider_shrinking(low, high, self._range)
        return self._range

    def forget(self) -> None:
        """Fit the next data afresh."""
        self._range = None
        self._forget()

    def _consider_shrinking(self, low: float, high: float, shown: tuple[float, float]) -> None:
        if high - low > 0.45 * (shown[1] - shown[0]):
            self._forget()
            return
        recent = self._recent or (low, high)
        self._recent = (min(low, recent[0]), max(high, recent[1]))
        self._small += 4 if high - low < 0.15 * (shown[1] - shown[0]) else 1
        if self._small >= self._patience:
            fitting = self._padded(*self._recent)
            if fitting[1] - fitting[0] < 0.8 * (shown[1] - shown[0]):
                self._range = fitting
                self._at_rest = max(map(abs, self._recent)) < blur(self._size)
            self._forget()

    def _grown(
        self, low: float, high: float, shown: tuple[float, float]
    ) -> tuple[float, float]:
        """Old and new data together, unless the data moved far away."""
        both = self._padded(min(low, shown[0]), max(high, shown[1]))
        alone = self._padded(low, high)
        return both if both[1] - both[0] < 3 * (alone[1] - alone[0]) else alone

    def _forget(self) -> None:
        self._recent, self._small = None, 0

    def _padded(self, low: float, high: float) -> tuple[float, float]:
        """A margin, then out to round numbers; an end at zero stays there with from_zero."""
        if max(abs(low), abs(high)) < blur(self._size):
            span = self._least_span or least_span(low, high, self._size)
            return (0.0, span) if self._from_zero else (-span / 2, span / 2)
        span = least_span(low, high, self._size)
        if self._least_span:
            span = max(self._least_span, 1e-3 * max(abs(low), abs(high)))
        if high - low < span:
            lift = span - (high - low)
            low, high = (
                (low, high + lift) if self._from_zero else (low - lift / 2, high + lift / 2)
            )
        span = high - low
        bottom = low if self._from_zero and low == 0 else low - 0.12 * span
        top = high if self._from_zero and high == 0 else high + 0.12 * span
        grain = _round_number(span / 8)
        return math.floor(bottom / grain) * grain, math.ceil(top / grain) * grain


def least_span(low: float, high: float, size: float = 0.0) -> float:
    """What is shown at least of data in [low, high] that are differences of such a `size`."""
    largest = max(abs(low), abs(high))
    if largest < blur(size):
        return _round_number(AT_REST * _known(size)) if _known(size) else 1.0
    return max(blur(size), 1e-3 * largest)


def blur(size: float) -> float:
    """Differences of numbers of that size are zero below this."""
    return max(NOISE, ROUNDING * _known(size))


def _known(size: float) -> float:
    return abs(size) if math.isfinite(size) else 0.0


def _round_number(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is at most `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return power * max(step for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-9))
