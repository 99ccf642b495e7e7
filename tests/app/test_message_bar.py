"""The line above the views: what it says, and where it leaves the keys."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.panels.message_bar import MessageBar
from app.theme import LIGHT


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    """A bar above a field that would take the keys."""
    window, page = QMainWindow(), QWidget()
    column = QVBoxLayout(page)
    column.addWidget(MessageBar())
    column.addWidget(QLineEdit())
    window.setCentralWidget(page)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    return window


def bar_of(window: QMainWindow) -> MessageBar:
    bar = window.findChild(MessageBar)
    assert bar is not None
    return bar


@pytest.mark.parametrize("text", ["Go on", "Dismiss"])
@pytest.mark.parametrize("by", ["mouse", "key"])
def test_after_an_answer_the_keys_are_the_windows(
    window: QMainWindow, text: str, by: str
) -> None:
    bar, done = bar_of(window), []
    bar.say("It failed.", "Go on", lambda: done.append(1))
    (button,) = [each for each in bar.findChildren(QPushButton) if each.text() == text]
    if by == "mouse":
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    else:
        button.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(button, Qt.Key.Key_Space)
    assert bar.isHidden()
    assert done == ([1] if text == "Go on" else [])
    assert window.hasFocus(), "not the field that comes next"


def test_only_what_was_refused_is_red(window: QMainWindow) -> None:
    bar = bar_of(window)
    bar.set_theme(LIGHT)
    bar.say("No such branch.")
    assert LIGHT.refused in bar.styleSheet()
    bar.tell("Branch 1 begins.")
    assert LIGHT.refused not in bar.styleSheet()
    assert bar.text == "Branch 1 begins."
    bar.say("No such branch.")
    assert LIGHT.refused in bar.styleSheet()
