"""What the mouse does on a map: click, drag, wheel, double click, and where it points."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QWheelEvent

from app.views.plot import STILL, Plot
from app.views.time_mouse import NOTCH

ZOOM = 1.25
"""Larger by so much after one notch of the wheel."""
Place = tuple[float, float]


class MazeMouse(QObject):
    """Turns the events of one plot into gestures; all places are x and y in m."""

    dragged = pyqtSignal(float, float)
    """What is under the mouse is to move by so much."""
    zoomed = pyqtSignal(float, float, float)
    """So many times larger, around x, y."""
    left_twice = pyqtSignal()
    pointed = pyqtSignal(object)
    """The place under the mouse; None when it is elsewhere."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._pressed: QPointF | None = None
        self._from: Place | None = None
        self._viewport = plot.widget.viewport()
        self._viewport.setMouseTracking(True)
        self._viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Whether it was a gesture; a click is left to the plot."""
        if isinstance(event, QWheelEvent):
            turn = event.angleDelta()
            at = self._place(event.position())
            self.zoomed.emit(ZOOM ** ((turn.y() or turn.x()) / NOTCH), *at)
            return True
        if isinstance(event, QMouseEvent):
            return self._mouse(event)
        if event is not None and event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().eventFilter(watched, event)

    def _mouse(self, event: QMouseEvent) -> bool:
        kind, kinds = event.type(), QEvent.Type
        if kind == kinds.MouseButtonDblClick:
            self.left_twice.emit()
            return True
        if kind == kinds.MouseButtonPress:
            self._pressed, self._from = event.position(), self._place(event.position())
        elif kind == kinds.MouseButtonRelease:
            self._pressed = self._from = None
        elif kind == kinds.MouseMove:
            self._move(event)
        return False

    def _move(self, event: QMouseEvent) -> None:
        here = self._place(event.position())
        self.pointed.emit(here)
        if self._from is None or event.buttons() == Qt.MouseButton.NoButton:
            return
        if self._pressed is not None:
            gone = event.position() - self._pressed
            if abs(gone.x()) + abs(gone.y()) <= STILL:
                return
            self._pressed = None
        self.dragged.emit(here[0] - self._from[0], here[1] - self._from[1])

    def _place(self, position: QPointF) -> Place:
        at: Any = self._plot.item.vb.mapSceneToView(
            self._plot.widget.mapToScene(position.toPoint())
        )
        return float(at.x()), float(at.y())
