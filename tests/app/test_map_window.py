"""The map in the window: only for mazes, one selection with all views, remembered choices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address
from app.state.preferences import Preferences
from app.views.maze_map import MazeMap
from core.traces.reader import TraceReader
from tests.app.layout_check import clipped_texts
from tests.app.maze_moments import LARGE, place_at, write_maze_trace
from tests.app.maze_view import points
from tests.app.pointing import WAIT, focus, press
from tests.app.window_fixtures import Windows
from tests.records import make_run

STEPS = 12
COMMANDS = ("map", "map_layer", "fit_map")


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_maze_trace(tmp_path_factory.mktemp("maze") / "maze.trace", STEPS)


def map_of(application: Application) -> MazeMap:
    return application.views.scene.maze


def enabled(application: Application) -> list[str]:
    actions = application.window.commands.actions
    return [name for name in COMMANDS if actions[name].isEnabled()]


def test_the_window_shows_a_maze_from_above_as_it_is_recorded(
    windows: Windows, qtbot: QtBot, maze: Path
) -> None:
    application = windows.open(trace=maze)
    shown = map_of(application)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: len(points(shown.traffic.walked)) == STEPS, timeout=WAIT)
    assert shown.isVisible()
    with TraceReader(maze) as reader:
        started = reader.read(2)
        proposal = reader.proposal(0, 0, STEPS - 1)
    np.testing.assert_array_equal(shown.moment.episode_started.value_field, started.value_field)
    np.testing.assert_allclose(points(shown.traffic.walked)[-1], proposal.state[:2])
    twin = [place_at(LARGE, 0.7 * t, aside=-0.6) for t in range(STEPS)]
    np.testing.assert_allclose(points(shown.traffic.twin), twin)
    application.driver.go_to_t(4)
    assert len(points(shown.traffic.walked)) == 5


def test_a_task_without_a_maze_has_no_map_and_its_commands_rest(
    windows: Windows, qtbot: QtBot, tmp_path: Path, maze: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "hopper.trace", 5))
    QApplication.processEvents()
    assert map_of(application).isHidden()
    assert enabled(application) == []
    application.source.open_trace(maze)
    QApplication.processEvents()
    assert map_of(application).isVisible()
    assert enabled(application) == list(COMMANDS)
    application.source.open_trace(tmp_path / "hopper.trace")
    QApplication.processEvents()
    assert map_of(application).isHidden()
    assert enabled(application) == []


def test_one_particle_is_picked_on_the_map_and_everywhere(
    windows: Windows, qtbot: QtBot, maze: Path
) -> None:
    application = windows.open(trace=maze)
    QApplication.processEvents()
    shown, selection = map_of(application), application.desk.selection
    shown.particle_picked.emit(5)
    assert selection.particle == 5
    selection.select(2)
    end = shown.moment.after.imagined_states[2, -1, :2]
    x, y = shown.traffic.chosen["after"].data
    np.testing.assert_allclose([x[-1], y[-1]], end, rtol=1e-6)


def test_layer_and_map_are_as_they_were_left(
    windows: Windows, qtbot: QtBot, maze: Path
) -> None:
    first = windows.open(trace=maze)
    QApplication.processEvents()
    focus(qtbot, first)
    assert (map_of(first).layer, map_of(first).isVisible()) == ("value", True)
    press(first, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert map_of(first).layer == "data"
    press(first, Qt.Key.Key_M)
    assert map_of(first).isHidden()
    assert not first.window.commands.actions["map"].isChecked()
    assert enabled(first) == ["map"]
    windows.close()

    second = windows.open(trace=maze)
    QApplication.processEvents()
    assert map_of(second).isHidden()
    focus(qtbot, second)
    press(second, Qt.Key.Key_M)
    assert map_of(second).isVisible()
    assert map_of(second).layer == "data"


def test_the_chooser_works_by_mouse_and_keyboard_and_is_remembered_too(
    windows: Windows, qtbot: QtBot, maze: Path
) -> None:
    application = windows.open(trace=maze)
    QApplication.processEvents()
    chooser = map_of(application)._chooser
    chooser.setFocus()
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    assert map_of(application).layer == "data"
    assert application.desk.preferences.map_layer == "data"


def test_what_someone_else_wrote_into_the_preferences_is_as_if_never_set() -> None:
    preferences = Preferences("test-map")
    preferences.map_layer = "rainbow"
    assert preferences.map_layer == "value"
    assert preferences.map_shown


def test_a_key_fits_the_map_again(windows: Windows, qtbot: QtBot, maze: Path) -> None:
    application = windows.open(trace=maze)
    QApplication.processEvents()
    focus(qtbot, application)
    shown = map_of(application)
    shown.surface._look_at(shown.surface.frame.zoomed(5.0, (1.0, 1.0)))
    press(application, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert shown.surface.frame.whole


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)], ids=["1280x720", "1600x1000"])
def test_no_workspace_cuts_a_text_of_the_map(
    windows: Windows, maze: Path, size: tuple[int, int]
) -> None:
    application = windows.open(trace=maze, size=size)
    for name in ("debug", "present", "minimal"):
        application.desk.workspaces.switch(name)
        QApplication.processEvents()
        assert clipped_texts(application.views.scene) == []
        assert map_of(application).labels_fit()
        assert map_of(application).plot.item.vb.height() > 70


def test_a_branch_finds_the_start_of_its_episode(maze: Path) -> None:
    run = RecordedRun(maze)
    run.refresh()
    moment = run.moment(Address(branch=0, episode=0, t=3), live=False)
    assert moment.episode_started is run.episode_started(0, 0)
    assert run.episode_started(0, 7) is None
    run.close()


def test_map_and_fan_share_the_side_as_its_shape_asks(
    windows: Windows, qtbot: QtBot, maze: Path
) -> None:
    application = windows.open(trace=maze, workspace="minimal")
    QApplication.processEvents()
    shown, fan = map_of(application), application.views.scene.fan
    assert shown.y() == fan.y(), "a wide side: beside each other"
    application.desk.workspaces.switch("debug")
    qtbot.waitUntil(lambda: application.window.unveiling.settled)
    QApplication.processEvents()
    assert shown.x() == fan.x()
    assert shown.y() < fan.y(), "a narrow one: the map over the fan"
