"""Search in time in the window: found, listed, marked, stepped through, also while it grows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.moment_tools import MomentTools
from app.panels.search_panel import HINT
from app.search import Search
from app.state.cursor import Address
from app.state.found import MOST_ROWS, Found, describe, summary, value_text
from core.traces.archive import TraceReader
from core.traces.quantities import search_condition
from core.traces.search import Moments, find_moments
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


@pytest.fixture
def application(windows: Windows, trace: Path, qtbot: QtBot) -> Application:
    """A window with keyboard focus on a trace of two episodes, at t = 0 of the first."""
    application = windows.open(trace=trace)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    application.driver.go_to(Address(episode=0, t=0, k=0))
    return application


def search_of(application: Application) -> Search:
    return feature(application, MomentTools).search


def type_in(qtbot: QtBot, application: Application, condition: str) -> None:
    """Ctrl+F, the condition, Enter; wait for what is found."""
    search = search_of(application)
    QTest.keyClick(application.window, Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    line = search.panel.field.line
    qtbot.waitUntil(line.hasFocus)
    line.clear()
    QTest.keyClicks(line, condition)
    line.close_offer()
    QTest.keyClick(line, Key.Key_Return)
    qtbot.waitUntil(lambda: search._found is not None and not search._wanted, timeout=WAIT)


def shown(application: Application) -> tuple[int, int, int]:
    moment = application.moment
    assert moment is not None
    return moment.episode, moment.t, moment.k


def marks(application: Application) -> list[int]:
    rows = application.views.timeline._marks._marks
    return [int(t) for t in rows["hit"].t] if "hit" in rows else []


def test_every_moment_is_found_listed_marked_and_the_first_one_shown(
    application: Application, trace: Path, qtbot: QtBot
) -> None:
    type_in(qtbot, application, "objective_gain > 0 and true_gain < 1")
    panel = search_of(application).panel
    with TraceReader(trace) as reader:
        moments = find_moments(
            reader, search_condition("objective_gain > 0 and true_gain < 1"), branch=0
        )
    assert len(moments) > 2
    assert [row[:3] for row in panel.table.rows] == [
        (str(e), str(t), str(k))
        for e, t, k in zip(moments.episode, moments.t, moments.k, strict=True)
    ]
    assert [column.name for column in panel.table.columns][:5] == [
        "ep", "t", "k", "objective_gain", "true_gain",
    ]  # fmt: skip
    first = (int(moments.episode[0]), int(moments.t[0]), int(moments.k[0]))
    assert shown(application) == first
    assert panel.table.current_row == 0
    assert panel.status == f"1 of {len(moments)} moments among 24 environment steps"
    assert marks(application) == moments.t[moments.episode == first[0]].tolist()


def test_f3_goes_on_and_shift_f3_goes_back_over_episodes_and_stops_at_the_ends(
    application: Application, qtbot: QtBot
) -> None:
    type_in(qtbot, application, "t == 4 or t == 9")
    window, panel = application.window, search_of(application).panel
    window.setFocus()
    seen = [shown(application)]
    for _ in range(4):
        QTest.keyClick(window, Key.Key_F3)
        seen.append(shown(application))
    assert [(e, t) for e, t, _ in seen] == [(0, 4), (0, 9), (1, 4), (1, 9), (1, 9)]
    assert panel.status.startswith("none after this moment")
    QTest.keyClick(window, Key.Key_F3, SHIFT)
    assert shown(application)[:2] == (1, 4)
    assert panel.table.current_row == 2
    QTest.keyClick(window, Key.Key_F3, Qt.KeyboardModifier.ControlModifier)
    assert shown(application)[:2] == (0, 4)
    QTest.keyClick(window, Key.Key_F3, SHIFT)
    assert panel.status.startswith("none before this moment")


def test_the_buttons_a_row_and_f3_inside_the_field_do_the_same(
    application: Application, qtbot: QtBot
) -> None:
    type_in(qtbot, application, "t == 4 or t == 9")
    panel = search_of(application).panel
    QTest.mouseClick(panel.buttons["next"], LEFT)
    assert shown(application)[:2] == (0, 9)
    QTest.mouseClick(panel.buttons["previous"], LEFT)
    assert shown(application)[:2] == (0, 4)
    panel.field.focus()
    QTest.keyClick(panel.field.line, Key.Key_F3)
    assert shown(application)[:2] == (0, 9)
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert shown(application)[:2] == (1, 4), "Enter again goes on"
    viewport = panel.table.viewport()
    model = panel.table.model()
    assert viewport is not None
    assert model is not None
    place = panel.table.visualRect(model.index(3, 1)).center()
    QTest.mouseClick(viewport, LEFT, pos=place)
    assert shown(application)[:2] == (1, 9)
    QTest.mouseClick(panel.buttons["first"], LEFT)
    assert shown(application)[:2] == (0, 4)


def test_stepping_starts_from_wherever_the_cursor_is(
    application: Application, qtbot: QtBot
) -> None:
    type_in(qtbot, application, "t == 4 or t == 9")
    application.driver.go_to(Address(episode=1, t=0))
    search_of(application).go("previous")
    assert shown(application)[:2] == (0, 9)


def test_a_condition_on_updates_finds_each_k(application: Application, qtbot: QtBot) -> None:
    type_in(qtbot, application, "k >= 0 and t == 3")
    assert [row[:3] for row in search_of(application).panel.table.rows] == [
        ("0", "3", "0"), ("0", "3", "1"), ("1", "3", "0"), ("1", "3", "1"),
    ]  # fmt: skip
    search_of(application).go("next")
    assert shown(application) == (0, 3, 1)


def test_where_nothing_is_found_the_panel_says_among_how_many(
    application: Application, qtbot: QtBot
) -> None:
    before = shown(application)
    type_in(qtbot, application, "reward > 1e6")
    panel = search_of(application).panel
    assert panel.status == "no moment among 24 environment steps"
    assert panel._words.text() == panel.status
    assert panel._words.isVisible()
    assert not panel.buttons["next"].isEnabled()
    assert not application.window.commands.actions["next_hit"].isEnabled()
    assert shown(application) == before


def test_a_wrong_condition_is_refused_at_once_and_searches_nothing(
    application: Application, qtbot: QtBot
) -> None:
    search = search_of(application)
    search.enter()
    QTest.keyClicks(search.panel.field.line, "true_gian < 0")
    assert "true_gain" in search.panel.field.fault
    QTest.keyClick(search.panel.field.line, Key.Key_Return)
    assert search._search is None
    assert not search.panel._make_breakpoint.isEnabled()


def test_an_emptied_field_forgets_the_search(application: Application, qtbot: QtBot) -> None:
    type_in(qtbot, application, "t == 4")
    panel = search_of(application).panel
    assert marks(application) == [4]
    panel.field.line.clear()
    assert marks(application) == []
    assert panel._words.text() == HINT
    assert list(panel.table.rows) == []
    assert not panel.buttons["next"].isEnabled()


def test_letters_typed_into_the_field_give_no_command(
    application: Application, qtbot: QtBot
) -> None:
    search = search_of(application)
    search.enter()
    before = application.cursor.address
    QTest.keyClicks(search.panel.field.line, "penr")
    for key in (Key.Key_Space, Key.Key_Home, Key.Key_F9, Key.Key_F10):
        QTest.keyClick(search.panel.field.line, key)
    assert application.cursor.address == before
    assert not application.playback.playing


def test_a_search_becomes_a_breakpoint_where_all_is_known_before_the_action(
    application: Application, qtbot: QtBot
) -> None:
    search = search_of(application)
    tools = feature(application, MomentTools)
    search.enter()
    search.panel.field.put("true_gain < 0")
    QTest.mouseClick(search.panel._make_breakpoint, LEFT)
    assert [b.condition for b in tools.breaks.breakpoints.items] == ["true_gain < 0"]
    search.panel.field.put("reward < 0")
    QTest.mouseClick(search.panel._make_breakpoint, LEFT)
    assert len(tools.breaks.breakpoints.items) == 1
    assert "reward is known only after the action" in search.panel.field.fault


def test_a_growing_trace_is_searched_on_without_moving_the_cursor(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True, engine="--pause 0.004 --length 1000")
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    search = search_of(application)
    search.enter()
    search.panel.field.put("action_change >= 0")
    search.panel.field.accept()
    qtbot.waitUntil(lambda: bool(search._found) and not search._wanted, timeout=WAIT)
    at = application.cursor.address
    assert at is not None
    assert at.t == 0
    count = len(search._found or ())
    qtbot.waitUntil(lambda: len(search._found or ()) > count + 10, timeout=WAIT)
    assert application.cursor.address == at
    rows = len(search.panel.table.rows)
    assert rows == len(search._found or ())
    assert f"{rows} moments among" in search.panel.status.replace(",", "")


def test_another_trace_is_searched_for_the_same(
    application: Application, qtbot: QtBot, tmp_path: Path
) -> None:
    type_in(qtbot, application, "t == 4 or t == 9")
    other = make_run(tmp_path / "other.trace", 7)
    application.source.open_trace(other)
    panel = search_of(application).panel
    qtbot.waitUntil(lambda: len(panel.table.rows) == 1, timeout=WAIT)
    assert panel.status == "1 moment among 7 environment steps"
    assert marks(application) == [4]


def test_the_step_commands_wait_for_something_found(application: Application) -> None:
    actions = application.window.commands.actions
    assert not actions["next_hit"].isEnabled()
    assert actions["search"].isEnabled()


def made_up(count: int) -> Found:
    t = np.arange(count, dtype=np.int64)
    zero = np.zeros(count, np.int64)
    values = {"drift": np.linspace(0.0, 1.0, count), "t": t.astype(np.float64)}
    return describe(
        Moments(
            seq=t + 1, branch=zero, episode=t // 1000, t=t % 1000, k=zero, values=values,
            looked_at=count,
        ),
        episode=0,
    )  # fmt: skip


def test_of_many_moments_a_thousand_are_listed_and_all_are_stepped_to_and_marked() -> None:
    found = made_up(2500)
    assert len(found) == 2500
    assert len(found.rows) == MOST_ROWS
    assert found.rows[7] == ("0", "7", "0", value_text("drift", 7 / 2499))
    assert found.after((1, 999, 0)) == 2000
    assert found.before((2, 0, 0)) == 1999
    assert (found.after((2, 499, 0)), found.before((0, 0, 0))) == (None, None)
    assert (found.row_at((0, 999, 0)), found.row_at((1, 0, 0))) == (999, -1)
    other = found.marks_of(1)
    assert list(other.ts) == list(range(1000))
    assert set(other.tips) == {""}
    drift = value_text("drift", 7 / 2499)
    assert f">found at t = 7, k = 0: drift = {drift}<" in found.marks_of(0).tips[7]
    assert made_up(0).first() is None


def test_values_are_written_as_people_read_them() -> None:
    assert value_text("refused", 1.0) == "yes"
    assert value_text("k", 3.0) == "3"
    assert value_text("drift", float("nan")) == "–"
    assert value_text("true_gain", -0.25) == "−0.250"
    assert summary(0, 812) == "no moment among 812 environment steps"
    assert summary(1, 1) == "1 moment among 1 environment step"
    assert summary(1234, 10000) == "1,234 moments among 10,000 environment steps"
