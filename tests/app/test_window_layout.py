"""Nothing is cut off and nothing is empty, at both sizes and in both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from app.application import Application
from tests.app.layout_check import clipped_texts, empty_views
from tests.app.maze_moments import write_maze_trace
from tests.app.window_fixtures import Windows
from tests.records import make_run

WAIT = 60_000
SIZES = [(1280, 720), (1600, 1000)]


def settle(qtbot: QtBot, application: Application) -> None:
    qtbot.waitUntil(lambda: application.views.settled, timeout=WAIT)
    # Layouts come to rest in one turn; the second shows that nothing follows.
    for _ in range(2):
        QApplication.processEvents()


def unfit(application: Application) -> list[str]:
    """The visible views that say that a label of theirs is cut."""
    views = application.views.by_name().items()
    return [name for name, view in views if view.isVisible() and not view.labels_fit()]


@pytest.mark.parametrize("size", SIZES, ids=["1280x720", "1600x1000"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_text_is_cut_and_no_view_is_empty(
    windows: Windows, qtbot: QtBot, tmp_path: Path, size: tuple[int, int], theme: str
) -> None:
    trace = make_run(tmp_path / "recorded.trace", 60, ascent_steps=2)
    application = windows.open(trace=trace, size=size, theme=theme)
    window = application.window
    assert (window.width(), window.height()) == size
    application.driver.go_to_t(47)
    for tab in ("update", "why", "table"):
        window.docks[tab].raise_()
        settle(qtbot, application)
        assert clipped_texts(window) == []
        assert empty_views(application.views.by_name()) == []
        assert unfit(application) == []


def test_a_maze_is_shown_whole_too(windows: Windows, qtbot: QtBot, tmp_path: Path) -> None:
    trace = write_maze_trace(tmp_path / "maze.trace", 12)
    application = windows.open(trace=trace, size=SIZES[0])
    application.driver.go_to_t(9)
    for tab in ("update", "table"):
        application.window.docks[tab].raise_()
        settle(qtbot, application)
        assert clipped_texts(application.window) == []
        assert empty_views(application.views.by_name()) == []
        assert unfit(application) == []


@pytest.mark.parametrize("workspace", ["present", "minimal"])
def test_the_other_workspaces_cut_nothing_either(
    windows: Windows, qtbot: QtBot, tmp_path: Path, workspace: str
) -> None:
    trace = make_run(tmp_path / "recorded.trace", 30)
    application = windows.open(trace=trace, workspace=workspace)
    settle(qtbot, application)
    assert clipped_texts(application.window) == []


def test_the_message_bar_cuts_nothing_of_a_long_message(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    trace = make_run(tmp_path / "recorded.trace", 30)
    application = windows.open(trace=trace)
    application.window.message_bar.say("A long story. " * 30, "Go on from the last record")
    settle(qtbot, application)
    assert clipped_texts(application.window) == []


def test_the_check_itself_sees_a_cut_label_and_a_cut_button(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(300, 200)
    label, button = (
        QLabel("much too long for thirty pixels", window),
        QPushButton("long", window),
    )
    label.setGeometry(0, 0, 30, 20)
    button.setGeometry(280, 50, 60, 30)
    window.show()
    assert len(clipped_texts(window)) == 2
