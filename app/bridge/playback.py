"""Plays recorded steps at a chosen pace, forwards or backwards; late ticks skip, none queue."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address, Cursor, Place
from app.state.pace import REAL, Pace

TICK_MS = 33


class Playback(QObject):
    """Moves the cursor through an episode, then the next, until the end of the trace."""

    changed = pyqtSignal(bool)
    """Whether it plays."""
    pace_changed = pyqtSignal(object)
    """The Pace that the next playing has, and this one if it plays."""

    def __init__(self, cursor: Cursor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cursor = cursor
        self._run: RecordedRun | None = None
        self._from = Address()
        self._from_time = 0.0
        self._chosen = self._pace = REAL
        self._repeat = self._backwards = False
        self._last_t = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        return bool(self._timer.isActive())

    @property
    def backwards(self) -> bool:
        """Whether it plays towards the start."""
        return self.playing and self._backwards

    @property
    def pace(self) -> Pace:
        """Of the playing that goes on; else the one that was chosen for the next."""
        return self._pace if self.playing else self._chosen

    def set_pace(self, pace: Pace) -> None:
        """Play at this pace from here on, and next time."""
        self._chosen = self._pace = pace
        if self.playing and self._cursor.address is not None:
            self._begin(self._cursor.address)
        self.pace_changed.emit(pace)

    def start(
        self,
        run: RecordedRun,
        *,
        speed: float | None = None,
        repeat: bool = False,
        backwards: bool = False,
    ) -> None:
        """Play from the cursor; from the start of its episode where that is at its end.

        `speed` is 1 for the real robot's, None for the chosen pace; with `repeat` the last
        episode plays again and again. Backwards it ends at the start of the trace.
        """
        address = self._cursor.address
        if address is None:
            return
        self._run, self._repeat, self._backwards = run, repeat, backwards
        self._pace = self._chosen if speed is None else Pace(speed)
        if not backwards and run.step_after(address.place) is None:
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
        seconds = self._pace.seconds(self._run.task.seconds_per_environment_step)
        steps = int((time.monotonic() - self._from_time) / seconds)
        t = self._from.t - steps if self._backwards else self._from.t + steps
        if t > self._last_t:
            self._last_t = self._find_last_t()
        shown = min(max(t, 0), self._last_t)
        branch, episode = self._from.branch, self._from.episode
        self._cursor.go_to(Address(branch=branch, episode=episode, t=shown))
        if shown != t:
            self._leave(self._run, (branch, episode, shown))

    def _leave(self, run: RecordedRun, place: Place) -> None:
        """Go on beyond the first or the last step of an episode."""
        beyond = run.step_before(place) if self._backwards else run.step_after(place)
        if beyond is not None:
            self._begin(Address(branch=beyond[0], episode=beyond[1], t=beyond[2]))
        elif self._repeat:
            self._begin(Address(branch=place[0], episode=place[1]))
        else:
            self.stop()

    def _find_last_t(self) -> int:
        branch, episode, t = self._from.place
        last = self._run.last_t(branch, episode) if self._run else None
        return t if last is None else last
