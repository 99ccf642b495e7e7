"""The notes of a whole window: written by keys, listed, marked."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.moment_tools import MomentTools
from app.features.notes import Notes
from tests.app.window_fixtures import feature, marked

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def notes_of(application: Application) -> Notes:
    """The feature."""
    return feature(application, MomentTools).notes


def texts(application: Application) -> dict[tuple[int, ...], str]:
    """Of all notes that are listed, by their address."""
    return {note.at: note.text for note in notes_of(application).panel.notes}


def write(qtbot: QtBot, application: Application, text: str) -> None:
    """N, the text, Ctrl+Enter; wait until the editor is closed."""
    application.window.setFocus()
    QTest.keyClick(application.window, Key.Key_N)
    editor = notes_of(application).panel.editor
    qtbot.waitUntil(editor.text.hasFocus)
    QTest.keyClicks(editor.text, text)
    QTest.keyClick(editor.text, Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: editor.at is None, timeout=WAIT)


def marks(application: Application) -> list[int]:
    """The t of the notes marked on the timeline."""
    return marked(application, "note")
