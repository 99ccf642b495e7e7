"""A fake engine's live run in a whole window: waited for, paused, stepped."""

from __future__ import annotations

import os
import signal

from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge.engine_process import EngineProcess
from tests.app.window_fixtures import give, shown

WAIT = 30_000


def wait_live(qtbot: QtBot, application: Application, t: int = 0) -> None:
    """Wait until the live run is shown, at t or later."""
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    qtbot.waitUntil(lambda: shown(application)[1] >= t, timeout=WAIT)


def pause(qtbot: QtBot, application: Application) -> None:
    """Pause a run that goes, and show what it recorded."""
    give(application, "run")
    qtbot.waitUntil(lambda: application.source.engine_state == "paused", timeout=WAIT)
    application.follower.tick()


def kill(engine: EngineProcess) -> None:
    """End it from outside, while it is there: process 0 would be the tests themselves."""
    assert engine.process_id is not None
    os.kill(engine.process_id, signal.SIGKILL)


def step(qtbot: QtBot, application: Application, command: str) -> None:
    """Give a step command and wait until the engine has run and paused again."""
    live = application.source.live_run
    assert live is not None
    changed = live.engine.state_changed
    with qtbot.waitSignals([changed, changed], timeout=WAIT):
        give(application, command)
    assert live.engine.state == "paused"
    application.follower.tick()
