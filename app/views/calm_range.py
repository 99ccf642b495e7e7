"""An axis range that follows its data without jitter."""

from __future__ import annotations

import math


class CalmRange:
    """Grows at once, to round numbers; shrinks only after the data stayed small."""

    def __init__(
        self, *, from_zero: bool = False, least_span: float = 1e-6, patience: int = 45
    ) -> None:
        """It shrinks after `patience` fits (at 30 Hz) with data that would need far less."""
        self._from_zero = from_zero
        self._least_span = least_span
        self._patience = patience
        self._range: tuple[float, float] | None = None
        self._recent: tuple[float, float] | None = None
        self._small = 0

    def fit(self, low: float, high: float) -> tuple[float, float]:
        """The range to show for data in [low, high]; not finite keeps what is shown."""
        if not (math.isfinite(low) and math.isfinite(high)):
            return self._range or (0.0, 1.0)
        if self._from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if self._range is None:
            self._range = self._padded(low, high)
        elif low < self._range[0] or high > self._range[1]:
            self._forget()
            self._range = self._grown(low, high, self._range)
        else:
            self._consider_shrinking(low, high, self._range)
        return self._range

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


def _round_number(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is at most `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return power * max(step for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-9))
