"""The page of keys, and the dialog that changes them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QSettings, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.commands.binding import KeyBinder
from app.commands.entries import ENTRIES
from app.commands.registry import CommandRegistry, key_text
from app.features.finding_commands import FindingCommands
from app.overlays.keys_dialog import KeysDialog
from app.overlays.keys_page import KeysPage
from app.state.preferences import Preferences
from core.errors import InputError
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

Key = Qt.Key
Modifier = Qt.KeyboardModifier
SCOPE = "test-shortcuts"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "psiscope", SCOPE).clear()


class Bench:
    """A window, its commands, and who counts them."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.others: list[QMainWindow] = []
        self.window.resize(1280, 720)
        self.page = QWidget()
        self.page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.window.setCentralWidget(self.page)
        self.commands = CommandRegistry(self.window)
        self.preferences = Preferences(SCOPE)
        self.binder = KeyBinder(self.commands, self.preferences)
        self.given: Counter[str] = Counter()
        for entry in ENTRIES:
            self.commands.connect(entry.name, lambda name=entry.name: self.given.update([name]))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
        self.page.setFocus()
        QTest.keyClick(self.page, key, modifier)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    bench = Bench()
    qtbot.addWidget(bench.window)
    bench.window.show()
    bench.window.activateWindow()
    qtbot.waitUntil(bench.window.isActiveWindow)
    return bench


@pytest.fixture
def dialog(bench: Bench, qtbot: QtBot) -> KeysDialog:
    dialog = KeysDialog(bench.window, bench.commands, bench.binder)
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def type_key(
    dialog: KeysDialog,
    name: str,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier = Modifier.NoModifier,
    *,
    place: int = 0,
) -> None:
    field = dialog.fields[name][place]
    field.setFocus()
    QTest.keyClick(field, key, modifier)


def test_a_changed_key_gives_its_command_at_once_and_the_old_one_nothing(
    bench: Bench, dialog: KeysDialog, qtbot: QtBot
) -> None:
    type_key(dialog, "step_over", Key.Key_J, Modifier.ControlModifier)
    assert bench.commands.keys("step_over") == ("Ctrl+J",)
    dialog.close()
    bench.window.activateWindow()
    qtbot.waitUntil(bench.window.isActiveWindow)
    bench.press(Key.Key_F10)
    assert not bench.given
    bench.press(Key.Key_J, Modifier.ControlModifier)
    assert bench.given == {"step_over": 1}
    assert "(Ctrl+J)" in bench.commands.actions["step_over"].toolTip()


def test_a_second_key_leaves_the_first(bench: Bench, dialog: KeysDialog) -> None:
    type_key(dialog, "note", Key.Key_F7, place=1)
    assert bench.commands.keys("note") == ("N", "F7")


def test_the_key_of_another_command_is_refused_in_one_line_that_names_it(
    bench: Bench, dialog: KeysDialog
) -> None:
    type_key(dialog, "step_over", Key.Key_K, Modifier.ControlModifier)
    assert dialog.fault.text() == (
        "Ctrl+K belongs to “Find a command”: choose another key, or clear that one first"
    )
    assert bench.commands.keys("step_over") == ("F10",)
    assert dialog.fields["step_over"][0].keySequence().toString() == "F10"
    type_key(dialog, "step_over", Key.Key_F8)
    assert dialog.fault.text() == ""


def test_a_cleared_key_can_be_given_to_another_command(
    bench: Bench, dialog: KeysDialog, qtbot: QtBot
) -> None:
    (cross,) = dialog.fields["palette"][0].findChildren(QAbstractButton)
    qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert bench.commands.keys("palette") == ()
    type_key(dialog, "step_over", Key.Key_K, Modifier.ControlModifier)
    assert bench.commands.keys("step_over") == ("Ctrl+K",)
    dialog.resets["palette"].click()
    assert "belongs to “Step over”" in dialog.fault.text()
    dialog.resets["step_over"].click()
    dialog.resets["palette"].click()
    assert dialog.fault.text() == ""
    assert bench.commands.keys("palette") == ("Ctrl+K",)


def test_reset_is_offered_only_where_something_was_changed(
    bench: Bench, dialog: KeysDialog
) -> None:
    assert not any(button.isEnabled() for button in dialog.resets.values())
    type_key(dialog, "run", Key.Key_F8)
    type_key(dialog, "note", Key.Key_F7)
    enabled = {name for name, button in dialog.resets.items() if button.isEnabled()}
    assert enabled == {"run", "note"}
    dialog.reset_all.click()
    assert bench.commands.keys("run") == ("F5", "Space")
    assert not any(button.isEnabled() for button in dialog.resets.values())


def test_tab_stays_the_key_that_moves_between_fields(bench: Bench) -> None:
    with pytest.raises(InputError, match="Tab moves between fields: choose another key"):
        bench.binder.bind("run", ("Tab",))


def test_keys_pressed_in_the_dialog_give_no_command(bench: Bench, dialog: KeysDialog) -> None:
    type_key(dialog, "note", Key.Key_F5)
    type_key(dialog, "note", Key.Key_Space)
    assert not bench.given


def new_commands(bench: Bench) -> CommandRegistry:
    """Those of another window, as after a restart."""
    bench.others.append(QMainWindow())
    return CommandRegistry(bench.others[-1])


def test_changed_keys_are_there_after_a_restart(bench: Bench, dialog: KeysDialog) -> None:
    type_key(dialog, "run", Key.Key_F8)
    bench.preferences.flush()
    registry = new_commands(bench)
    KeyBinder(registry, Preferences(SCOPE))
    assert registry.keys("run") == ("F8", "Space")
    assert registry.keys("step_over") == ("F10",)


@pytest.mark.parametrize(
    "stored",
    ["not json", "[1]", '{"run": 5}', '{"no_such": ["F8"]}', '{"run": ["no such key"]}', "{}"],
)
def test_what_cannot_be_read_of_the_keys_is_left_out(bench: Bench, stored: str) -> None:
    bench.preferences._settings.setValue("shortcuts", stored)
    registry = new_commands(bench)
    KeyBinder(registry, bench.preferences)
    assert registry.keys("step_over") == ("F10",)


def test_a_stored_key_wins_over_the_one_another_command_came_with(bench: Bench) -> None:
    bench.preferences.shortcuts = {"note": ("F10",), "quit": ("F10", "F4")}
    registry = new_commands(bench)
    KeyBinder(registry, bench.preferences)
    having = [entry.name for entry in ENTRIES if "F10" in registry.keys(entry.name)]
    assert having == ["note"]
    assert registry.keys("quit") == ("F4",)


def page_texts(page: KeysPage) -> set[str]:
    return {label.text() for label in page.card.findChildren(QLabel)}


def test_the_page_shows_every_command_with_its_keys_as_they_are_now(bench: Bench) -> None:
    page = KeysPage(bench.window, bench.commands)
    page.open()
    bench.binder.bind("note", ("F7", "Ctrl+J"))
    QApplication.processEvents()
    texts = page_texts(page)
    for entry in ENTRIES:
        assert bench.commands.plain_text(entry.name) in texts
        keys = bench.commands.keys(entry.name)
        assert ("  ".join(map(key_text, keys)) or "–") in texts
    assert "F7  Ctrl+J" in texts


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Key.Key_Escape, Modifier.NoModifier),
        (Key.Key_F1, Modifier.NoModifier),
        (Key.Key_Question, Modifier.ShiftModifier),
    ],
)
def test_the_page_closes_with_escape_and_with_the_keys_that_open_it(
    bench: Bench, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    page = KeysPage(bench.window, bench.commands)
    bench.page.setFocus()
    page.open()
    assert page.hasFocus()
    QTest.keyClick(page, Key.Key_F5)
    QTest.keyClick(page, Key.Key_Space)
    QTest.keyClick(page, key, modifier)
    assert not page.isVisible()
    assert bench.page.hasFocus()
    assert not bench.given


def test_a_click_beside_the_page_closes_it_and_one_on_it_does_not(
    bench: Bench, qtbot: QtBot
) -> None:
    page = KeysPage(bench.window, bench.commands)
    page.open()
    qtbot.mouseClick(page.card, Qt.MouseButton.LeftButton)
    assert page.isVisible()
    qtbot.mouseClick(page, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not page.isVisible()


def test_a_key_changed_in_the_window_is_in_menu_tooltip_page_and_palette_after_a_restart(
    windows: Windows, tmp_path: Path, qtbot: QtBot
) -> None:
    trace = make_run(tmp_path / "a.trace", 3)
    first = windows.open(trace=trace, preferences=SCOPE)
    first.window.commands.actions["change_shortcuts"].trigger()
    dialog = feature(first, FindingCommands).keys_dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow)
    type_key(dialog, "step_over", Key.Key_J, Modifier.ControlModifier)
    dialog.close()
    first.window.close()

    second = windows.open(trace=trace, preferences=SCOPE)
    action = second.window.commands.actions["step_over"]
    assert [key.toString() for key in action.shortcuts()] == ["Ctrl+J"]
    assert "(Ctrl+J)" in action.toolTip()
    palette, page = (
        feature(second, FindingCommands).palette,
        feature(second, FindingCommands).keys_page,
    )
    page.open()
    assert "Ctrl+J" in page_texts(page)
    page.shut()
    palette.open()
    QTest.keyClicks(palette.field, "ctrl+j")
    assert [palette.list.item(i).text() for i in range(palette.list.count())] == ["Step over"]
