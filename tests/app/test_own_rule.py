"""The update rule of docs/own-code.md, debugged in the window with the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.application import Application
from app.panels.rule_field import RuleField
from app.state.target import Target
from core.session.replay import first_difference
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.reader import TraceReader
from core.trust import Trust
from tests.app.user import User
from tests.app.window_fixtures import Windows
from tests.own_code import write_programs
from tests.runnable_checkpoint import write_runnable

FAST = Settings(horizon=2, particles=2, denoising_levels=1, ascent_steps=2, trust_radius=None)


def open_on(
    windows: Windows, folder: Path, settings: Settings, *, trusted: bool
) -> Application:
    return windows.open(
        target=Target(trace=None, checkpoint=write_runnable(folder / "tiny")),
        engine_module="core.engine",
        engine_arguments=("--settings", settings.to_json(), "--seed", "7"),
        trust_code=trusted,
        paused=True,
        size=(1600, 1000),
    )


def told(application: Application) -> str:
    """What the line under the table of updates says."""
    (line,) = application.window.findChildren(QLabel, "rule-record")
    return str(line.text()) if not line.isHidden() else ""


@pytest.mark.timeout(300)
def test_a_rule_of_twenty_lines_is_stepped_into_and_its_record_is_seen(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    write_programs(tmp_path)
    settings = FAST.replace(updater=f"{tmp_path}/sign.py:ascend")
    application = open_on(windows, tmp_path, settings, trusted=True)
    user = User(qtbot, application)
    user.sees("live, paused")
    assert "Update rule | sign.py:ascend" in user.screen()
    user.press("F11")
    user.sees("t = 1, 0 of 2")
    user.wait(lambda: told(application).startswith("sign.py:ascend, k 0 → 1: gain "), "k = 0")
    user.press("F11")
    user.sees("t = 1, 1 of 2")
    user.wait(lambda: told(application).startswith("sign.py:ascend, k 1 → 2: gain "), "k = 1")
    user.press("Delete")
    user.sees("branch 1 of 2")
    user.press("F10")
    user.sees("Episode, t | 0, 1")
    trace = application.source.live_run.trace
    windows.close()
    with TraceReader(trace) as reader:
        assert first_difference(reader, Shelf(trust=Trust(given=True)), 0.0) is None


@pytest.mark.timeout(300)
def test_a_rule_that_fails_pauses_the_run_and_the_window_says_why(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text(
        "def rule(policy, objective, address):\n"
        "    return objective.psi / (0 if address.t == 2 else 1), {}\n"
    )
    settings = FAST.replace(updater=f"{tmp_path}/bad.py:rule")
    application = open_on(windows, tmp_path, settings, trusted=True)
    user = User(qtbot, application)
    user.sees("live, paused")
    user.press("F5")
    bar = application.window.message_bar
    user.wait(lambda: "bad.py:rule returned weights that are not finite" in bar.text, "why")
    user.sees("live, paused")
    user.wait(lambda: "✕ bad.py:rule returned" in told(application), "the refused update")
    user.press("F10")
    user.press("F10")
    user.sees("Episode, t | 0, 3")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_without_trust_a_rule_typed_into_the_panel_is_refused_in_one_line(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    write_programs(tmp_path)
    application = open_on(windows, tmp_path, FAST, trusted=False)
    user = User(qtbot, application)
    user.sees("live, paused")
    (field,) = application.window.findChildren(RuleField)
    field.setFocus()
    user.type(f"{tmp_path}/sign.py:ascend")
    user.press("Return")
    user.sees("add --trust-code if you trust it")
    assert field.get() == ""
