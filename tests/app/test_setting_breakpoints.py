"""Breakpoints set in the whole window: by key and field, sent, undone, remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.breakpoints_panel import IDLE
from core.traces.archive import TraceReader
from core.traces.trace import BreakpointHit
from tests.app.breaking import (
    WAIT,
    Key,
    breaks_of,
    counts,
    lists_sent,
    marks,
    open_with,
    wait_for_break,
)
from tests.app.window_fixtures import Windows, give
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


def test_the_buttons_name_the_keys_that_do_the_same_also_changed_ones(
    windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    buttons = breaks_of(application).banner.buttons
    assert buttons["accept"].text() == "Accept  Enter"
    assert buttons["reject"].text() == "Reject  Del"
    assert buttons["run"].text() == "Go on  F5"
    application.window.commands.set_keys({"run": ("F7",), "reject": ()})
    assert buttons["run"].text() == "Go on  F7"
    assert buttons["reject"].text() == "Reject"


def test_f9_sets_a_breakpoint_at_the_cursor_and_takes_it_away(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    application = windows.open(trace=trace)
    window = application.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    application.driver.go_to_t(7)
    QTest.keyClick(window, Key.Key_F9)
    points = breaks_of(application).breakpoints
    assert [b.condition for b in points.items] == ["episode == 1 and t == 7"]
    assert marks(application) == [7], "one sees where it waits"
    QTest.keyClick(window, Key.Key_F9)
    assert points.items == ()
    give(application, "undo")
    assert len(points.items) == 1
    give(application, "redo_change")
    assert points.items == ()


def test_typed_letters_and_f9_give_no_command_from_inside_the_field(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    application = windows.open(trace=trace)
    window, breaks = application.window, breaks_of(application)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    application.driver.go_to_t(3)
    QTest.keyClick(window, Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    line = breaks.panel.field.line
    qtbot.waitUntil(line.hasFocus)
    before = application.cursor.address
    QTest.keyClicks(line, "n")
    popup = line._completer.popup()
    assert popup is not None
    assert popup.isVisible()
    QTest.keyClicks(popup, "epr")
    for key in (Key.Key_F9, Key.Key_Space, Key.Key_Home, Key.Key_Delete, Key.Key_F10):
        QTest.keyClick(line, key)
    assert breaks.breakpoints.items == ()
    assert application.cursor.address == before
    assert not application.playback.playing
    line.close_offer()
    line.setText("t == 5")
    QTest.keyClick(line, Key.Key_Return)
    assert [b.condition for b in breaks.breakpoints.items] == ["t == 5"]


def test_a_change_during_the_run_is_sent_as_one_list_and_so_is_its_undo(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    points = breaks_of(application).breakpoints
    points.add("t == 5000")
    points.add("t == 6000")
    give(application, "undo")
    wanted = [["t == 5000"], ["t == 5000", "t == 6000"], ["t == 5000"]]
    qtbot.waitUntil(lambda: lists_sent(application) == wanted, timeout=WAIT)


def test_breakpoints_are_remembered_over_a_restart(windows: Windows, trace: Path) -> None:
    first = windows.open(trace=trace)
    breaks_of(first).breakpoints.add("t == 5")
    breaks_of(first).breakpoints.change(breaks_of(first).breakpoints.items[0].id, ignore=2)
    kept = breaks_of(first).breakpoints.items
    first.window.close()
    assert breaks_of(windows.open(trace=trace)).breakpoints.items == kept


def test_a_recorded_trace_says_when_breakpoints_are_checked(
    windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    application.window.docks["breakpoints"].raise_()
    panel = breaks_of(application).panel
    assert panel._idle.isVisible()
    assert panel._idle.text() == IDLE
    panel.field.put("t == 3")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert [b.condition for b in panel.breakpoints] == ["t == 3"]


def test_hits_of_a_recorded_trace_are_counted_and_marked_without_a_banner(
    windows: Windows, qtbot: QtBot
) -> None:
    live = open_with(windows, "t == 4 and action_change >= 0")
    wait_for_break(qtbot, live)
    run = live.follower.run
    assert run is not None
    live.window.close()
    with TraceReader(run.path) as reader:
        assert any(isinstance(r, BreakpointHit) for r in reader.records())
    replay = windows.open(trace=run.path)
    qtbot.waitUntil(lambda: counts(replay) == [1], timeout=WAIT)
    qtbot.waitUntil(lambda: marks(replay) == [4], timeout=WAIT)
    assert not breaks_of(replay).banner.isVisible()
