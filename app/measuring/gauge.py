"""Instruments of the window's benchmark: frames, stalls, records on their way to the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PyQt6.QtCore import QEventLoop, QObject, Qt, QTimer

from app.application import Application
from app.bridge.heartbeat import Heartbeat
from app.bridge.trace_follower import FRAME_MS
from app.state.moment import Moment
from app.views.scene_picture import state_of
from core.errors import InputError

BEAT_MS = 5
WAIT_MS = 30_000
SETTLE_SECONDS = 0.5
_TURN_DEGREES = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One turn with a nearly empty scene, and one with everything on."""

    empty_frames_per_second: float
    frames_per_second: float
    """freshly drawn: of a record, or from a camera, that was not drawn before"""
    environment_steps_per_second: float
    """what the engine did meanwhile"""
    stall_p99_ms: float
    stall_max_ms: float
    record_to_screen_p50_ms: float
    record_to_screen_p95_ms: float
    render_ms: float


class Gauge(QObject):
    """Watches a window that shows a live run."""

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        self._application = application
        self._heartbeat = Heartbeat(self, interval_ms=BEAT_MS, kept=1_000_000)
        self._frames = 0
        self._committed: dict[bytes, float] = {}
        self._latencies: list[float] = []
        self._whole: Moment | None = None
        application.moment_shown.connect(self._note_moment)
        application.views.scene.frame_drawn.connect(self._note_frame)

    def measure(self, empty_seconds: float, live_seconds: float) -> Round:
        """Both turns. The engine is paused for the first and running when this returns."""
        empty = self._empty_rate(empty_seconds)
        self._set_running(running=True)
        self.spin(SETTLE_SECONDS)
        first = self._seq()
        self._frames, self._latencies = 0, []
        self._heartbeat.start()
        start = time.perf_counter()
        self.spin(live_seconds)
        self._linger(lambda: bool(self._latencies) and self._steps_since(first) > 0)
        elapsed = time.perf_counter() - start
        self._heartbeat.stop()
        lateness = self._heartbeat.lateness()
        latencies = np.array(self._latencies or [float("nan")]) * 1000
        return Round(
            empty_frames_per_second=empty,
            frames_per_second=self._frames / elapsed,
            environment_steps_per_second=self._steps_since(first) / elapsed,
            stall_p99_ms=float(np.percentile(lateness, 99)),
            stall_max_ms=float(lateness.max()),
            record_to_screen_p50_ms=float(np.percentile(latencies, 50)),
            record_to_screen_p95_ms=float(np.percentile(latencies, 95)),
            render_ms=self._application.views.render_ms,
        )

    def spin(self, seconds: float) -> None:
        """Let the event loop run."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def wait_until(self, condition: Callable[[], bool], timeout_ms: int) -> None:
        """Let the event loop run until it holds. InputError: the engine died, or is slow."""
        deadline = time.monotonic() + timeout_ms / 1000
        while not condition():
            if self._application.source.engine_state == "failed":
                raise InputError(
                    self._application.window.message_bar.text or "the engine failed"
                )
            if time.monotonic() > deadline:
                raise InputError(
                    "the engine did not begin in time", "see `python main.py run` for its speed"
                )
            self.spin(0.05)

    def _empty_rate(self, seconds: float) -> float:
        """Frames per second of the body alone under a turning camera, all else at rest."""
        self._set_running(running=False)
        self.spin(SETTLE_SECONDS)
        scene, moment = self._application.views.scene, self._whole
        if moment is None:
            raise InputError("the engine has shown nothing", "run `python main.py doctor`")
        scene.set_live(True)
        body, camera = body_alone(moment), scene.canvas.camera
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(FRAME_MS)

        def turn() -> None:
            azimuth = scene.canvas.camera.azimuth + _TURN_DEGREES
            scene.canvas.camera = replace(camera, azimuth=azimuth)
            scene.show_moment(body)

        timer.timeout.connect(turn)
        timer.start()
        self._frames, start = 0, time.perf_counter()
        self.spin(seconds)
        self._linger(lambda: self._frames > 0)
        rate = self._frames / (time.perf_counter() - start)
        timer.stop()
        scene.canvas.camera = camera
        return rate

    def _linger(self, condition: Callable[[], bool]) -> None:
        """Go on until it holds, at most WAIT_MS: a slow machine has a rate too, not none."""
        deadline = time.monotonic() + WAIT_MS / 1000
        scene = self._application.views.scene
        while scene.process_id and not condition() and time.monotonic() < deadline:
            self.spin(0.05)

    def _set_running(self, *, running: bool) -> None:
        wanted = "running" if running else "paused"
        if self._application.source.engine_state != wanted:
            self._application.driver.run()
            self.wait_until(lambda: self._application.source.engine_state == wanted, WAIT_MS)

    def _seq(self) -> int:
        run = self._application.follower.run
        return 0 if run is None else run.seq

    def _steps_since(self, seq: int) -> int:
        run = self._application.follower.run
        return 0 if run is None else run.steps_since(seq)

    def _note_moment(self, moment: Moment) -> None:
        state = state_of(moment)
        if moment.environment_step is not None:
            self._whole = moment
        if state is not None:
            newest = moment.environment_step or moment.proposal or moment.updates[-1]
            self._committed[state.tobytes()] = newest.committed_at

    def _note_frame(self) -> None:
        self._frames += 1
        frame = self._application.views.scene.canvas.frame
        if frame is not None:
            # A moment counts once: a second picture of it is not late, only new.
            committed = self._committed.pop(np.asarray(frame.picture.state).tobytes(), None)
            if committed is not None:
                self._latencies.append(time.time() - committed)


def body_alone(moment: Moment) -> Moment:
    """The moment without anything imagined or true around the body."""
    proposal = moment.proposal
    if proposal is not None:
        proposal = replace(proposal, true_states=np.empty((3, 0, proposal.state.size)))
    return replace(moment, updates=(), proposal=proposal)
