"""The moments that a search found: stepped through, and how they are listed and told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.state.cursor import Address
from app.state.found import MOST_ROWS, Found, describe, summary, value_text
from core.traces.search import Moments
from tests.app.searching import LEFT, SHIFT, Key, search_of, type_in
from tests.app.window_fixtures import Windows, open_focused, shown
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
