"""The field of a breakpoint's condition: typed, completed, refused, added."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QModelIndex
from PyQt6.QtGui import QUndoStack
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.breakpoints_panel import BreakpointsPanel
from app.state.breakpoints import PRESETS, Breakpoints
from core.traces.quantities import QUANTITIES, breakpoint_condition
from tests.app.breakpoint_panels import LEFT, Key, conditions, open_panel, type_in


@pytest.fixture
def points() -> Breakpoints:
    return Breakpoints(QUndoStack())


@pytest.fixture
def panel(qtbot: QtBot, points: Breakpoints) -> BreakpointsPanel:
    return open_panel(qtbot, points)


def test_enter_adds_the_condition_that_was_typed(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    type_in(panel, "action_change > 0.1")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["action_change > 0.1"]
    assert panel.field.text == ""
    assert not panel.field.fault


def test_the_add_button_is_the_mouse_way(panel: BreakpointsPanel, points: Breakpoints) -> None:
    type_in(panel, "t == 4")
    QTest.mouseClick(panel._add, LEFT)
    assert conditions(points) == ["t == 4"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("action_chang > 1", "action_change"),
        ("t = 4", "write == to compare"),
        ("reward > 1", "known only after the action"),
        ("__import__('os')", "no part of a condition"),
    ],
)
def test_a_wrong_condition_is_refused_while_it_is_typed_and_not_added(
    panel: BreakpointsPanel, points: Breakpoints, text: str, word: str
) -> None:
    type_in(panel, text)
    assert word in panel.field.fault
    assert "\n" not in panel.field.fault
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert points.items == ()
    assert panel.field.text == text, "what was typed stays"
    panel.field.line.clear()
    assert not panel.field.fault


def test_an_empty_field_says_why_nothing_is_added(panel: BreakpointsPanel) -> None:
    panel.field.focus()
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert "empty" in panel.field.fault


def test_names_are_completed_word_by_word(panel: BreakpointsPanel, points: Breakpoints) -> None:
    type_in(panel, "t > 3 and action_c")
    assert panel.field.line.offered == ["action_change"]
    popup = panel.field.line._completer.popup()
    assert popup is not None
    QTest.keyClick(popup, Key.Key_Down)
    QTest.keyClick(popup, Key.Key_Return)
    assert panel.field.text == "t > 3 and action_change"
    assert points.items == (), "Enter chose the word, it did not add the breakpoint"
    QTest.keyClicks(panel.field.line, " > 0.1")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["t > 3 and action_change > 0.1"]


def test_the_refusal_waits_while_words_are_offered_over_it(panel: BreakpointsPanel) -> None:
    type_in(panel, "action_c")
    assert panel.field.line.offered
    assert not panel.field._fault.isVisible()
    QTest.keyClicks(panel.field.line, " > 0.1")
    assert panel.field.line.offered == []
    assert panel.field._fault.isVisible()
    assert "action_change" in panel.field.fault


def test_enter_with_an_offer_open_but_none_chosen_is_meant_for_the_condition(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    type_in(panel, "not fin")
    QTest.keyClicks(panel.field.line, "ite or t")
    popup = panel.field.line._completer.popup()
    assert popup is not None
    assert popup.isVisible()
    QTest.keyClicks(popup, " > 5 and k")
    QTest.keyClicks(popup, " > 0 or refused")
    popup.setCurrentIndex(QModelIndex())
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["not finite or t > 5 and k > 0 or refused"]
    assert not popup.isVisible()


def test_the_question_mark_lists_the_names_and_a_click_inserts_one(
    panel: BreakpointsPanel, qtbot: QtBot
) -> None:
    QTest.mouseClick(panel.field._ask, LEFT)
    names = panel.field.names
    qtbot.waitUntil(names.isVisible)
    rows = {row[0]: row for row in names.table.rows}
    assert rows["drift"][1:] == ("weight", QUANTITIES["drift"].meaning)
    assert "reward" not in rows, "what is known too late is not offered"
    row = list(rows).index("drift")
    viewport = names.table.viewport()
    model = names.table.model()
    assert viewport is not None
    assert model is not None
    names.table.scrollTo(model.index(row, 0))
    QTest.mouseClick(viewport, LEFT, pos=names.table.visualRect(model.index(row, 0)).center())
    assert not names.isVisible()
    assert panel.field.text == "drift"


def test_every_preset_can_be_read_and_is_added_from_its_menu(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    menu = panel._presets.menu()
    assert menu is not None
    for action in menu.actions():
        action.trigger()
    assert conditions(points) == [condition for _, condition in PRESETS]
    for condition in conditions(points):
        breakpoint_condition(condition)
