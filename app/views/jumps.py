"""Which moments follow the one before, and which are somewhere else."""

from __future__ import annotations

import time

from app.state.moment import Moment

REST_SECONDS = 0.4
"""After so long without a moment the next one was asked for alone."""


class Jumps:
    """Looks at moments as they come: axes keep still from one to the next, but for a jump."""

    def __init__(self) -> None:
        self._last: Moment | None = None
        self._came = 0.0

    def note(self, moment: Moment) -> bool:
        """Whether it is of another run, or far from the moment before and asked for alone.

        A person then went there, and neither played nor dragged nor stepped.
        """
        last, came = self._last, self._came
        self._last, self._came = moment, time.monotonic()
        if last is None or last.run is not moment.run:
            return last is not None
        elsewhere = (last.branch, last.episode) != (moment.branch, moment.episode)
        return self._came >= came + REST_SECONDS and (elsewhere or abs(last.t - moment.t) > 1)
