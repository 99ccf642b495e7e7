"""Workspaces change by keys and menu; what a person arranged is there after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QMenu, QSpinBox
from pytestqt.qtbot import QtBot

from app import gui
from app.application import Application
from app.arrangement import WORKSPACES
from core.command_line import gui as gui_command
from tests.app.layout_check import clipped_texts
from tests.app.window_fixtures import Windows
from tests.records import make_run

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
SCOPE = "test-workspaces"
WAIT = 30_000


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "psiscope", SCOPE).clear()
    windows = Windows(qtbot, tmp_path)
    yield windows
    windows.close()


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12)


def open_again(windows: Windows, qtbot: QtBot, trace: Path, workspace: str = "") -> Application:
    """As a person does, in the state it was left in."""
    application = windows.open(trace=trace, size=None, preferences=SCOPE, workspace=workspace)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    application.window.setFocus()
    return application


def press(application: Application, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(application.window, key, modifier)


def shown(application: Application) -> set[str]:
    """The docks of the window's first stage that are in it, before or behind a tab."""
    first = {"run", "update", "why", "table", "timeline"}
    return {name for name in first if application.window.docks[name].isVisible()}


def ticked(application: Application) -> list[str]:
    actions = application.window.commands.actions
    return [name for name in WORKSPACES if actions[f"workspace_{name}"].isChecked()]


@pytest.mark.parametrize("name", ["compare", "data", "minimal"])
def test_the_docks_are_as_wide_as_before_when_a_person_comes_back(
    windows: Windows, qtbot: QtBot, trace: Path, name: str
) -> None:
    window = windows.open(trace=trace).window
    docks = [window.docks[each] for each in ("run", "update", "timeline")]

    def sizes() -> list[tuple[int, int]]:
        return [(dock.width(), dock.height()) for dock in docks]

    before = sizes()
    for workspace in (name, "debug"):
        window.commands.actions[f"workspace_{workspace}"].trigger()
        qtbot.waitUntil(lambda: window.unveiling.settled)
    qtbot.waitUntil(lambda: sizes() == before)


@pytest.mark.parametrize(
    ("key", "name", "docks"),
    [
        (Key.Key_2, "compare", set()),
        (Key.Key_3, "present", {"update", "timeline"}),
        (Key.Key_4, "minimal", {"timeline"}),
    ],
)
def test_a_key_shows_a_workspace_and_another_brings_the_first_back(
    windows: Windows, qtbot: QtBot, trace: Path, key: Qt.Key, name: str, docks: set[str]
) -> None:
    application = open_again(windows, qtbot, trace)
    everything = shown(application)
    assert (application.window.workspace, ticked(application)) == ("debug", ["debug"])
    press(application, key, CONTROL)
    assert (application.window.workspace, ticked(application)) == (name, [name])
    assert shown(application) == docks
    press(application, key, CONTROL)
    assert ticked(application) == [name], "once more changes nothing, not even the tick"
    press(application, Key.Key_1, CONTROL)
    assert shown(application) == everything


def test_present_goes_there_and_back_to_where_one_was(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    press(application, Key.Key_4, CONTROL)
    for name in ("present", "minimal", "present"):
        press(application, Key.Key_P, CONTROL | SHIFT)
        assert application.window.workspace == name
        present = application.window.commands.actions["present"]
        assert present.isChecked() == (name == "present")


def test_no_key_changes_the_workspace_from_inside_a_field_but_those_with_ctrl(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    application.window.settings_panel.set_editable(True)
    field = application.window.settings_panel._fields["horizon"]
    assert isinstance(field, QSpinBox)
    field.setFocus()
    QTest.keyClick(field, Key.Key_4)
    assert application.window.workspace == "debug"
    QTest.keyClick(field, Key.Key_4, CONTROL)
    assert application.window.workspace == "minimal"


def test_the_menu_changes_it_by_mouse(windows: Windows, qtbot: QtBot, trace: Path) -> None:
    application = open_again(windows, qtbot, trace)
    bar = application.window.menuBar()
    assert bar is not None
    view = next(action.menu() for action in bar.actions() if action.text() == "View")
    assert isinstance(view, QMenu)
    menu = next(action.menu() for action in view.actions() if action.text() == "Workspace")
    assert isinstance(menu, QMenu)
    menu.popup(application.window.mapToGlobal(application.window.rect().center()))
    target = application.window.commands.actions["workspace_minimal"]
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(target).center())
    assert application.window.workspace == "minimal"


def test_each_workspace_keeps_its_own_docks_within_a_session(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    application.window.docks["table"].hide()
    press(application, Key.Key_4, CONTROL)
    application.window.docks["why"].show()
    press(application, Key.Key_1, CONTROL)
    assert shown(application) == {"run", "update", "why", "timeline"}
    press(application, Key.Key_4, CONTROL)
    assert shown(application) == {"why", "timeline"}


def test_workspace_layouts_and_theme_are_there_after_a_restart(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    first = open_again(windows, qtbot, trace)
    first.window.docks["table"].hide()
    press(first, Key.Key_T, CONTROL)
    press(first, Key.Key_3, CONTROL)
    first.window.docks["why"].show()
    first.window.close()

    second = open_again(windows, qtbot, trace)
    assert second.window.workspace == "present"
    assert shown(second) == {"update", "why", "timeline"}
    assert second._theme.name == "dark"
    press(second, Key.Key_1, CONTROL)
    assert shown(second) == {"run", "update", "why", "timeline"}


def test_reset_gives_the_shown_workspace_its_default_and_leaves_the_others(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    first = open_again(windows, qtbot, trace)
    everything = shown(first)
    first.window.docks["table"].hide()
    press(first, Key.Key_4, CONTROL)
    first.window.docks["timeline"].setFloating(True)
    first.window.commands.actions["reset_layout"].trigger()
    assert not first.window.docks["timeline"].isFloating()
    assert shown(first) == {"timeline"}
    first.window.close()

    second = open_again(windows, qtbot, trace)
    assert shown(second) == {"timeline"}
    press(second, Key.Key_1, CONTROL)
    assert shown(second) == everything - {"table"}


def test_a_workspace_named_at_the_start_is_for_that_time_only(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    open_again(windows, qtbot, trace, workspace="minimal").window.close()
    assert open_again(windows, qtbot, trace).window.workspace == "debug"


def test_a_layout_of_other_docks_than_there_are_is_not_restored(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    window = application.window
    layout = window.layout_state()
    assert window.restore_layout(layout)
    window.add_dock("new", "New", QLabel("new"), area=Qt.DockWidgetArea.LeftDockWidgetArea)
    assert not window.restore_layout(layout)


@pytest.mark.parametrize("height", [720, 1000])
def test_a_docks_group_is_tabs_and_a_low_window_makes_tabs_of_a_whole_side(
    windows: Windows, trace: Path, height: int
) -> None:
    window = windows.open(trace=trace, size=(1280, height)).window
    area = Qt.DockWidgetArea.LeftDockWidgetArea
    for name in ("one", "two"):
        window.add_dock(name, name.title(), QLabel(name), area=area, group="extra")
    window.arrange()
    QApplication.processEvents()
    one, two = window.docks["one"], window.docks["two"]
    assert two in window.tabifiedDockWidgets(one)
    assert (window.docks["run"] in window.tabifiedDockWidgets(one)) == (height == 720)


def test_a_workspace_may_have_a_centre_of_its_own(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    sides = QLabel("both sides")
    application.window.add_centre("minimal", sides)
    assert application.views.scene.isVisible()
    press(application, Key.Key_4, CONTROL)
    assert sides.isVisible()
    assert not application.views.scene.isVisible()
    press(application, Key.Key_3, CONTROL)
    qtbot.waitUntil(application.views.scene.isVisible)


def test_a_page_that_needs_more_room_does_not_make_the_window_grow(
    windows: Windows, qtbot: QtBot, trace: Path
) -> None:
    application = open_again(windows, qtbot, trace)
    window = application.window
    window.resize(1280, 720)
    large = QLabel("large")
    large.setMinimumSize(1350, 944)
    window.add_centre("minimal", large)
    press(application, Key.Key_4, CONTROL)
    qtbot.waitUntil(large.isVisible)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (1280, 720)
    press(application, Key.Key_1, CONTROL)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (1280, 720)
    least = window.minimumSize()
    assert 600 < least.width() <= 1280, "nor can it be made too small for what is inside"
    assert 400 < least.height() <= 720


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)], ids=["1280x720", "1600x1000"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_workspace_cuts_a_text(
    windows: Windows, qtbot: QtBot, trace: Path, size: tuple[int, int], theme: str
) -> None:
    application = windows.open(trace=trace, size=size, theme=theme)
    for name in WORKSPACES:
        application.desk.workspaces.switch(name)
        qtbot.waitUntil(lambda: application.views.settled, timeout=WAIT)
        QApplication.processEvents()
        assert clipped_texts(application.window) == []
        assert (application.window.width(), application.window.height()) == size


def test_window_and_command_line_know_the_same_workspaces() -> None:
    assert gui_command.WORKSPACES == WORKSPACES
    assert gui.Request(workspace="compare").workspace == "compare"


def test_the_toolbar_fits_the_smallest_window_with_the_longest_badge(
    windows: Windows, trace: Path
) -> None:
    window = windows.open(trace=trace, size=(1280, 720)).window
    window.set_badge("looking back, engine running")
    assert window.toolbar.sizeHint().width() <= 1280
