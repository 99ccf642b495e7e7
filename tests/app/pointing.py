"""Clicks at data of a plot, and keys of a window, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.application import Application
from app.views.plot import Plot

WAIT = 30_000


def place_in(plot: Plot, x: float, y: float) -> QPoint:
    """Where data (x, y) is on the viewport of a plot."""
    at = plot.pixels(np.array(x), np.array(y))
    return QPoint(round(float(at[0])), round(float(at[1])))


def click(qtbot: QtBot, plot: Plot, x: float, y: float) -> None:
    """Click at data (x, y) of a plot."""
    viewport = plot.widget.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_in(plot, x, y))


def press(application: Application, key: Any, *modifiers: Any) -> None:
    """Press a key in the window."""
    QTest.keyClick(application.window, key, *modifiers)


def focus(qtbot: QtBot, application: Application) -> None:
    """Make the window active, no field of it focused."""
    window = application.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    focused = window.focusWidget()
    if isinstance(focused, QWidget):
        focused.clearFocus()


def settle(qtbot: QtBot, application: Application) -> None:
    """Wait until every view shows the newest moment."""
    qtbot.waitUntil(lambda: application.views.settled, timeout=WAIT)
