"""A person at a whole window: keys, mouse, and what there is to read. For scripted sessions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.application import Application
from app.recording import save_picture
from app.views.header import Header
from app.views.scene_canvas import SceneCanvas

PATIENCE_MS = 600_000
"""A busy machine may need minutes for a hundred environment steps of the real engine."""
PICTURES = "PSISCOPE_PICTURES"
"""Environment variable: the folder that gets a picture of each step of a session."""


class User:
    """Does nothing that a person could not: it presses, types, clicks and reads."""

    def __init__(self, qtbot: QtBot, application: Application) -> None:
        self._qtbot, self._application = qtbot, application
        self.window = application.window
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def press(self, keys: str, times: int = 1) -> None:
        """A shortcut, or a key in the field that has the focus."""
        combination = QKeySequence(keys)[0]
        for _ in range(times):
            QTest.keyClick(self._listener(), combination.key(), combination.keyboardModifiers())
            # Nobody is faster than the event loop.
            QApplication.processEvents()

    def type(self, text: str) -> None:
        """Into the field that has the focus."""
        for letter in text:
            QTest.keyClicks(self._listener(), letter)

    def paste(self, text: str) -> None:
        """What was copied elsewhere, into the field that has the focus."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        self.press("Ctrl+V")

    def select_all(self) -> None:
        """What stands in the field is replaced by what is typed next."""
        self.press("Ctrl+A")

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """With the left button, in the middle or at a place."""
        assert widget.isVisible(), f"{widget.objectName()} is not on the screen"
        place = widget.rect().center() if at is None else at
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)

    def wait(self, condition: Callable[[], bool], for_what: str) -> None:
        """Until it holds; a test that waits in vain says for what."""
        try:
            self._qtbot.waitUntil(condition, timeout=PATIENCE_MS)
        except Exception as error:
            raise AssertionError(f"waited in vain for {for_what}; {self.screen()}") from error

    def sees(self, text: str, inside: str = "") -> None:
        """Wait until it can be read."""
        self.wait(lambda: text in (self.read(inside) if inside else self.screen()), text)

    def no_longer_sees(self, text: str) -> None:
        """Wait until it cannot be read any more."""
        self.wait(lambda: text not in self.screen(), f"an end of {text!r}")

    def rests(self) -> None:
        """Wait until the engine stands and the window shows what it did last.

        Before the next key, as a person does: a step may be on the screen before it is over.
        """
        self.wait(self._at_rest, "an engine at rest")

    def read(self, name: str) -> str:
        """All text of the visible widget of that object name."""
        widget = self.window.findChild(QWidget, name)
        assert widget is not None, f"there is no {name}"
        return texts(widget)

    def screen(self) -> str:
        """All visible text of the window."""
        return texts(self.window)

    def dialog(self) -> QDialog:
        """The dialog that is open."""
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog)]
        visible = [w for w in found if w.isVisible()]
        assert visible, "no dialog is open"
        return visible[0]

    def picture(self, name: str) -> None:
        """Leave a picture, if pictures are wanted."""
        folder = os.environ.get(PICTURES)
        if folder:
            views = self._application.views
            self.wait(lambda: views.settled and self._sees_scenes(), "a drawn window")
            for _ in range(12):
                self._qtbot.wait(50)
            save_picture(self.window, Path(folder) / f"{name}.png")

    def _sees_scenes(self) -> bool:
        """Whether every 3D scene in sight has its picture."""
        scenes = [s for s in self.window.findChildren(SceneCanvas) if s.isVisible()]
        return all(scene.frame is not None or scene.absence for scene in scenes)

    def _at_rest(self) -> bool:
        live, moment = self._application.source.live_run, self._application.moment
        run = self._application.follower.run
        if live is None or run is None or moment is None:
            return False
        stands = live.engine.state == "paused" and not live.engine.unacknowledged
        place = (moment.branch, moment.episode, moment.t)
        whole = len(run.updates(place)) == len(moment.updates) and (
            run.environment_step(place) is None or moment.environment_step is not None
        )
        newest = place == run.newest() and whole
        return stands and newest and self._application.views.settled

    def _listener(self) -> QWidget:
        """Who hears the next key: an open list, else the focused field, else the window."""
        popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        if popup is not None:
            return popup
        window = modal or self.window
        if not window.isActiveWindow():
            # The offscreen platform does not go back to it when a list has closed.
            window.activateWindow()
            self._qtbot.waitUntil(window.isActiveWindow)
        return QApplication.focusWidget() or window


def texts(widget: QWidget) -> str:
    """What a person reads in a widget: labels, buttons, fields, rows."""
    found: list[str] = []
    for child in [widget, *widget.findChildren(QWidget)]:
        if child.isVisible():
            found += _own_texts(child)
    return " | ".join(text for text in found if text)


def _own_texts(widget: QWidget) -> list[str]:
    match widget:
        case QLabel() | QAbstractButton() | QLineEdit():
            return [widget.text()]
        case QAbstractItemView():
            model = widget.model()
            if model is None:
                return []
            columns = 1 if isinstance(widget, QListView) else model.columnCount()
            return [
                str(model.index(row, column).data() or "")
                for row in range(model.rowCount())
                for column in range(columns)
            ]
        case Header():
            return [widget.accessibleName(), widget.readout()]
        case _:
            return [widget.accessibleName(), widget.accessibleDescription()]
