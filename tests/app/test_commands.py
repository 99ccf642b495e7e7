"""Keys, menus and toolbar come from one list, and never act from inside a field."""

from __future__ import annotations

from collections import Counter

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.commands.binding import normal
from app.commands.entries import ENTRIES, MENUS
from app.commands.guard import keep_keys
from app.commands.registry import CommandRegistry, find_entry, key_text

Key = Qt.Key
Modifier = Qt.KeyboardModifier


class Desk:
    """A window with every kind of field, and a count of the commands that were given."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.registry = CommandRegistry(self.window)
        self.given: Counter[str] = Counter()
        for name in self.registry.actions:
            self.registry.connect(name, lambda name=name: self.given.update([name]))
        page = QWidget()
        page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(page)
        self.fields: dict[str, QWidget] = {
            "nothing": page,
            "spin box": QSpinBox(),
            "number": QDoubleSpinBox(),
            "text": QLineEdit(),
            "choice": QComboBox(),
            "list": QListWidget(),
            "slider": QSlider(),
            "button": QPushButton("press"),
        }
        for name, field in self.fields.items():
            if name != "nothing":
                column.addWidget(field)
        self.window.setCentralWidget(page)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    qtbot.addWidget(desk.window)
    desk.window.show()
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    return desk


def press(
    desk: Desk, field: str, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier
) -> None:
    widget = desk.fields[field]
    widget.setFocus()
    assert widget.hasFocus()
    QTest.keyClick(widget, key, modifier)


def test_no_two_commands_share_a_key() -> None:
    keys = Counter(key for entry in ENTRIES for key in entry.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_is_written_as_qt_writes_it() -> None:
    assert [key for entry in ENTRIES for key in entry.keys if normal(key) != key] == []


def test_every_command_is_in_a_menu_and_says_its_keys(desk: Desk) -> None:
    menus = desk.registry.fill_menus(desk.window.menuBar())
    listed = [
        (title, action.objectName())
        for title, menu in menus.items()
        for action in menu.actions()
        if action.menu() is None
    ]
    assert sorted(listed) == sorted((entry.menu, entry.name) for entry in ENTRIES)
    assert {entry.menu.partition(" > ")[0] for entry in ENTRIES} == set(MENUS)
    for entry in ENTRIES:
        tip = desk.registry.actions[entry.name].toolTip()
        assert all(key_text(key) in tip for key in entry.keys)


def test_the_toolbar_has_the_commands_with_a_short_name(desk: Desk) -> None:
    toolbar = QToolBar()
    desk.registry.fill_toolbar(toolbar)
    names = [action.objectName() for action in toolbar.actions() if not action.isSeparator()]
    assert names == [entry.name for entry in ENTRIES if entry.short]


@pytest.mark.parametrize(
    ("key", "modifier", "name"),
    [
        (Key.Key_F5, Modifier.NoModifier, "run"),
        (Key.Key_Space, Modifier.NoModifier, "run"),
        (Key.Key_F10, Modifier.NoModifier, "step_over"),
        (Key.Key_F11, Modifier.NoModifier, "step_into"),
        (Key.Key_F11, Modifier.ShiftModifier, "step_out"),
        (Key.Key_F10, Modifier.AltModifier, "back"),
        (Key.Key_Left, Modifier.NoModifier, "back"),
        (Key.Key_Right, Modifier.NoModifier, "forward"),
        (Key.Key_End, Modifier.NoModifier, "live"),
        (Key.Key_P, Modifier.NoModifier, "play"),
        (Key.Key_T, Modifier.ControlModifier, "theme"),
        (Key.Key_Return, Modifier.NoModifier, "accept"),
        (Key.Key_Enter, Modifier.KeypadModifier, "accept"),
        (Key.Key_Delete, Modifier.NoModifier, "reject"),
        (Key.Key_E, Modifier.NoModifier, "edit_settings"),
        (Key.Key_Return, Modifier.ShiftModifier, "redo_updates"),
        (Key.Key_B, Modifier.ControlModifier, "fork"),
        (Key.Key_F9, Modifier.NoModifier, "breakpoint"),
        (Key.Key_F9, Modifier.ShiftModifier, "breakpoint_condition"),
        (Key.Key_F11, Modifier.AltModifier, "back_update"),
        (Key.Key_F11, Modifier.AltModifier | Modifier.ShiftModifier, "back_out"),
        (Key.Key_BracketRight, Modifier.NoModifier, "next_particle"),
        (Key.Key_Escape, Modifier.NoModifier, "clear_particle"),
        (Key.Key_Comma, Modifier.NoModifier, "play_slower"),
        (Key.Key_K, Modifier.ControlModifier, "palette"),
        (Key.Key_Question, Modifier.NoModifier, "shortcuts"),
        (Key.Key_P, Modifier.ControlModifier | Modifier.ShiftModifier, "present"),
        (Key.Key_2, Modifier.ControlModifier, "workspace_compare"),
    ],
)
def test_a_key_gives_its_command_where_no_field_has_focus(
    desk: Desk, key: Qt.Key, modifier: Qt.KeyboardModifier, name: str
) -> None:
    press(desk, "nothing", key, modifier)
    assert desk.given == {name: 1}


@pytest.mark.parametrize("field", ["spin box", "number", "text", "choice"])
@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Key.Key_Space, Modifier.NoModifier),
        (Key.Key_F5, Modifier.NoModifier),
        (Key.Key_F10, Modifier.NoModifier),
        (Key.Key_F10, Modifier.AltModifier),
        (Key.Key_F11, Modifier.NoModifier),
        (Key.Key_F11, Modifier.ShiftModifier),
        (Key.Key_Left, Modifier.NoModifier),
        (Key.Key_Home, Modifier.NoModifier),
        (Key.Key_End, Modifier.NoModifier),
        (Key.Key_P, Modifier.NoModifier),
        (Key.Key_Delete, Modifier.NoModifier),
        (Key.Key_Return, Modifier.NoModifier),
        (Key.Key_Return, Modifier.ShiftModifier),
        (Key.Key_Escape, Modifier.NoModifier),
        (Key.Key_F9, Modifier.NoModifier),
        (Key.Key_E, Modifier.NoModifier),
        (Key.Key_Question, Modifier.ShiftModifier),
    ],
)
def test_no_key_gives_a_command_from_inside_a_field(
    desk: Desk, field: str, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    press(desk, field, key, modifier)
    assert not desk.given


def test_a_field_still_gets_the_keys_it_is_guarded_for(desk: Desk) -> None:
    number = desk.fields["spin box"]
    assert isinstance(number, QSpinBox)
    number.setFocus()
    number.selectAll()
    for key in (Key.Key_4, Key.Key_2, Key.Key_Home, Key.Key_Delete):
        QTest.keyClick(number, key)
    assert number.cleanText() == "2"


@pytest.mark.parametrize(("key", "left"), [(Key.Key_Return, 42), (Key.Key_Escape, 0)])
def test_enter_and_escape_give_the_keys_back_to_the_window(
    desk: Desk, qtbot: QtBot, key: Qt.Key, left: int
) -> None:
    number = desk.fields["spin box"]
    assert isinstance(number, QSpinBox)
    desk.window.activateWindow()
    number.setFocus()
    qtbot.waitUntil(number.hasFocus)
    number.selectAll()
    QTest.keyClicks(number, "42")
    QTest.keyClick(number, key)
    qtbot.waitUntil(lambda: not number.hasFocus())
    assert number.value() == left
    QTest.keyClick(desk.window, Key.Key_F10)
    assert desk.given == {"step_over": 1}


def test_a_list_and_a_slider_keep_their_arrows_and_leave_the_rest(desk: Desk) -> None:
    for field in ("list", "slider"):
        press(desk, field, Key.Key_Left)
        press(desk, field, Key.Key_End)
        assert not desk.given
        press(desk, field, Key.Key_F10)
        assert desk.given.pop("step_over") == 1


def test_a_command_that_nobody_carries_out_is_grey_and_says_when_it_works(
    qtbot: QtBot,
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = CommandRegistry(window)
    assert not any(action.isEnabled() for action in registry.actions.values())
    assert f"\nWorks {find_entry('accept').when}" in registry.actions["accept"].toolTip()
    registry.connect("accept", lambda: None)
    assert registry.actions["accept"].isEnabled()
    assert "Works" not in registry.actions["accept"].toolTip()


def test_a_command_can_be_switched_off_and_its_key_with_it(desk: Desk) -> None:
    desk.registry.set_enabled("fork", False)
    press(desk, "nothing", Key.Key_B, Modifier.ControlModifier)
    assert not desk.given
    assert f"Works {find_entry('fork').when}" in desk.registry.actions["fork"].toolTip()
    desk.registry.set_enabled("fork", True)
    press(desk, "nothing", Key.Key_B, Modifier.ControlModifier)
    assert desk.given == {"fork": 1}


def test_a_list_can_keep_a_key_for_itself(desk: Desk) -> None:
    keep_keys(desk.fields["list"], Key.Key_Delete)
    press(desk, "list", Key.Key_Delete)
    assert not desk.given
    press(desk, "slider", Key.Key_Delete)
    assert desk.given == {"reject": 1}


def test_undo_is_the_fields_while_it_has_something_to_take_back(desk: Desk) -> None:
    number = desk.fields["spin box"]
    assert isinstance(number, QSpinBox)
    number.setFocus()
    number.selectAll()
    QTest.keyClick(number, Key.Key_7)
    QTest.keyClick(number, Key.Key_Z, Modifier.ControlModifier)
    assert not desk.given
    assert number.text() == "0"
    QTest.keyClick(number, Key.Key_Return)
    QTest.keyClick(number, Key.Key_Z, Modifier.ControlModifier)
    assert desk.given == {"undo": 1}


def test_space_presses_the_button_that_has_focus(desk: Desk, qtbot: QtBot) -> None:
    button = desk.fields["button"]
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(button.clicked):
        press(desk, "button", Key.Key_Space)
    assert not desk.given


def test_the_run_button_says_what_a_press_would_do(desk: Desk) -> None:
    from PyQt6.QtGui import QColor

    action = desk.registry.actions["run"]
    desk.registry.set_running(True, QColor("black"))
    assert action.iconText() == "Pause"
    desk.registry.set_running(False, QColor("black"))
    assert action.iconText() == "Run"
