"""The loop in docs/own-trace.md runs as it stands there, and the window shows its values."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.readouts import plain
from core.traces.reader import TraceReader
from tests.app.window_fixtures import Windows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the loop of the document writes."""
    folder = tmp_path_factory.mktemp("own")
    text = (ROOT / "docs" / "own-trace.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "my_loop.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "my_loop.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "my.trace"


def test_the_writer_takes_ten_lines_of_the_loop() -> None:
    text = (ROOT / "docs" / "own-trace.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    words = ("ForeignTrace", "own_task", "trace.")
    assert sum(any(word in line for word in words) for line in code.splitlines()) <= 10


def test_the_window_shows_what_the_loop_wrote(
    trace: Path, windows: Windows, qtbot: QtBot
) -> None:
    window = windows.open(trace=trace)
    window.driver.go_to_t(5)
    qtbot.waitUntil(lambda: window.moment is not None and window.moment.t == 5)
    qtbot.waitUntil(lambda: window.views.settled)
    with TraceReader(trace) as reader:
        updates, step = reader.updates(0, 0, 5), reader.environment_step(0, 0, 5)
    assert step is not None
    shown = window.views.objective.header.readout()
    assert "gain +" in shown
    gradient = window.views.gradient.header.readout()
    assert f"|g| {plain(updates[2].gradient_norm)} at k = 2" in gradient
    assert f"drift {plain(updates[3].drift)}" in gradient
    assert window.views.verdict.text.startswith("Written by my pendulum loop: objective gain +")
    panel = window.window.task_panel._values
    assert panel["checkpoint"].text() == "my pendulum loop"
    assert panel["frozen"].text() == "not recorded"
    assert panel["return"].text() == f"{step.episode_return:.1f}"
    assert window.views.scene.canvas.absence.startswith("no body to draw")
    assert not window.window.settings_panel._area.isVisible()


def test_a_fork_of_a_foreign_trace_and_going_on_from_it_are_refused_in_a_line(
    trace: Path, windows: Windows, qtbot: QtBot
) -> None:
    window = windows.open(trace=trace)
    qtbot.waitUntil(lambda: window.moment is not None)
    bar = window.window.message_bar
    for command in ("fork", "resume_here"):
        window.window.commands.actions[command].trigger()
        qtbot.waitUntil(lambda: "written by 'my pendulum loop'" in bar.text)
        bar.clear()
    assert window.source.engine_state == "none"
    assert list((trace.parent).glob("*.trace")) == [trace]
