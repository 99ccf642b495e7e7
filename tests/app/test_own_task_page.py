"""docs/own-task.md, command by command: from nothing to the debugger."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gui import engine_arguments
from app.state.target import PROJECT_ROOT, find_target
from core.checkpoints.catalogue import read_manifest
from tests.app.user import User
from tests.app.window_fixtures import Windows
from tests.core.command_line.fake_window import FakeWindow, command_line

PAGE = (PROJECT_ROOT / "docs" / "own-task.md").read_text()
COMMANDS = [
    shlex.split(line)
    for line in re.findall(r"^    \.venv/bin/python main\.py (.*)$", PAGE, re.MULTILINE)
]
WITH_WINDOW = [words for words in COMMANDS if words[0] == "gui"]
HEADLESS = [words for words in COMMANDS if words[0] != "gui"]
SAID = re.findall(r"^    (psiscope: .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def test_the_page_says_what_the_program_says(capsys: pytest.CaptureFixture[str]) -> None:
    from core.command_line.task_finding import find_task

    find_task("InvertedPendulum-v5")
    assert capsys.readouterr().err.splitlines() == SAID
    assert [words[0] for words in HEADLESS] == ["collect", "train", "run", "replay", "evaluate"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_page_leads_from_nothing_to_the_debugger(
    place: Path, windows: Windows, qtbot: QtBot
) -> None:
    for words in HEADLESS:
        assert command_line(*words) == 0, words
    assert (
        read_manifest(place / "checkpoints" / "pendulum").evaluation["frozen"]["return_mean"]
        > 20
    )
    assert set(json.loads((place / "pendulum.json").read_text())["paired"]) == {"adaptive"}
    for words in WITH_WINDOW:
        opens(words, windows, qtbot)


def opens(words: list[str], windows: Windows, qtbot: QtBot) -> None:
    """The window that the command asks for, on the real engine where it is live."""
    window = FakeWindow()
    assert command_line(*words, window=window) == 0
    options: dict[str, Any] = window.asked
    application = windows.open(
        target=find_target(options["target"]),
        engine_module="core.engine",
        engine_arguments=engine_arguments(options["settings"], options["seed"]),
    )
    user = User(qtbot, application)
    user.sees("InvertedPendulum-v5")
    user.wait(lambda: application.views.settled, "a drawn window")
    windows.close()
