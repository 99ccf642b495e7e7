"""The page of data and trainings, side by side. Light until it is first looked at."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QPalette, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.panels.datasets_panel import DatasetsPanel
from app.panels.trainings_panel import TrainingsPanel
from app.theme import LIGHT, Theme

FIRST_MS = 60
"""Before a plot is made: the page itself comes first."""
TURN_MS = 20
"""Between two turns in which a plot is made or placed."""


class DataPage(QWidget):
    """Data sets at the left, trainings at the right."""

    shown = pyqtSignal()
    hidden = pyqtSignal()

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.setObjectName("data-page")
        self.setAutoFillBackground(True)
        self.datasets = DatasetsPanel(theme)
        self.trainings = TrainingsPanel(theme)
        self._making: Iterator[None] | None = self._make_plots()
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(self._take_turn)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for panel in (self.datasets, self.trainings):
            splitter.addWidget(panel)
            splitter.setStretchFactor(splitter.count() - 1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([1000, 1000])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(splitter)
        self.set_theme(theme)

    @property
    def complete(self) -> bool:
        """Whether its plots are made."""
        return self._making is None

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("window"))
        self.setPalette(palette)
        self.datasets.set_theme(theme)
        self.trainings.set_theme(theme)

    def shut_down(self) -> None:
        """Make nothing more."""
        self._turns.stop()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Whoever fills it does so only while it is looked at."""
        super().showEvent(event)
        if self._making is not None:
            self._turns.start(FIRST_MS)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self.hidden.emit()

    def _take_turn(self) -> None:
        if self._making is None:
            return
        if next(self._making, True) is True:
            self._making = None
        else:
            self._turns.start(TURN_MS)

    def _make_plots(self) -> Iterator[None]:
        yield from self.datasets.make_histogram()
        yield
        yield from self.trainings.make_plots()
