"""How fast the shown moments follow each other, in simulated seconds per second."""

from __future__ import annotations

from collections import deque

from app.state.cursor import Place

SPAN_SECONDS = 2.0


class SpeedMeter:
    """Fed with each shown step and when it was shown."""

    def __init__(self) -> None:
        self._shown: deque[tuple[Place, float]] = deque()

    def note(self, place: Place, now: float) -> None:
        """A step was shown at `now` (s). Going back or to another episode starts afresh."""
        if self._shown:
            (branch, episode, t), _ = self._shown[-1]
            if (branch, episode) != place[:2] or place[2] < t:
                self._shown.clear()
        self._shown.append((place, now))
        while now - self._shown[0][1] > SPAN_SECONDS:
            self._shown.popleft()

    def factor(self, seconds_per_environment_step: float, now: float) -> float:
        """Simulated seconds per second over the last two; NaN where too little was shown."""
        while self._shown and now - self._shown[0][1] > SPAN_SECONDS:
            self._shown.popleft()
        if len(self._shown) < 2:
            return float("nan")
        (first, begin), (last, _) = self._shown[0], self._shown[-1]
        steps = last[2] - first[2]
        return steps * seconds_per_environment_step / max(now - begin, 1e-3)
