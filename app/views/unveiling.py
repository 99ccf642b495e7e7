"""A page whose parts come into sight one in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

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
        self.gathers = False
        """Whether a change of page is under way, from which widgets are shown in turns."""
        self._waiting: list[QWidget] = []
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._take_turn)

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is shown."""
        return not self._waiting

    @contextmanager
    def gathering(self, *, visible: bool) -> Iterator[None]:
        """What comes to light inside does so in turns, where the window is visible at all."""
        self.gathers = visible
        try:
            yield
        finally:
            self.gathers = False

    def veil(self, widgets: Iterable[QWidget]) -> None:
        """Hide these until `unveil`; each keeps its place, and the focus if it has that."""
        focused = QApplication.focusWidget()
        for widget in widgets:
            self.forget(widget)
            if widget is focused or (focused is not None and widget.isAncestorOf(focused)):
                continue
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()

    def unveil(self, widgets: Iterable[QWidget]) -> None:
        """Show these, in this order, in the turns to come."""
        self._waiting += [widget for widget in widgets if widget not in self._waiting]
        self._turns.start(0)

    def forget(self, widget: QWidget) -> None:
        """It waits no longer."""
        if widget in self._waiting:
            self._waiting.remove(widget)

    def stop(self) -> None:
        """Leave hidden what still waits."""
        self._turns.stop()
        self._waiting.clear()

    def _take_turn(self) -> None:
        while self._waiting:
            widget = self._waiting.pop(0)
            if not sip.isdeleted(widget) and widget.isHidden():
                widget.show()
                # Left to itself Qt would draw what several turns have shown in one later turn.
                widget.repaint()
                return
        self._turns.stop()
        self.finished.emit()
