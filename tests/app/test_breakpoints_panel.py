"""The table of breakpoints: keys, mouse, edits, undo, what it shows."""

from __future__ import annotations

import json

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QUndoStack
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from app.panels.breakpoint_rows import CONDITION, HITS, LOG, ON, SKIP
from app.panels.breakpoints_panel import NONE_YET, BreakpointsPanel
from app.state.breakpoints import Breakpoints
from tests.app.breakpoint_panels import (
    LEFT,
    Key,
    cell,
    conditions,
    middle,
    open_panel,
    press,
    type_in,
)


@pytest.fixture
def undo() -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def points(undo: QUndoStack) -> Breakpoints:
    return Breakpoints(undo)


@pytest.fixture
def panel(qtbot: QtBot, points: Breakpoints) -> BreakpointsPanel:
    return open_panel(qtbot, points)


def test_delete_removes_the_selected_one_and_undo_brings_it_back(
    panel: BreakpointsPanel, points: Breakpoints, undo: QUndoStack
) -> None:
    for t in (1, 2, 3):
        points.add(f"t == {t}")
    panel.table.selectRow(1)
    press(panel, Key.Key_Delete)
    assert conditions(points) == ["t == 1", "t == 3"]
    assert panel.current is not None
    assert panel.current.condition == "t == 3", "the next one is selected"
    undo.undo()
    assert conditions(points) == ["t == 1", "t == 2", "t == 3"]
    undo.redo()
    assert conditions(points) == ["t == 1", "t == 3"]


def test_the_tick_and_space_switch_one_off_and_on(
    panel: BreakpointsPanel, points: Breakpoints, undo: QUndoStack
) -> None:
    points.add("t == 1")
    viewport, place = middle(panel, 0, ON)
    QTest.mouseClick(viewport, LEFT, pos=place)
    assert not points.items[0].enabled
    panel.table.selectRow(0)
    press(panel, Key.Key_Space)
    assert points.items[0].enabled
    assert undo.undoText() == "enable breakpoint"
    undo.undo()
    assert not points.items[0].enabled


def test_log_only_is_ticked_and_hits_to_skip_are_typed(
    panel: BreakpointsPanel, points: Breakpoints, qtbot: QtBot
) -> None:
    points.add("t == 1")
    viewport, place = middle(panel, 0, LOG)
    QTest.mouseClick(viewport, LEFT, pos=place)
    assert points.items[0].log_only
    viewport, place = middle(panel, 0, SKIP)
    QTest.mouseClick(viewport, LEFT, pos=place)
    QTest.mouseDClick(viewport, LEFT, pos=place)
    editor = panel.table.findChild(QSpinBox)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "12")
    QTest.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: points.items[0].ignore == 12)


def test_a_double_click_edits_the_condition_and_counting_goes_with_it(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.add("t == 2")
    viewport, place = middle(panel, 1, CONDITION)
    QTest.mouseClick(viewport, LEFT, pos=place)
    QTest.mouseDClick(viewport, LEFT, pos=place)
    assert panel.field.text == "t == 2"
    assert panel._add.text() == "Change"
    QTest.keyClicks(panel.field.line, "t == 20")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["t == 1", "t == 20"]
    assert panel._add.text() == "Add"


def test_escape_leaves_the_edit_without_a_change(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.add("t == 1")
    panel.table.selectRow(0)
    press(panel, Key.Key_F2)
    QTest.keyClicks(panel.field.line, "t == 9")
    QTest.keyClick(panel.field.line, Key.Key_Escape)
    assert conditions(points) == ["t == 1"]
    assert panel.field.text == ""
    assert panel.hasFocus(), "no key is a field's or a table's any more"
    type_in(panel, "t == 5")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["t == 1", "t == 5"], "the next Enter adds again"


def test_an_edit_into_a_condition_that_is_there_already_is_refused(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.add("t == 2")
    panel.edit_condition(points.items[1].id)
    QTest.keyClicks(panel.field.line, "t==1")
    QTest.keyClick(panel.field.line, Key.Key_Return)
    assert conditions(points) == ["t == 1", "t == 2"]
    assert "edit that one" in panel.field.fault
    assert panel.field.text == "t==1"


def test_the_context_menu_does_the_same_by_mouse(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.add("t == 2")
    panel.table.selectRow(0)

    def choose(text: str) -> None:
        (action,) = [a for a in panel.context_menu().actions() if a.text() == text]
        action.trigger()

    choose("Only log hits")
    choose("Switch off")
    assert (points.items[0].log_only, points.items[0].enabled) == (True, False)
    choose("Switch all off")
    assert [b.enabled for b in points.items] == [False, False]
    choose("Delete")
    assert conditions(points) == ["t == 2"]
    choose("Delete all")
    assert points.items == ()


def test_hits_are_counted_and_a_break_marks_and_selects_its_row(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.add("t == 2")
    second = points.items[1].id
    panel.show_hits({second: 7})
    panel.show_break(frozenset({second}))
    texts = [cell(panel, row, HITS).data() for row in (0, 1)]
    assert texts == ["0", "7"]
    assert cell(panel, 1, CONDITION).data() == "▶ t == 2"
    assert panel.current == points.items[1]
    panel.show_break(frozenset())
    assert cell(panel, 1, CONDITION).data() == "t == 2"


def test_an_empty_panel_says_what_would_fill_it(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    assert panel._words.isVisible()
    assert panel._words.text() == NONE_YET
    points.add("t == 1")
    assert not panel._words.isVisible()
    assert panel.table.isVisible()


def test_nothing_of_a_condition_is_taken_for_markup(
    panel: BreakpointsPanel, points: Breakpoints
) -> None:
    points.load(json.dumps([{"id": "x", "condition": "<b>t</b>"}]))
    tip = cell(panel, 0, CONDITION).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tip


def test_a_long_condition_is_read_whole_on_several_lines(
    panel: BreakpointsPanel, points: Breakpoints, qtbot: QtBot
) -> None:
    points.add("t == 1")
    points.add("action_change > 0.1 and true_gain < 0 and objective_gain > 0 and drift > 0")
    panel.resize(240, 400)
    qtbot.waitUntil(lambda: panel.table.rowHeight(1) > panel.table.rowHeight(0))
