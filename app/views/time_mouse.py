"""What the mouse does on the t axis: scrub, pan, zoom, compare."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QWheelEvent

from app.views.plot import Plot

NOTCH = 120.0
"""Of QWheelEvent.angleDelta, for one notch of the wheel."""
ZOOM = 0.8
"""What is left in sight after one notch."""
_PANNING = Qt.MouseButton.RightButton | Qt.MouseButton.MiddleButton


class TimeMouse(QObject):
    """Turns the events of plots on one t axis into gestures; all values are t."""

    scrubbed = pyqtSignal(float)
    """The left button was pressed at t, or dragged to it."""
    compared = pyqtSignal(float)
    """Shift and a click at t."""
    panned = pyqtSignal(float)
    """The part in sight is to move by so much."""
    zoomed = pyqtSignal(float, float)
    """Show `factor` times as much, around t."""
    released = pyqtSignal()
    left_twice = pyqtSignal()
    middle_twice = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._plots: dict[QObject, Plot] = {}
        self._pan_from: float | None = None

    def watch(self, plot: Plot) -> None:
        """Listen to this plot."""
        viewport = plot.widget.viewport()
        self._plots[viewport] = plot
        viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Whether it was a gesture; everything else takes its course."""
        plot = self._plots.get(watched) if watched is not None else None
        if plot is None:
            return False
        if isinstance(event, QWheelEvent):
            self._turn(plot, event)
            return True
        return isinstance(event, QMouseEvent) and self._mouse(plot, event)

    def _turn(self, plot: Plot, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        notches = (turn.y() or turn.x()) / NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            low, high = plot.item.vb.viewRange()[0]
            self.panned.emit(-0.1 * notches * (high - low))
        else:
            self.zoomed.emit(ZOOM**notches, _t_at(plot, event.position()))

    def _mouse(self, plot: Plot, event: QMouseEvent) -> bool:
        kind, kinds = event.type(), QEvent.Type
        if kind == kinds.MouseButtonDblClick:
            middle = event.button() == Qt.MouseButton.MiddleButton
            (self.middle_twice if middle else self.left_twice).emit()
        elif kind == kinds.MouseButtonPress:
            self._press(plot, event)
        elif kind == kinds.MouseMove:
            self._drag(plot, event)
        elif kind == kinds.MouseButtonRelease:
            self._pan_from = None
            self.released.emit()
        else:
            return False
        return True

    def _press(self, plot: Plot, event: QMouseEvent) -> None:
        t = _t_at(plot, event.position())
        if event.button() & _PANNING:
            self._pan_from = t
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.compared.emit(t)
        else:
            self.scrubbed.emit(t)

    def _drag(self, plot: Plot, event: QMouseEvent) -> None:
        t = _t_at(plot, event.position())
        if self._pan_from is not None and event.buttons() & _PANNING:
            self.panned.emit(self._pan_from - t)
        elif event.buttons() & Qt.MouseButton.LeftButton and not (
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.scrubbed.emit(t)


def _t_at(plot: Plot, position: QPointF) -> float:
    place: Any = plot.widget.mapToScene(position.toPoint())
    return float(plot.item.vb.mapSceneToView(place).x())
