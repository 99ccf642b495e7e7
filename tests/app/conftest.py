"""What every test of the window shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import source
from tests.app.patience import PATIENCE_MS, PatientBot
from tests.app.window_fixtures import Windows


@pytest.fixture(scope="session", autouse=True)
def imported_for_good() -> None:
    """What is there before the first test is never looked through again: it stays."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_waits() -> Iterator[None]:
    """A view that a test has dropped is not destroyed in the middle of its own painting."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's own, with patience for a machine that is busy with other things."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def engines_may_take_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine is ended by force, with its trace in pieces, because the machine is slow."""
    monkeypatch.setattr(source, "STOP_MS", PATIENCE_MS)


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    """Opens windows; closes them at the end."""
    windows = Windows(qtbot, tmp_path)
    yield windows
    windows.close()
