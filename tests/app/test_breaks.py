"""A run stops before the action at a break: shown, counted, decided, skipped, survived."""

from __future__ import annotations

import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.app.breaking import (
    LEFT,
    WAIT,
    Key,
    breaks_of,
    counts,
    lists_sent,
    marks,
    open_with,
    proposed_t,
    wait_for_break,
)
from tests.app.live_windows import kill
from tests.app.window_fixtures import Windows, give


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


def test_a_killed_engine_that_goes_on_stands_at_its_break_again(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_with(windows, "t == 4 and action_change >= 0")
    wait_for_break(qtbot, application)
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    kill(engine)
    bar, banner = application.window.message_bar, breaks_of(application).banner
    qtbot.waitUntil(bar.isVisible, timeout=WAIT)
    assert not banner.isVisible(), "there is nothing to accept any more"
    QTest.mouseClick(bar.remedy, LEFT)
    qtbot.waitUntil(banner.isVisible, timeout=WAIT)
    assert "at t = 4" in banner.text
