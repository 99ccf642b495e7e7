"""What all views share: a header, a body, and no work while nobody looks."""

from __future__ import annotations

from abc import abstractmethod

from PyQt6.QtGui import QPalette, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.state.moment import Moment
from app.theme import LIGHT, Theme
from app.views.header import Header
from app.views.plot import Plot


class View(QWidget):
    """Shows one moment. While hidden in a tab behind, it keeps the newest for later."""

    theme: Theme = LIGHT

    def __init__(self, header: Header, *, tooltip: str, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setToolTip(tooltip)
        self.setAutoFillBackground(True)
        self.header = header
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(8, 5, 8, 3)
        self.body.setSpacing(1)
        self.body.addWidget(header)
        self._moment: Moment | None = None
        self._stale = False

    @property
    def moment(self) -> Moment | None:
        """The newest moment it was given."""
        return self._moment

    def show_moment(self, moment: Moment) -> None:
        """Show this moment; later if the view is hidden in a visible window."""
        self._moment = moment
        window = self.window()
        if window is not None and window.isVisible() and not self.isVisible():
            self._stale = True
            return
        self._stale = False
        self.draw(moment)

    def set_theme(self, theme: Theme) -> None:
        """Restyle in place."""
        self.theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("plot"))
        self.setPalette(palette)
        self.header.set_theme(theme)
        for plot in self.findChildren(Plot):
            plot.set_theme(theme)
        self.restyle(theme)
        if self._moment is not None:
            self.draw(self._moment)

    def labels_fit(self) -> bool:
        """Whether every label is shown whole at the present size."""
        return self.header.labels_fit() and all(p.labels_fit() for p in self.plots())

    def plots(self) -> tuple[Plot, ...]:
        """The plots inside, those that are shown."""
        return tuple(p for p in self.findChildren(Plot) if not p.isHidden())

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw what came while hidden."""
        super().showEvent(event)
        if self._stale and self._moment is not None:
            self._stale = False
            self.draw(self._moment)

    @abstractmethod
    def draw(self, moment: Moment) -> None:
        """Update the items to show `moment`; called only with something to show."""

    @abstractmethod
    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
