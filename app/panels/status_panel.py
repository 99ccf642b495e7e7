"""The status bar: speed against the real robot, where the time goes, and how the engine is."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.panels.readout import Readout, number
from app.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Figures of the status bar; NaN where unknown."""

    engine: str
    real_time_factor: float
    """simulated seconds per second"""
    simulate: float
    """ms per environment step, and so are the next three"""
    imagine: float
    backward: float
    other: float
    render: float
    """ms per drawn picture of the scene"""
    stall: float
    """worst lateness of the event loop lately, ms"""


_PHASES: dict[str, str] = {
    "simulate": "The real environment step, ms per t",
    "imagine": "All rollouts of the world model, ms per t",
    "backward": "All gradients dJ/dpsi, ms per t",
    "other": "Frozen twin, true futures and records, ms per t",
    "render": "Drawing one picture of the 3D scene, ms",
}


class StatusPanel(QWidget):
    """A row of readouts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine = Readout("engine", "starting", "What the engine does")
        self._factor = Readout("real time", "00.00x", "Simulated seconds per second")
        self._phases = {name: Readout(name, "000.0 ms", tip) for name, tip in _PHASES.items()}
        self._stall = Readout(
            "UI stall", "0000 ms", "How late the window was at worst, last ten seconds"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(16)
        for readout in self._readouts():
            row.addWidget(readout)
        row.addStretch(1)

    def show_status(self, status: Status) -> None:
        """Show new figures."""
        self._engine.show_text(status.engine)
        factor = status.real_time_factor
        self._factor.show_text(f"{factor:.2f}x" if factor == factor else "-")
        for name, readout in self._phases.items():
            milliseconds = getattr(status, name)
            value = number(milliseconds, digits=1 if milliseconds < 999.5 else 0)
            readout.show_text(value if value == "-" else f"{value} ms")
        self._stall.show_text(f"{status.stall:.0f} ms")

    def text(self) -> str:
        """The whole line, for tests and screen readers."""
        return " ".join(readout.text for readout in self._readouts())

    def set_theme(self, theme: Theme) -> None:
        for readout in self._readouts():
            readout.set_theme(theme)

    def _readouts(self) -> tuple[Readout, ...]:
        return self._engine, self._factor, *self._phases.values(), self._stall
