"""A repro from the window: written by another process, while the window goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

import app.features.repro
from app.application import Application
from app.features.repro import Repro
from app.state.cursor import Address
from app.state.repros import new_repro_path, repros_folder
from core.repro.folder import read_repro
from tests.app.window_fixtures import Windows
from tests.engine_served import Served
from tests.records import make_run
from tests.runnable_checkpoint import write_runnable

WAIT = 60_000


@pytest.fixture(autouse=True)
def repros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of repros."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return repros_folder()


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six environment steps of a small checkpoint, and a fork at t = 2."""
    folder = tmp_path_factory.mktemp("run")
    served = Served(folder / "t.trace", write_runnable(folder / "tiny"))
    for _ in range(6):
        served.obey("step_over")
    served.obey("fork", at=(0, 0, 2, 0))
    served.obey("step_over")
    served.close()
    return folder / "t.trace"


def open_recorded(windows: Windows, qtbot: QtBot, trace: Path) -> Application:
    application = windows.open(trace=trace)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    application.window.setFocus()
    return application


def feature(application: Application) -> Repro:
    (found,) = (each for each in application.features if isinstance(each, Repro))
    return found


def press(application: Application) -> None:
    QTest.keyClick(application.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)


def bar(application: Application) -> str:
    return application.window.message_bar.text


def test_the_moment_on_the_screen_becomes_a_folder_that_makes_it_again(
    windows: Windows, qtbot: QtBot, trace: Path, repros: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(app.features.repro, "show_folder", shown.append)
    application = open_recorded(windows, qtbot, trace)
    application.driver.go_to(Address(branch=1, episode=0, t=2, k=1))
    press(application)
    assert bar(application) == "Writing the repro of episode 0, t = 2, k = 1 ..."
    folder = repros / "hopper-b1-e0-t2-k1"
    qtbot.waitUntil(lambda: bar(application) == f"Repro written: {folder}", timeout=WAIT)
    repro = read_repro(folder)
    assert (repro.at, repro.home) == ((1, 0, 2, 1), (1, 0, 2, 1))
    button = application.window.message_bar.remedy
    assert button.text() == "Show folder"
    button.click()
    assert shown == [folder]


def test_the_window_goes_on_while_a_repro_is_written(
    windows: Windows, qtbot: QtBot, trace: Path, repros: Path
) -> None:
    application = open_recorded(windows, qtbot, trace)
    beats: list[int] = []
    application.follower.moment_changed.connect(lambda moment: beats.append(moment.t))
    press(application)
    assert feature(application).process.busy
    application.driver.go_to(Address(t=1))
    assert beats == [1]
    press(application)
    assert bar(application) == "A repro is being written already: this one was not begun."
    qtbot.waitUntil(lambda: bar(application).startswith("Repro written"), timeout=WAIT)
    assert len(list(repros.iterdir())) == 1


def test_a_repro_that_is_given_up_leaves_nothing(
    windows: Windows, qtbot: QtBot, trace: Path, repros: Path
) -> None:
    application = open_recorded(windows, qtbot, trace)
    press(application)
    application.window.message_bar.remedy.click()
    qtbot.waitUntil(lambda: not feature(application).process.busy, timeout=WAIT)
    qtbot.waitUntil(lambda: bar(application) == "", timeout=WAIT)
    assert not repros.exists() or list(repros.iterdir()) == []


def test_closing_the_window_ends_what_is_being_written(
    windows: Windows, qtbot: QtBot, trace: Path, repros: Path
) -> None:
    application = open_recorded(windows, qtbot, trace)
    press(application)
    application.window.close()
    assert not feature(application).process.busy
    assert not repros.exists() or list(repros.iterdir()) == []


def test_why_there_is_no_repro_is_said_in_the_bar(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = open_recorded(windows, qtbot, make_run(tmp_path / "made-up.trace", 3))
    press(application)
    qtbot.waitUntil(lambda: bar(application).startswith("No repro"), timeout=WAIT)
    line = bar(application)
    assert line.startswith("No repro was written: checkpoint 'synthetic', digest 000000000000")
    assert application.window.message_bar.remedy.isHidden()


def test_without_a_moment_the_command_says_when_it_works(windows: Windows) -> None:
    application = windows.open()
    action = application.window.commands.actions["repro"]
    assert not action.isEnabled()
    assert "once a moment is shown" in action.toolTip()


def test_a_second_repro_of_a_moment_gets_another_name(tmp_path: Path) -> None:
    first = new_repro_path(tmp_path, "hopper", (0, 1, 2, 3))
    assert first.name == "hopper-b0-e1-t2-k3"
    first.mkdir()
    assert new_repro_path(tmp_path, "hopper", (0, 1, 2, 3)).name == "hopper-b0-e1-t2-k3-2"
