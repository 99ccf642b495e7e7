"""A page whose parts come into sight one in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QWidget


class Unveiling(QObject):
    """Hides widgets that keep their places, and shows them again one after another.

    Showing a widget sizes and draws it, which takes longest of all that a change of page does.
    """

    finished = pyqtSignal()
    """Nothing waits any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[QWidget] = []
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._take_turn)

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is shown."""
        return not self._waiting

    def veil(self, widgets: Iterable[QWidget]) -> None:
        """Hide these until `unveil`; each keeps its place, and the focus if it has that."""
        focused = QApplication.focusWidget()
        for widget in widgets:
            if widget is focused or (focused is not None and widget.isAncestorOf(focused)):
                continue
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()
        self.stop()

    def unveil(self, widgets: Iterable[QWidget]) -> None:
        """Show these, in this order, in the turns to come."""
        self._waiting = list(widgets)
        self._turns.start(0)

    def stop(self) -> None:
        """Leave hidden what still waits."""
        self._turns.stop()
        self._waiting.clear()

    def _take_turn(self) -> None:
        while self._waiting:
            widget = self._waiting.pop(0)
            if not sip.isdeleted(widget) and widget.isHidden():
                widget.show()
                return
        self._turns.stop()
        self.finished.emit()
