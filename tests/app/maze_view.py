"""A map of a maze for tests, and what its items hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.selection import Selection
from app.theme import LIGHT
from app.views.maze_map import MazeMap
from tests.app.maze_moments import maze_history, maze_moment
from tests.app.pointing import place_in

T = 300


def shown_map(qtbot: QtBot) -> MazeMap:
    """The map at T, with its history."""
    view = MazeMap(LIGHT)
    qtbot.addWidget(view)
    view.resize(520, 460)
    view.show()
    view.set_selection(Selection(view))
    view.show_history(maze_history(T + 1))
    view.show_moment(maze_moment(T))
    QApplication.processEvents()
    return view


def points(item: Any) -> NDArray[np.float64]:
    """(n, 2) of a curve or of dots."""
    return np.stack([np.asarray(each) for each in item.getData()], axis=1)


def wheel(view: MazeMap, x: float, y: float, notches: int) -> None:
    """Turn it over a place of the map."""
    viewport = view.plot.widget.viewport()
    at_pixel = QPointF(place_in(view.plot, x, y))
    QApplication.sendEvent(
        viewport,
        QWheelEvent(
            at_pixel,
            QPointF(viewport.mapToGlobal(at_pixel.toPoint())),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def move(view: MazeMap, where: QPoint, buttons: Qt.MouseButton) -> None:
    """The mouse, with these buttons down."""
    viewport = view.plot.widget.viewport()
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(
        kind, QPointF(where), QPointF(viewport.mapToGlobal(where)), none, buttons, keys
    )
    QApplication.sendEvent(viewport, event)
