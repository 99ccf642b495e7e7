"""A change of theme in the visible window: some widgets in each turn, visible ones first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QWidget

TURN_SECONDS = 0.006
"""After so much work a turn ends: the longest job still comes on top."""


@dataclass(frozen=True, slots=True)
class Job:
    """What restyles one widget."""

    widget: QWidget
    act: Callable[[], object]


class Restyling(QObject):
    """Does jobs in turns of the event loop; new ones replace those that still wait."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Job] = []
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(self._take_turn)

    @property
    def settled(self) -> bool:
        """Whether everything is done."""
        return not self._waiting

    def start(self, jobs: Iterable[Job]) -> None:
        """Do these in the turns to come."""
        self._waiting = sorted(jobs, key=lambda job: not job.widget.isVisible())
        self._turns.start(0)

    def stop(self) -> None:
        """Leave undone what still waits."""
        self._turns.stop()
        self._waiting.clear()

    def _take_turn(self) -> None:
        began = time.thread_time()
        while self._waiting and time.thread_time() - began < TURN_SECONDS:
            job = self._waiting.pop(0)
            if not sip.isdeleted(job.widget):
                job.act()
        if self._waiting:
            self._turns.start(0)
