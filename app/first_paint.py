"""When the window was painted for the first time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

_IMPORTED = time.monotonic()


class FirstPaint(QObject):
    """Emits `painted` once, right after the window's first paint."""

    painted = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Watch for the first paint event."""
        if event is not None and event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            # The paint comes after its filters; the next turn of the loop has it behind it.
            QTimer.singleShot(0, self.painted.emit)
        return super().eventFilter(watched, event)


def seconds_since_process_start() -> float:
    """Age of this process; where the system does not tell, since this module was imported."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return float(Path("/proc/uptime").read_text().split()[0]) - started
    except (OSError, ValueError, IndexError):
        return time.monotonic() - _IMPORTED
