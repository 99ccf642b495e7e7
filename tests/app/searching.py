"""Search in time in a whole window: a condition typed, what it marks."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.moment_tools import MomentTools
from app.features.search import Search
from tests.app.window_fixtures import feature, marked

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


def search_of(application: Application) -> Search:
    """The feature."""
    return feature(application, MomentTools).search


def type_in(qtbot: QtBot, application: Application, condition: str) -> None:
    """Ctrl+F, the condition, Enter; wait for what is found."""
    search = search_of(application)
    QTest.keyClick(application.window, Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    line = search.panel.field.line
    qtbot.waitUntil(line.hasFocus)
    line.clear()
    QTest.keyClicks(line, condition)
    line.close_offer()
    QTest.keyClick(line, Key.Key_Return)
    qtbot.waitUntil(lambda: search._found is not None and not search._wanted, timeout=WAIT)


def marks(application: Application) -> list[int]:
    """The t of the moments found that are marked on the timeline."""
    return marked(application, "hit")
