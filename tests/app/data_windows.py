"""Windows on the workspace `data`, with folders of their own and answers made in the test."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge import training_process
from app.bridge.json_process import JsonProcess
from app.features.data import Data
from app.panels.train_dialog import TrainDialog
from app.state.trainings import Training
from tests.app.window_fixtures import Windows, feature

WAIT = 60_000
FAKE = (sys.executable, "-m", "tests.app.fake_training")
HOPPER = "psiscope/hopper/medium-replay-v0"
BOLD = "<b>bold</b>"
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def listed(name: str = HOPPER, **changes: Any) -> dict[str, Any]:
    """One data set as `datasets --json` prints it."""
    values = {
        "id": name, "path": f"/data/{name}", "fault": "", "task": "hopper",
        "environment": "Hopper-v5", "episodes": 2691, "transitions": 300_771,
        "size": 74_441_539, "recipe": "", "algorithm": "a recipe", "kind": "medium-replay",
        "returns": None,
    }  # fmt: skip
    return values | changes


def looked_at(name: str = HOPPER, **changes: Any) -> dict[str, Any]:
    """One data set as `datasets ID --json` prints it."""
    returns = {
        "episodes": 9, "transitions": 99, "mean": 332.1, "best": 3410.5, "worst": 1.0,
        "edges": [1.0, 1000.0, 3410.5], "counts": [8, 1],
    }  # fmt: skip
    betas = {"cpu": [0.05, 0.5], "paper": [0.1, 0.5]}
    return listed(name) | {"returns": returns, "coefficients": betas} | changes


LISTING = {
    "folder": "/data",
    "datasets": [
        listed(BOLD, fault="it has no metadata.json", task="", environment=""),
        listed(),
        listed("other/swimmer-v0", task="", environment="Swimmer-v5", kind=""),
    ],
}


def answer(process: JsonProcess, *words: str) -> None:
    """In place of a child process: what it would print, in the next turn."""
    values = LISTING if "--quick" in words else looked_at(words[1])
    content = json.dumps(values).encode()
    QTimer.singleShot(0, lambda: process.answered.emit(content))


@contextmanager
def data_folders(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, faked: bool = True
) -> Iterator[Path]:
    """A folder of checkpoints; trainings, faked or real, none of which is left at the end."""
    checkpoints = folder / "checkpoints"
    begun: list[int] = []
    start = training_process.start

    def noted(*given: Any, **options: Any) -> int:
        begun.append(start(*given, **options))
        return begun[-1]

    monkeypatch.setenv("PSISCOPE_CHECKPOINTS", str(checkpoints))
    monkeypatch.setattr(training_process, "start", noted)
    if faked:
        monkeypatch.setattr(training_process, "PROGRAM", FAKE)
        monkeypatch.setattr(JsonProcess, "ask", answer)
    yield checkpoints
    for process in begun:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


class DataWindow:
    """A window on the workspace, as a person uses it."""

    def __init__(self, windows: Windows, qtbot: QtBot, **options: Any) -> None:
        self.application: Application = windows.open(**options)
        self.data = feature(self.application, Data)
        self.page = self.data.page
        self._qtbot = qtbot
        window = self.application.window
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.setFocus()
        QTest.keyClick(window, Qt.Key.Key_5, CONTROL)
        self.until(lambda: self.page.complete)

    @property
    def bar(self) -> str:
        return self.application.window.message_bar.text

    def until(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=WAIT)

    def press(self, name: str) -> None:
        """A button below the list of trainings."""
        QTest.mouseClick(self.page.trainings.buttons[name], LEFT)

    def open_dialog(self) -> TrainDialog:
        """For the data set of Hopper."""
        self.until(
            lambda: bool(self.page.datasets.dataset and self.page.datasets.dataset.returns)
        )
        QTest.mouseClick(self.page.datasets.train, LEFT)
        assert self.data.dialog is not None
        return self.data.dialog

    def train(self, *, seed: int = 0) -> None:
        """Through the dialog, with keys."""
        dialog = self.open_dialog()
        dialog.seed.setFocus()
        dialog.seed.selectAll()
        QTest.keyClicks(dialog.seed, str(seed))
        QTest.keyClick(dialog.seed, Qt.Key.Key_Return)
        assert self.data.dialog is None

    def training(self) -> Training:
        """The one that is looked at."""
        found = self.page.trainings.training
        assert found is not None
        return found

    def until_state(self, state: str) -> None:
        self.until(
            lambda: (found := self.page.trainings.training) is not None and found.state == state
        )
