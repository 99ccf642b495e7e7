"""Plays recorded steps at the robot's own speed; late ticks skip steps, none queue."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address, Cursor

TICK_MS = 33


class Playback(QObject):
    """Moves the cursor through an episode, then the next, until the end of the trace."""

    changed = pyqtSignal(bool)
    """Whether it plays."""

    def __init__(self, cursor: Cursor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cursor = cursor
        self._run: RecordedRun | None = None
        self._from = Address()
        self._from_time = 0.0
        self._speed, self._repeat = 1.0, False
        self._last_t = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        return bool(self._timer.isActive())

    def start(self, run: RecordedRun, *, speed: float = 1.0, repeat: bool = False) -> None:
        """Play from the cursor; from the start of its episode where that is at its end.

        `speed` is 1 for the real robot's; with `repeat` the last episode plays again and again.
        """
        address = self._cursor.address
        if address is None:
            return
        self._run, self._speed, self._repeat = run, speed, repeat
        if run.step_after(address.place) is None:
            address = Address(branch=address.branch, episode=address.episode)
        self._begin(address)
        self._timer.start()
        self.changed.emit(True)

    def stop(self) -> None:
        """Stay where the cursor is."""
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit(False)

    def _begin(self, address: Address) -> None:
        self._from, self._from_time = address, time.monotonic()
        self._last_t = self._find_last_t()
        self._cursor.go_to(address)

    def _tick(self) -> None:
        if self._run is None:
            return
        seconds = self._run.task.seconds_per_environment_step / self._speed
        t = self._from.t + int((time.monotonic() - self._from_time) / seconds)
        branch, episode = self._from.branch, self._from.episode
        if t > self._last_t:
            self._last_t = self._find_last_t()
        if t <= self._last_t:
            self._cursor.go_to(Address(branch=branch, episode=episode, t=t))
            return
        after = self._run.step_after((branch, episode, self._last_t))
        self._cursor.go_to(Address(branch=branch, episode=episode, t=self._last_t))
        if after is None and self._repeat:
            self._begin(Address(branch=branch, episode=episode))
        elif after is None:
            self.stop()
        else:
            self._begin(Address(branch=after[0], episode=after[1], t=after[2]))

    def _find_last_t(self) -> int:
        branch, episode, t = self._from.place
        last = self._run.last_t(branch, episode) if self._run else None
        return t if last is None else last
