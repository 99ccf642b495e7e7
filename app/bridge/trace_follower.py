"""Brings the trace to the screen: at most 30 moments a second, always the newest.

A record that came and went between two ticks is never shown and never queued: the engine may be
a hundred times faster than the screen. All reading happens in the window's thread, because it
costs less than a millisecond a tick (measured: `python main.py benchmark --window`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address, Cursor, Place
from core.errors import PsiscopeError

FRAME_MS = 33
"""Between two moments at least: 30 a second."""
TICK_MS = 11
"""Between two looks at the trace, so that a record waits less for the next frame."""
_SLACK_SECONDS = 0.002  # a timer that fires a little early must not cost a whole tick
HISTORY_SECONDS = 0.1
"""The timeline follows ten times a second."""
_PARTLY = -2
"""In place of the seq up to which a history is shown."""
PATIENCE_SECONDS = 0.25
"""A step whose updates take longer than this is shown while they go on."""


class TraceFollower(QObject):
    """Reads what the cursor asks for and announces it."""

    moment_changed = pyqtSignal(object)
    """The Moment to show."""
    history_changed = pyqtSignal(object)
    """The History of the cursor's episode."""
    branches_changed = pyqtSignal(object)
    """The Branches: when a trace opens, and when one begins."""
    unreadable = pyqtSignal(str)
    """One line; the trace is closed after it."""

    def __init__(self, cursor: Cursor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cursor = cursor
        self._run: RecordedRun | None = None
        self._running = False
        self._shown: tuple[Address, bool] | None = None
        self._shown_whole = False
        self._unfinished: Place | None = None
        self._unfinished_since = 0.0
        self._next_frame = 0.0
        self._history_due = 0.0
        self._history_shown = (-1, -1, -1)
        self._branches_shown = 0
        self._reading = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)
        cursor.moved.connect(self._cursor_moved)

    @property
    def run(self) -> RecordedRun | None:
        """The open trace."""
        return self._run

    def open(self, run: RecordedRun) -> None:
        """Show this trace from now on; its newest moment is announced before this returns."""
        self.close()
        self._run = run
        self._cursor.clear()
        self._timer.start()
        self.tick()

    def close(self) -> None:
        """Show nothing new any more."""
        self._timer.stop()
        if self._run is not None:
            self._run.close()
        self._run, self._shown, self._unfinished = None, None, None
        self._history_due, self._history_shown = 0.0, (-1, -1, -1)
        self._reading = False
        self._branches_shown = 0

    def hold(self) -> None:
        """Stay at the shown moment although the trace grows, until the cursor moves."""
        self._timer.stop()
        if self._run is not None:
            self._history_due = 0.0
            address = self._cursor.address
            if address is not None:
                self._run.history(address.branch, address.episode)
            self._show_history(self._run)

    def set_running(self, running: bool) -> None:
        """Whether an engine advances: then a step is shown when it is whole."""
        self._running = running

    def tick(self) -> None:
        """Show what is new, if anything is, without waiting for the next frame."""
        self._try(self._show_new)

    def _try(self, show: Callable[[RecordedRun], object]) -> None:
        if self._run is None:
            return
        try:
            show(self._run)
        except (PsiscopeError, OSError) as error:
            self.close()
            self.unreadable.emit(str(error))

    def _show_new(self, run: RecordedRun) -> None:
        grown = run.refresh()
        if grown:
            self._show_branches(run)
        if self._cursor.live and (grown or self._shown is None or self._unfinished):
            self._follow_head(run)
        before = self._shown
        announced = self._show_moment(run, grown=grown)
        if announced and self._is_elsewhere(before):
            # A history that has to be read follows in the next look: each turn is short.
            self._reading = True
        else:
            self._show_history(run)

    def _is_elsewhere(self, before: tuple[Address, bool] | None) -> bool:
        """Whether another episode is shown than before."""
        if before is None or self._shown is None:
            return False
        return before[0].place[:2] != self._shown[0].place[:2]

    def _look(self) -> None:
        if time.monotonic() >= self._next_frame:
            self.tick()
        elif self._reading:
            self._try(self._show_history)

    def _cursor_moved(self) -> None:
        self._history_due = 0.0
        if self._run is not None:
            self._timer.start()
        if self._cursor.live:
            self._shown = None
        self.tick()

    def _follow_head(self, run: RecordedRun) -> None:
        place = self._step_to_show(run)
        if place is not None:
            branch, episode, t = place
            self._cursor.follow(Address(branch=branch, episode=episode, t=t))

    def _step_to_show(self, run: RecordedRun) -> Place | None:
        """The newest step; while an engine runs the newest whole one, unless that got old."""
        newest = run.newest()
        if newest is None or not self._running or run.environment_step(newest) is not None:
            self._unfinished = None
            return newest
        shown = self._cursor.address
        if shown is not None and shown.place == newest:
            return newest
        now = time.monotonic()
        if newest != self._unfinished:
            self._unfinished, self._unfinished_since = newest, now
        if now - self._unfinished_since > PATIENCE_SECONDS:
            return newest
        return run.step_before(newest) or newest

    def _show_branches(self, run: RecordedRun) -> None:
        branches = run.branches()
        if len(branches) != self._branches_shown:
            self._branches_shown = len(branches)
            self.branches_changed.emit(branches)

    def _show_moment(self, run: RecordedRun, *, grown: bool) -> bool:
        """Whether a moment was announced."""
        address = self._cursor.address
        if address is None:
            return False
        asked = (address, self._cursor.live)
        if asked == self._shown and (self._shown_whole or not grown):
            return False
        moment = run.moment(address, live=self._cursor.live)
        if moment is None:
            return False
        self._shown, self._shown_whole = asked, moment.environment_step is not None
        self._next_frame = time.monotonic() + FRAME_MS / 1000 - _SLACK_SECONDS
        self.moment_changed.emit(moment)
        return True

    def _show_history(self, run: RecordedRun) -> None:
        address, now = self._cursor.address, time.monotonic()
        if address is None or now < self._history_due:
            self._reading = False
            return
        wanted = (address.branch, address.episode, run.seq)
        if wanted == self._history_shown:
            self._reading = False
            return
        history, complete = run.history_part(address.branch, address.episode)
        self._reading = not complete
        if complete:
            self._history_shown, self._history_due = wanted, now + HISTORY_SECONDS
        elif wanted[:2] == self._history_shown[:2]:
            # A long one is shown as it begins, then whole: the next tick reads on.
            return
        else:
            self._history_shown = (*wanted[:2], _PARTLY)
        self.history_changed.emit(history)
