"""Breakpoints in the whole window: sent, hit before the action, shown, remembered, undone."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.breakpoints import Breaks
from app.moment_tools import MomentTools
from app.panels.breakpoints_panel import IDLE
from core.commands import parse_command
from core.traces.archive import TraceReader
from core.traces.trace import BreakpointHit, CommandApplied
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


def breaks_of(application: Application) -> Breaks:
    return feature(application, MomentTools).breaks


def give(application: Application, command: str) -> None:
    application.window.commands.actions[command].trigger()


def open_with(windows: Windows, *conditions: str, **options: Any) -> Application:
    """A live run of the fake engine that has these breakpoints from its first record on."""
    earlier = windows.open(**options)
    for condition in conditions:
        breaks_of(earlier).breakpoints.add(condition)
    earlier.window.close()
    return windows.open(live=True, **options)


def wait_for_break(qtbot: QtBot, application: Application) -> str:
    banner = breaks_of(application).banner
    qtbot.waitUntil(banner.isVisible, timeout=WAIT)
    return banner.text


def proposed_t(application: Application) -> int | None:
    """The t on the screen, where its action has been proposed."""
    moment = application.moment
    return None if moment is None or moment.proposal is None else moment.t


def counts(application: Application) -> list[int]:
    breaks = breaks_of(application)
    return [breaks.panel._rows._hits.get(b.id, 0) for b in breaks.breakpoints.items]


def marks(application: Application) -> list[int]:
    rows = application.views.timeline._marks._marks
    return [int(t) for t in rows["break"].t] if "break" in rows else []


def lists_sent(application: Application) -> list[list[str]]:
    """The conditions of each list that the engine has recorded."""
    run = application.follower.run
    assert run is not None
    with TraceReader(run.path) as reader:
        records = [r for r in reader.records() if isinstance(r, CommandApplied)]
    found = []
    for record in records:
        command = parse_command(record.command)
        if command.name == "breakpoints":
            found.append([b.condition for b in command.breakpoints])
    return found


def test_a_run_pauses_before_the_action_and_the_window_says_where_and_why(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "t == 4 and action_change >= 0")
    text = wait_for_break(qtbot, application)
    assert text.startswith("Break before the action at t = 4, k = 1: t == 4 and action_change")
    assert "(action_change = " in text
    qtbot.waitUntil(lambda: proposed_t(application) == 4)
    moment = application.moment
    assert moment is not None
    assert moment.environment_step is None, "the action is not applied"
    breaks = breaks_of(application)
    assert breaks.panel.current == breaks.breakpoints.items[0], "its row is selected"
    qtbot.waitUntil(lambda: counts(application) == [1])
    qtbot.waitUntil(lambda: marks(application) == [4])
    give(application, "run")
    qtbot.waitUntil(lambda: not breaks.banner.isVisible(), timeout=WAIT)
    qtbot.waitUntil(lambda: (application.moment or moment).t > 5, timeout=WAIT)
    assert not breaks.banner.isVisible()
    assert marks(application) == [4], "the mark stays"


def test_the_list_reaches_the_engine_before_it_runs(windows: Windows, qtbot: QtBot) -> None:
    application = open_with(windows, "t == 0 and episode == 0")
    text = wait_for_break(qtbot, application)
    assert "at t = 0" in text
    qtbot.waitUntil(lambda: application.follower.run is not None, timeout=WAIT)
    assert lists_sent(application) == [["t == 0 and episode == 0"]]


@pytest.mark.parametrize("name", ["accept", "reject", "run"])
def test_a_button_of_the_banner_gives_its_command_and_the_banner_goes(
    windows: Windows, qtbot: QtBot, name: str
) -> None:
    application = open_with(windows, "t == 3 and action_change >= 0")
    wait_for_break(qtbot, application)
    button = breaks_of(application).banner.buttons[name]
    qtbot.waitUntil(button.isEnabled, timeout=WAIT)
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: not breaks_of(application).banner.isVisible(), timeout=WAIT)
    run = application.follower.run
    assert run is not None
    if name == "reject":
        qtbot.waitUntil(lambda: len(run.branches()) == 2, timeout=WAIT)
    else:
        qtbot.waitUntil(lambda: run.environment_step((0, 0, 3)) is not None, timeout=WAIT)


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


def test_a_break_is_told_while_one_looks_back_and_show_goes_there(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "t == 8 and action_change >= 0", engine="--pause 0.02")
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    application.driver.go_to_t(0)
    wait_for_break(qtbot, application)
    assert application.cursor.address is not None
    assert application.cursor.address.t == 0, "nobody is pulled away"
    look = breaks_of(application).banner.look_button
    qtbot.waitUntil(look.isVisible)
    QTest.mouseClick(look, LEFT)
    qtbot.waitUntil(lambda: proposed_t(application) == 8)
    assert application.cursor.address.t == 8
    assert not look.isVisible()


def test_log_only_hits_are_marked_and_counted_without_a_pause(
    windows: Windows, qtbot: QtBot
) -> None:
    earlier = windows.open()
    points = breaks_of(earlier).breakpoints
    points.add("t >= 2 and t <= 4 and action_change >= 0")
    points.change(points.items[0].id, log_only=True)
    earlier.window.close()
    application = windows.open(live=True)
    qtbot.waitUntil(lambda: counts(application) == [3], timeout=WAIT)
    qtbot.waitUntil(lambda: marks(application) == [2, 3, 4], timeout=WAIT)
    assert application.source.engine_state == "running"
    assert not breaks_of(application).banner.isVisible()


def test_hits_to_skip_are_counted_and_passed(windows: Windows, qtbot: QtBot) -> None:
    earlier = windows.open()
    points = breaks_of(earlier).breakpoints
    points.add("action_change >= 0")
    points.change(points.items[0].id, ignore=3)
    earlier.window.close()
    application = windows.open(live=True)
    text = wait_for_break(qtbot, application)
    assert "at t = 3" in text
    assert "hit 4" in text
    qtbot.waitUntil(lambda: counts(application) == [4])


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


def test_after_a_condition_was_entered_delete_at_its_break_rejects(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "(t == 3 or t == 6) and action_change >= 0")
    breaks, window = breaks_of(application), application.window
    wait_for_break(qtbot, application)
    give(application, "breakpoint_condition")
    qtbot.waitUntil(breaks.panel.field.line.hasFocus)
    QTest.keyClick(breaks.panel.field.line, Key.Key_Escape)
    qtbot.waitUntil(window.hasFocus)
    window.docks["breakpoints"].raise_()
    breaks.panel.table.selectRow(0)
    breaks.panel.table.setFocus()
    give(application, "run")
    # The first break may be gone and the second there before anybody looks.
    banner = breaks.banner
    qtbot.waitUntil(lambda: banner.isVisible() and "at t = 6" in banner.text, timeout=WAIT)
    qtbot.waitUntil(window.hasFocus, timeout=WAIT)
    QTest.keyClick(window, Key.Key_Delete)
    run = application.follower.run
    assert run is not None
    qtbot.waitUntil(lambda: len(run.branches()) == 2, timeout=WAIT)
    assert len(breaks.breakpoints.items) == 1


def test_delete_in_the_table_removes_a_row_and_rejects_nothing(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "t == 3 and action_change >= 0", "t == 900")
    wait_for_break(qtbot, application)
    breaks = breaks_of(application)
    application.window.docks["breakpoints"].raise_()
    breaks.panel.table.selectRow(1)
    breaks.panel.table.setFocus()
    QTest.keyClick(breaks.panel.table, Key.Key_Delete)
    assert len(breaks.breakpoints.items) == 1
    assert breaks.banner.isVisible()
    run = application.follower.run
    assert run is not None
    assert len(run.branches()) == 1


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


def test_a_killed_engine_that_goes_on_stands_at_its_break_again(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "t == 4 and action_change >= 0")
    wait_for_break(qtbot, application)
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    os.kill(engine.process_id or 0, signal.SIGKILL)
    bar, banner = application.window.message_bar, breaks_of(application).banner
    qtbot.waitUntil(bar.isVisible, timeout=WAIT)
    assert not banner.isVisible(), "there is nothing to accept any more"
    QTest.mouseClick(bar.remedy, LEFT)
    qtbot.waitUntil(banner.isVisible, timeout=WAIT)
    assert "at t = 4" in banner.text
