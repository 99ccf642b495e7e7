"""Playing a record: any pace, both ways, by keys and by the box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge import playback as playback_module
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address, Cursor
from app.state.pace import PACES, REAL, Pace, neighbour
from tests.app.layout_check import clipped_texts
from tests.app.pointing import WAIT, focus, press, settle
from tests.app.window_fixtures import Windows
from tests.records import make_run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RecordedRun]:
    """Two episodes of 40 environment steps of 8 ms."""
    run = RecordedRun(make_run(tmp_path / "run.trace", 40, episodes=2))
    run.refresh()
    yield run
    run.close()


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(playback_module, "time", clock)
    return clock


def at(cursor: Cursor) -> tuple[int, int]:
    assert cursor.address is not None
    return cursor.address.episode, cursor.address.t


def after(playback: Playback, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    playback._tick()


@pytest.fixture
def playback(qapp: object) -> Iterator[Playback]:
    playback = Playback(Cursor())
    yield playback
    playback.stop()


def from_here(playback: Playback, address: Address) -> Cursor:
    """Its cursor, at that address."""
    cursor = playback._cursor
    cursor.go_to(address)
    return cursor


def test_paces_go_from_one_step_a_second_to_sixteen_times_real() -> None:
    assert [pace.name for pace in PACES] == [
        "1 t / s", "0.05x", "0.1x", "0.25x", "0.5x", "1x", "2x", "4x", "8x", "16x",
    ]  # fmt: skip
    spent = [pace.seconds(0.008) for pace in PACES]
    assert spent == sorted(spent, reverse=True)
    assert neighbour(REAL, 1) == Pace(2.0)
    assert neighbour(REAL, -1) == Pace(0.5)
    assert neighbour(PACES[0], -1) == PACES[0]
    assert neighbour(PACES[-1], 1) == PACES[-1]
    assert neighbour(Pace(0.3), 1) == Pace(2.0)


@pytest.mark.parametrize(("factor", "t"), [(1.0, 10), (0.5, 5), (2.0, 20), (None, 0)])
def test_a_record_plays_at_the_chosen_pace(
    run: RecordedRun, clock: Clock, playback: Playback, factor: float | None, t: int
) -> None:
    cursor = from_here(playback, Address())
    playback.set_pace(Pace(factor))
    playback.start(run)
    after(playback, clock, 0.0801)
    assert at(cursor) == (0, t)
    if factor is None:
        after(playback, clock, 1.93)
        assert at(cursor) == (0, 2)


def test_another_pace_goes_on_from_where_the_cursor_is(
    run: RecordedRun, clock: Clock, playback: Playback
) -> None:
    cursor = from_here(playback, Address())
    playback.start(run)
    after(playback, clock, 0.0801)
    playback.set_pace(Pace(0.5))
    assert at(cursor) == (0, 10)
    after(playback, clock, 0.0801)
    assert at(cursor) == (0, 15)


def test_it_plays_backwards_over_the_episodes_to_the_start(
    run: RecordedRun, clock: Clock, playback: Playback
) -> None:
    cursor = from_here(playback, Address(episode=1, t=5))
    playback.start(run, backwards=True)
    assert playback.backwards
    after(playback, clock, 0.0241)
    assert at(cursor) == (1, 2)
    after(playback, clock, 0.0401)
    assert at(cursor) == (0, 39)
    after(playback, clock, 10.0)
    assert at(cursor) == (0, 0)
    assert not playback.playing


def test_the_demos_slow_motion_is_not_the_chosen_pace(
    run: RecordedRun, clock: Clock, playback: Playback
) -> None:
    cursor = from_here(playback, Address(episode=1))
    playback.start(run, speed=0.1, repeat=True)
    assert playback.pace == Pace(0.1)
    after(playback, clock, 0.801)
    assert at(cursor) == (1, 10)
    after(playback, clock, 10.0)
    assert at(cursor) == (1, 0), "it begins again"
    assert playback.playing
    playback.stop()
    assert playback.pace == REAL


def box(application: Application) -> QComboBox:
    found = application.window.findChild(QComboBox, "pace")
    assert isinstance(found, QComboBox)
    return found


def test_keys_and_box_choose_the_pace_and_the_badge_says_it(
    windows: Windows, qtbot: QtBot, tmp_path: Path, clock: Clock
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 60))
    settle(qtbot, application)
    focus(qtbot, application)
    shift = Qt.KeyboardModifier.ShiftModifier
    press(application, Qt.Key.Key_Home)
    press(application, Qt.Key.Key_Comma)
    press(application, Qt.Key.Key_Comma)
    assert box(application).currentText() == "0.25x"
    press(application, Qt.Key.Key_Period)
    assert application.playback.pace == Pace(0.5)
    press(application, Qt.Key.Key_P)
    assert application.playback.playing
    qtbot.waitUntil(lambda: application.window._badge.text() == "recorded run, 0.5x")
    clock.now += 0.1
    qtbot.waitUntil(lambda: at(application.cursor)[1] > 2, timeout=WAIT)
    press(application, Qt.Key.Key_P)
    assert not application.playback.playing
    reached = at(application.cursor)
    press(application, Qt.Key.Key_P, shift)
    qtbot.waitUntil(lambda: application.window._badge.text() == "recorded run, back at 0.5x")
    clock.now += 0.03
    qtbot.waitUntil(lambda: at(application.cursor) < reached, timeout=WAIT)
    press(application, Qt.Key.Key_P, shift)
    box(application).activated.emit(len(PACES) - 1)
    assert application.playback.pace == Pace(16.0)


def test_the_box_fits_into_the_toolbar_of_the_smallest_window(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 20))
    settle(qtbot, application)
    for pace in PACES:
        application.playback.set_pace(pace)
        assert box(application).currentText() == pace.name
        assert clipped_texts(application.window) == []
    assert application.window._badge.isVisible()
