"""A made-up engine's live run in a whole window: paused, stepped, read off."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from core.settings import Settings
from core.traces.trace import BranchStarted
from tests.app.window_fixtures import Windows

WAIT = 30_000
Key = Qt.Key
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
E2 = "--settings " + Settings(ascent_steps=2).to_json()


def wait_paused(qtbot: QtBot, application: Application) -> None:
    """Wait until the engine has done all it was told and paused; show what it recorded."""
    live = application.source.live_run
    assert live is not None
    qtbot.waitUntil(
        lambda: live.engine.state == "paused" and not live.engine.unacknowledged, timeout=WAIT
    )
    application.follower.tick()


def step(qtbot: QtBot, application: Application, command: str) -> None:
    """Give a command and wait until the engine has run and paused again."""
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    with qtbot.waitSignals([engine.state_changed, engine.state_changed], timeout=WAIT):
        application.window.commands.actions[command].trigger()
    wait_paused(qtbot, application)


def press(
    application: Application,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """A key in the window that has the focus."""
    application.window.activateWindow()
    application.window.setFocus()
    QTest.keyClick(application.window, key, modifiers)


def at(application: Application) -> tuple[int, int, int]:
    """(branch, t, k) on the screen."""
    moment = application.moment
    assert moment is not None
    return moment.branch, moment.t, moment.k


def applied(application: Application) -> bool:
    """Whether the action of the shown moment was applied."""
    assert application.moment is not None
    return application.moment.environment_step is not None


def said(application: Application) -> str:
    """The line in the message bar."""
    return application.window.message_bar.text


def to_break(qtbot: QtBot, application: Application) -> int:
    """Into the next t until its action is proposed; returns that t."""
    for _ in range(3):
        step(qtbot, application, "step_into")
    moment = application.moment
    assert moment is not None
    assert moment.proposal is not None
    assert not applied(application)
    return moment.t


def settled(qtbot: QtBot, application: Application, branch: int) -> None:
    """Wait until a branch has begun and is shown, the engine paused."""
    qtbot.waitUntil(lambda: at(application)[0] == branch, timeout=WAIT)
    wait_paused(qtbot, application)


def started(application: Application, branch: int) -> BranchStarted:
    """The record with which a branch begins."""
    run = application.follower.run
    assert run is not None
    record = run.branches().started(branch)
    assert record is not None
    return record


def open_paused(windows: Windows, qtbot: QtBot) -> Application:
    """A live run with two updates a step, paused after a whole one."""
    application = windows.open(live=True, engine=E2)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    qtbot.waitUntil(lambda: at(application)[1] >= 3, timeout=WAIT)
    application.driver.run()
    wait_paused(qtbot, application)
    step(qtbot, application, "step_over")
    return application
