"""Which part of an episode the lanes show: all of it, or a window that a person chose."""

from __future__ import annotations

LEAST = 20.0
"""Environment steps that are shown at least."""
_ROUND = (50, 100, 200, 400, 700, 1000, 1500, 2000, 3000, 5000, 10000)
_MARGIN = 0.012
"""Of the span, shown before the first t."""


class Span:
    """A range on the t axis. Everything in environment steps."""

    def __init__(self) -> None:
        self._last = 0.0
        self._span: float | None = None
        self._left = 0.0

    @property
    def whole(self) -> bool:
        """Whether all of the episode is shown."""
        return self._span is None

    @property
    def range(self) -> tuple[float, float]:
        """From where to where the axis goes."""
        span = self._span or self._full()
        left = 0.0 if self._span is None else self._left
        return left - _MARGIN * span, left + span

    def grow(self, last: float) -> None:
        """The episode now goes to t = `last`."""
        self._last = last

    def holds(self, t: float) -> bool:
        """Whether t is in sight."""
        low, high = self.range
        return low <= t <= high

    def follow(self, t: float) -> None:
        """Bring t in sight; the window moves only when t comes near an edge of it."""
        if self._span is None:
            return
        margin = 0.1 * self._span
        if not self._left + margin <= t <= self._left + self._span - margin:
            self._place(t - self._span / 2)

    def zoom(self, factor: float, at: float) -> None:
        """`factor` times as much in sight, t = `at` staying where it is on the screen."""
        full, span = self._full(), self._span or self._full()
        left = 0.0 if self._span is None else self._left
        wanted = span * factor
        if wanted >= full:
            self.fit()
            return
        self._span = min(max(LEAST, wanted), full)
        self._place(at - (at - left) * self._span / span)

    def pan(self, by: float) -> None:
        """Move the window by that many environment steps."""
        if self._span is not None:
            self._place(self._left + by)

    def fit(self) -> None:
        """Show all of the episode."""
        self._span = None

    def _place(self, left: float) -> None:
        span = self._span or self._full()
        self._left = min(max(0.0, left), max(0.0, self._full() - span))

    def _full(self) -> float:
        """The episode so far, up to a round number: it grows seldom, not at every step."""
        return float(next((n for n in _ROUND if n > self._last), self._last * 1.2))
