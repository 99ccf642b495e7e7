"""What every test of the window shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

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
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    """Opens windows; closes them at the end."""
    windows = Windows(qtbot, tmp_path)
    yield windows
    windows.close()
