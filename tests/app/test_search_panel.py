"""Search in time in the window: found, listed, marked, also while the trace grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.moment_tools import MomentTools
from app.panels.search_panel import HINT
from app.state.cursor import Address
from core.traces.archive import TraceReader
from core.traces.quantities import search_condition
from core.traces.search import find_moments
from tests.app.searching import LEFT, WAIT, Key, marks, search_of, type_in
from tests.app.window_fixtures import Windows, feature, open_focused, shown
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


@pytest.fixture
def application(windows: Windows, trace: Path, qtbot: QtBot) -> Application:
    """A window with keyboard focus on a trace of two episodes, at t = 0 of the first."""
    application = open_focused(windows, qtbot, trace)
    application.driver.go_to(Address(episode=0, t=0, k=0))
    return application


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
