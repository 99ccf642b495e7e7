"""Edits of the settings are taken back and made again, in the engine and in the fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QUndoCommand
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.settings_edits import SettingsEdits, describe
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

WAIT = 30_000
Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def open_live(windows: Windows, qtbot: QtBot, engine: str = "") -> Application:
    application = windows.open(live=True, engine=engine)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    application.window.setFocus()
    return application


def field(application: Application, name: str) -> Any:
    return application.window.settings_panel._fields[name]


def type_number(application: Application, name: str, text: str) -> None:
    """As a person does: into the field, all of it, the number, Enter."""
    box = field(application, name)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Key.Key_Return)


def press(application: Application, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or application.window, key, modifier)


def wait_in_effect(application: Application, qtbot: QtBot, **values: object) -> None:
    """Until a record on the screen was made with these settings."""

    def made() -> bool:
        moment = application.moment
        return moment is not None and all(
            getattr(moment.settings, name) == value for name, value in values.items()
        )

    qtbot.waitUntil(made, timeout=WAIT)


def works(application: Application, command: str) -> bool:
    return bool(application.window.commands.actions[command].isEnabled())


def text(application: Application, command: str) -> str:
    return str(application.window.commands.actions[command].text())


def test_an_edit_is_undone_and_redone_by_keys_in_the_engine_and_in_the_field(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot)
    assert not works(application, "undo")
    type_number(application, "horizon", "3")
    wait_in_effect(application, qtbot, horizon=3)
    application.window.setFocus()
    assert text(application, "undo") == "Undo horizon 5 → 3"
    press(application, Key.Key_Z, CONTROL)
    assert field(application, "horizon").value() == 5
    wait_in_effect(application, qtbot, horizon=5)
    assert not works(application, "undo")
    assert text(application, "redo_change") == "Redo horizon 5 → 3"
    press(application, Key.Key_Z, CONTROL | SHIFT)
    assert field(application, "horizon").value() == 3
    wait_in_effect(application, qtbot, horizon=3)


def test_undo_from_inside_the_field_that_was_edited_takes_the_edit_back(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot)
    type_number(application, "delta", "0.1")
    wait_in_effect(application, qtbot, delta=0.1)
    field(application, "delta").setFocus()
    press(application, Key.Key_Z, CONTROL)
    wait_in_effect(application, qtbot, delta=0.05)
    assert field(application, "delta").get() == 0.05


def test_undo_before_the_hand_rests_takes_back_what_was_just_entered(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot)
    type_number(application, "particles", "9")
    wait_in_effect(application, qtbot, particles=9)
    type_number(application, "horizon", "3")
    application.window.commands.actions["undo"].trigger()
    assert field(application, "horizon").value() == 5
    assert text(application, "undo") == "Undo particles 8 → 9"
    assert text(application, "redo_change") == "Redo horizon 5 → 3"


def test_a_command_to_the_engine_sends_what_was_typed_but_not_entered_first(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot)
    box = field(application, "horizon")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "7")
    application.window.commands.actions["step_over"].trigger()
    assert application.desk.undo.count() == 1
    qtbot.waitUntil(lambda: application.source.engine_state == "paused", timeout=WAIT)
    application.window.commands.actions["run"].trigger()
    wait_in_effect(application, qtbot, horizon=7)


def test_a_refused_edit_is_not_on_the_stack_and_not_in_the_field(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot, "--refuse-edits")
    panel = application.window.settings_panel
    type_number(application, "horizon", "9")
    qtbot.waitUntil(lambda: bool(panel.fault), timeout=WAIT)
    assert panel.fault == "the fake engine refuses every edit"
    assert field(application, "horizon").value() == 5
    assert application.desk.undo.count() == 0
    assert not works(application, "undo")
    assert not works(application, "redo_change")


class Other(QUndoCommand):
    """A change of something else on the same stack."""

    def __init__(self) -> None:
        super().__init__("breakpoint")
        self.done = False

    def redo(self) -> None:
        self.done = True

    def undo(self) -> None:
        self.done = False


def refuse(application: Application, which: int) -> None:
    """As if the engine refused the edit that was sent as number `which`."""
    ids = list(feature(application, SettingsEdits)._sent)
    application.source.edit_refused.emit(ids[which], "refused late")


@pytest.mark.parametrize("undone_meanwhile", [False, True])
def test_an_edit_refused_late_leaves_the_stack_and_the_changes_around_it_stay(
    windows: Windows, qtbot: QtBot, undone_meanwhile: bool
) -> None:
    application = open_live(windows, qtbot)
    stack, other = application.desk.undo, Other()
    type_number(application, "particles", "9")
    wait_in_effect(application, qtbot, particles=9)
    type_number(application, "horizon", "3")
    wait_in_effect(application, qtbot, horizon=3)
    stack.push(other)
    if undone_meanwhile:
        stack.undo()
        stack.undo()
    refuse(application, 1)
    assert field(application, "horizon").value() == 5
    assert field(application, "particles").value() == 9
    assert [stack.text(place) for place in range(stack.count())] == [
        "particles 8 → 9",
        "breakpoint",
    ]
    assert other.done is not undone_meanwhile
    stack.setIndex(2)
    assert other.done


def test_an_undo_that_is_refused_leaves_the_new_value(windows: Windows, qtbot: QtBot) -> None:
    application = open_live(windows, qtbot)
    type_number(application, "horizon", "3")
    wait_in_effect(application, qtbot, horizon=3)
    application.window.commands.actions["undo"].trigger()
    refuse(application, 1)
    assert field(application, "horizon").value() == 3
    assert application.desk.undo.count() == 0


def test_the_changes_of_one_run_cannot_be_taken_back_in_another(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = open_live(windows, qtbot)
    type_number(application, "horizon", "3")
    wait_in_effect(application, qtbot, horizon=3)
    assert works(application, "undo")
    application.source.open_trace(make_run(tmp_path / "recorded.trace", 3))
    assert not works(application, "undo")
    assert not works(application, "edit_settings")


def test_e_leads_to_the_settings_even_where_their_dock_is_hidden(
    windows: Windows, qtbot: QtBot
) -> None:
    application = open_live(windows, qtbot)
    application.window.docks["run"].hide()
    press(application, Key.Key_E, Qt.KeyboardModifier.NoModifier)
    assert application.window.docks["run"].isVisible()
    assert field(application, "ascent_steps").hasFocus()
    assert application.window.settings_panel.isVisible()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"delta": 0.05}, {"delta": 0.1}, "delta 0.05 → 0.1"),
        ({"gradient_clip": None}, {"gradient_clip": 2.5}, "gradient clip off → 2.5"),
        ({"horizon": 5, "delta": 1}, {"horizon": 3, "delta": 2}, "horizon and 1 more setting"),
        (
            {"horizon": 5, "delta": 1, "particles": 8},
            {"horizon": 3, "delta": 2, "particles": 9},
            "horizon and 2 more settings",
        ),
        ({"particles": 8, "preset": "safe"}, {"particles": 10, "preset": "paper"},
         "preset safe → paper"),
    ],
)  # fmt: skip
def test_an_edit_is_named_by_what_it_changes(
    before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    assert describe(before, after) == words
