"""Keeps the status bar, the badge and the run button up to date, four times a second."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, QTimer

from app.bridge.heartbeat import Heartbeat
from app.bridge.playback import Playback
from app.main_window import MainWindow
from app.panels.status_panel import Status
from app.source import Source
from app.state.cursor import Cursor
from app.state.moment import Moment
from app.state.speed import SpeedMeter

REFRESH_MS = 250
_NAN = float("nan")


class StatusReporter(QObject):
    """Gathers figures; changes nothing but what is written in the bars."""

    def __init__(
        self, window: MainWindow, source: Source, cursor: Cursor, playback: Playback
    ) -> None:
        super().__init__()
        self._window, self._source = window, source
        self._cursor, self._playback = cursor, playback
        self.heartbeat = Heartbeat(self)
        self._speed = SpeedMeter()
        self._moment: Moment | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)

    def start(self) -> None:
        self.heartbeat.start()
        self._timer.start()
        self.refresh()

    def stop(self) -> None:
        self.heartbeat.stop()
        self._timer.stop()

    def note_moment(self, moment: Moment) -> None:
        """A moment was shown."""
        self._moment = moment
        self._speed.note((moment.branch, moment.episode, moment.t), time.monotonic())

    def refresh(self) -> None:
        """Write everything anew."""
        window, state = self._window, self._source.engine_state
        window.status_panel.show_status(self._status(state))
        parts = (self._badge(state), self._source.branch_name)
        window.set_badge(", ".join(part for part in parts if part))
        window.set_running(state == "running" or (state == "none" and self._playback.playing))
        window.commands.actions["live"].setChecked(self._cursor.live)
        window.commands.actions["play"].setChecked(self._playback.playing)
        window.commands.set_enabled("next_episode", self._source.shows_live_run)

    def _status(self, state: str) -> Status:
        moment = self._moment
        real = None if moment is None else moment.environment_step
        seconds = _NAN if moment is None else moment.task.seconds_per_environment_step
        return Status(
            engine="none" if state == "none" else state,
            real_time_factor=self._speed.factor(seconds, time.monotonic()),
            simulate=_NAN if real is None else real.simulate_ms,
            imagine=_NAN if real is None else real.imagine_ms,
            backward=_NAN if real is None else real.backward_ms,
            other=_NAN if real is None else real.other_ms,
            render=self._window.views.render_ms,
            stall=self.heartbeat.worst(),
        )

    def _badge(self, state: str) -> str:
        label, pace = self._source.label, self._pace()
        if not self._source.shows_live_run:
            if state in {"starting", "running", "paused"}:
                return f"{label}, engine starts"
            return f"{label}, {pace}" if pace else label
        if self._cursor.live:
            return f"live, {state}"
        return f"playing {pace}, engine {state}" if pace else f"looking back, engine {state}"

    def _pace(self) -> str:
        """How fast the record plays; empty where it does not."""
        playback = self._playback
        if not playback.playing:
            return ""
        return f"back at {playback.pace.name}" if playback.backwards else playback.pace.name
