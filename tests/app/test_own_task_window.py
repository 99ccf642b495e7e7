"""The window on a task that is nowhere in the code: with a pose, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.panels.task_panel import TaskPanel
from core.envs.derive import derive_task
from tests.app.user import User, texts
from tests.app.window_fixtures import Windows
from tests.core.command_line.fake_window import SMALL, command_line
from tests.untrained import write_untrained


@pytest.mark.parametrize(
    ("identifier", "name", "action"),
    [
        ("Swimmer-v5", "swimmer", "motor1_rot control"),
        ("Reacher-v5", "reacher", "joint0 control"),
    ],
)
def test_its_trace_opens_and_every_view_has_something_to_show_or_says_why_not(
    windows: Windows, qtbot: QtBot, tmp_path: Path, identifier: str, name: str, action: str
) -> None:
    checkpoint = write_untrained(tmp_path / name, derive_task(identifier), width=8)
    trace = tmp_path / "own.trace"
    assert command_line("run", checkpoint, "--steps", 6, "--trace", trace, *SMALL) == 0
    application = windows.open(trace=trace)
    user = User(qtbot, application)
    user.sees(identifier)
    user.wait(lambda: application.views.settled, "a drawn window")
    panel = application.window.findChild(TaskPanel)
    assert panel is not None
    assert panel._values["score"].text() == "-"
    moment = application.moment
    assert moment is not None
    assert moment.task == derive_task(identifier)
    assert moment.task.action_names[0] == action
    bar = application.window.findChild(QWidget, "message_bar")
    assert bar is not None
    assert not (bar.isVisible() and texts(bar).strip()), texts(bar)
