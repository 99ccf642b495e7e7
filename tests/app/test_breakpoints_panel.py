"""The list of breakpoints and its panel: keys, mouse, wrong input, undo."""

from __future__ import annotations

import json

import pytest
from PyQt6.QtCore import QModelIndex, QPoint, Qt
from PyQt6.QtGui import QUndoStack
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.panels.breakpoint_rows import CONDITION, HITS, LOG, ON, SKIP
from app.panels.breakpoints_panel import NONE_YET, BreakpointsPanel
from app.state.breakpoints import PRESETS, Breakpoints, at_t, read_breakpoints
from app.theme import LIGHT
from core.commands import MOST_BREAKPOINTS, Breakpoint, Command, parse_command
from core.errors import InputError
from core.expressions import LONGEST
from core.traces.quantities import QUANTITIES, breakpoint_condition

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def undo() -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def points(undo: QUndoStack) -> Breakpoints:
    return Breakpoints(undo)


@pytest.fixture
def panel(qtbot: QtBot, points: Breakpoints) -> BreakpointsPanel:
    """A panel and a list that does all it asks for."""
    known = [quantity for quantity in QUANTITIES.values() if quantity.before_action]
    panel = BreakpointsPanel(known, breakpoint_condition)

    def attempt(act: object, *values: object, **named: object) -> None:
        try:
            act(*values, **named)  # type: ignore[operator]
        except InputError as error:
            panel.refuse(str(error))

    panel.added.connect(lambda text: attempt(points.add, text))
    panel.removed.connect(points.remove)
    panel.changed.connect(
        lambda which, name, value: attempt(points.change, which, **{name: value})
    )
    panel.all_enabled.connect(points.set_enabled)
    points.changed.connect(lambda: panel.show_breakpoints(points.items))
    qtbot.addWidget(panel)
    panel.set_theme(LIGHT)
    panel.resize(236, 400)
    panel.show()
    panel.activateWindow()
    qtbot.waitExposed(panel)
    return panel


def conditions(points: Breakpoints) -> list[str]:
    return [each.condition for each in points.items]


def type_in(panel: BreakpointsPanel, text: str) -> None:
    panel.field.focus()
    QTest.keyClicks(panel.field.line, text)


def cell(panel: BreakpointsPanel, row: int, column: int) -> QModelIndex:
    return panel._rows.index(row, column)


def middle(panel: BreakpointsPanel, row: int, column: int) -> tuple[QWidget, QPoint]:
    viewport = panel.table.viewport()
    assert viewport is not None
    return viewport, panel.table.visualRect(cell(panel, row, column)).center()


def press(panel: BreakpointsPanel, key: Qt.Key) -> None:
    panel.table.setFocus()
    QTest.keyClick(panel.table, key)


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


def test_adding_what_is_there_switches_it_on(points: Breakpoints) -> None:
    points.add("t == 1")
    points.change(points.items[0].id, enabled=False)
    points.add("t==1")
    assert [(b.condition, b.enabled) for b in points.items] == [("t == 1", True)]


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


def test_the_list_survives_a_restart_and_ids_stay(
    undo: QUndoStack, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.change(points.items[0].id, log_only=True, ignore=3)
    again = Breakpoints(QUndoStack())
    again.load(points.to_text())
    assert again.items == points.items


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "null", '{"a": 1}', "[1, null, {}, []]", '[{"id": 1}]',
     json.dumps([{"id": "x", "condition": "t", "ignore": -1}])],
)  # fmt: skip
def test_what_cannot_be_read_from_the_preferences_is_left_out(text: str) -> None:
    assert read_breakpoints(text) == ()


def test_too_many_are_refused_in_one_line(points: Breakpoints) -> None:
    for t in range(100):
        points.add(f"t == {t}")
    with pytest.raises(InputError, match="100 breakpoints already: delete some"):
        points.add("t == 1000")


def test_a_hundred_of_the_longest_conditions_fit_into_one_command() -> None:
    longest = "t == 1" + " " * (LONGEST - 6)
    many = tuple(Breakpoint(id=f"b-{t:08}", condition=longest) for t in range(MOST_BREAKPOINTS))
    line = Command(id="w" * 64, name="breakpoints", breakpoints=many).to_line()
    assert parse_command(line).breakpoints == many


def test_a_breakpoint_at_a_t_is_a_condition_like_any_other() -> None:
    assert at_t(2, 64) == "episode == 2 and t == 64"
    breakpoint_condition(at_t(2, 64))


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
