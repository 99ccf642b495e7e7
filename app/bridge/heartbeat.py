"""How late the event loop is: the lateness of a timer that should fire every few ms."""

from __future__ import annotations

import time
from collections import deque

import numpy as np
from PyQt6.QtCore import QObject, Qt, QTimer


class Heartbeat(QObject):
    """Keeps the lateness of the last `kept` beats, in ms."""

    def __init__(self, parent: QObject, *, interval_ms: int = 20, kept: int = 500) -> None:
        super().__init__(parent)
        self._interval = interval_ms / 1000
        self._lateness: deque[float] = deque(maxlen=kept)
        self._expected = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin, with nothing kept."""
        self._lateness.clear()
        self._expected = time.perf_counter() + self._interval
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def lateness(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The kept beats' lateness, ms, oldest first."""
        return np.array(self._lateness, dtype=np.float64)

    def worst(self) -> float:
        """The largest kept lateness, ms; 0 before the first beat."""
        return max(self._lateness, default=0.0)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._lateness.append(max(0.0, now - self._expected) * 1000)
        self._expected = now + self._interval
