"""A first adaptation, debugged as docs/tutorial.md tells it: the real engine, keys and mouse.

All that is asserted is read off the screen, until the moment replays without a window.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QAbstractSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.gui import engine_arguments
from app.state.target import PROJECT_ROOT, find_target
from tests.app.user import User, texts
from tests.app.window_fixtures import Windows
from tests.core.command_line.fake_window import FakeWindow, command_line

TUTORIAL = PROJECT_ROOT / "docs" / "tutorial.md"
COMMANDS = re.findall(r"^    \.venv/bin/python (.*)$", TUTORIAL.read_text(), re.MULTILINE)
CONDITION = re.findall(r"^    ([a-z_]+ < -?[\d.]+)$", TUTORIAL.read_text(), re.MULTILINE)[0]


@pytest.fixture
def user(windows: Windows, qtbot: QtBot) -> User:
    """At the window that the first command of the tutorial opens."""
    asked = FakeWindow()
    assert command_line(*shlex.split(COMMANDS[0])[1:], window=asked) == 0
    options: dict[str, Any] = asked.asked
    application = windows.open(
        target=find_target(options["target"]),
        engine_module="core.engine",
        engine_arguments=engine_arguments(options["settings"], options["seed"]),
        paused=options["paused"],
        size=(1600, 1000),
    )
    user = User(qtbot, application)
    user.sees("live, paused")
    return user


@pytest.mark.timeout(1800)
def test_a_user_debugs_a_first_adaptation_and_the_moment_replays_headless(user: User) -> None:
    user.picture("1-paused")
    t = runs_into_the_break(user)
    steps_in_and_back(user, t)
    rejects_edits_and_redoes(user, t)
    forks(user, t)
    compares(user, t)
    folder = writes_a_repro(user)
    replays(folder, t)


def runs_into_the_break(user: User) -> int:
    """The t at which the run pauses before its action."""
    user.press("Shift+F9")
    user.paste(CONDITION)
    user.press("Return")
    user.sees(CONDITION, inside="dock_breakpoints")
    user.press("Escape")
    user.press("F5")
    user.sees("Break before the action at")
    banner = user.read("break_banner")
    found = re.search(r"t = (\d+), k = 2: (.*) \(objective_gain = −(\d\.\d+)\)", banner)
    assert found is not None, banner
    t, fall = int(found[1]), float(found[3])
    assert found[2] == CONDITION
    assert fall > 0.5
    user.sees(f"t = {t}, 2 of 2")
    user.sees("the action is not applied yet")
    user.sees(f"Episode, t | 0, {t}")
    user.rests()
    user.picture("2-break")
    return t


def steps_in_and_back(user: User, t: int) -> None:
    for shown in (f"t = {t + 1}, 0 of 2", f"t = {t + 1}, 1 of 2"):
        user.press("F11")
        user.sees(shown)
        user.rests()
    for k, place in ((0, f"0, {t + 1}"), (2, f"0, {t}"), (1, f"0, {t}")):
        user.press("Alt+F11")
        user.sees(f"Episode, t | {place}")
        user.sees(f"k {k} of 2")
    user.picture("3-back")


def rejects_edits_and_redoes(user: User, t: int) -> None:
    user.press("Delete")
    user.sees(f"Branch 1 begins at t = {t}, k = 1; branch 0 stays")
    user.sees("branch 1 of 2")
    user.sees("k 1 of 2")
    user.rests()
    user.press("E")
    alpha(user, user.window)
    user.type("1e-5")
    user.press("Return")
    user.press("Shift+Return")
    user.sees("k 2 of 2")
    user.sees("the action is not applied yet")
    user.sees("live, paused, branch 1 of 2")
    user.rests()
    assert gain(user) > -0.5, "the smaller step size did not overshoot as far"
    user.picture("4-redone")
    user.press("Return")
    user.no_longer_sees("the action is not applied yet")
    user.rests()
    for environment_step in range(1, 4):
        steps_over(user, t + environment_step)


def forks(user: User, t: int) -> None:
    for environment_step in (2, 1, 0):
        user.press("Alt+F10")
        user.sees(f"Episode, t | 0, {t + environment_step}")
    user.press("Alt+F11")
    user.sees("k 1 of 2")
    user.press("Ctrl+B")
    dialog = user.dialog()
    assert f"Fork branch 1 at t = {t}, k = 1" in texts(dialog)
    alpha(user, dialog)
    user.type("3e-6")
    user.press("Return")
    user.sees(f"Branch 2 begins at t = {t}, k = 1")
    user.sees("branch 2 of 3")
    user.rests()
    for environment_step in range(4):
        steps_over(user, t + environment_step)


def steps_over(user: User, t: int) -> None:
    """To the end of environment step t."""
    user.press("F10")
    user.sees(f"Episode, t | 0, {t}")
    user.no_longer_sees("the action is not applied yet")
    user.rests()


def compares(user: User, t: int) -> None:
    user.press("Ctrl+D")
    user.sees(f"First divergence: t = {t}, k = 1, GradientUpdate.step_size: ")
    finding = user.read("finding")
    assert re.search(r"step_size: 1e-0?5 against 3e-0?6 \(branch 2 changed", finding), finding
    user.press("Ctrl+Shift+D")
    for side in "AB":
        user.sees(f"t = {t}, k = 1 of 2", inside=f"column-{side}")
    user.picture("5-compare")
    user.press("Ctrl+1")


def writes_a_repro(user: User) -> Path:
    user.press("Ctrl+E")
    user.sees("Repro written: ")
    found = re.search(r"Repro written: (\S+)", user.screen())
    assert found is not None
    return Path(found[1])


def replays(folder: Path, t: int) -> None:
    """The commands of the tutorial, each in a process of its own."""
    said = []
    for command in COMMANDS[1:]:
        words = [word.replace("FOLDER", str(folder)) for word in shlex.split(command)]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    verified, tested, searched, compared = said
    assert "to the last bit; no difference" in verified
    assert "passed" in tested
    assert str(t) in searched
    assert "step_size" in compared


def alpha(user: User, inside: QWidget) -> None:
    """Into the field of the step size, ready to be typed over."""
    fields = [f for f in inside.findChildren(QAbstractSpinBox) if f.accessibleName() == "Alpha"]
    (field,) = [f for f in fields if f.isVisible()]
    user.click(field)
    user.select_all()


def gain(user: User) -> float:
    """The objective gain that the verdict tells."""
    found = re.search(r"Objective gain ([+−])([\d.]+)", user.read("verdict-view"))
    assert found is not None, user.read("verdict-view")
    return float(found[2]) * (-1 if found[1] == "−" else 1)
