"""What all views share: a header, a body, and no work while nobody looks."""

from __future__ import annotations

from abc import abstractmethod

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QPalette, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.state.moment import Moment
from app.state.selection import Selection, reference_name
from app.theme import LIGHT, Theme
from app.views.header import Header, Part
from app.views.plot import Plot


class View(QWidget):
    """Shows one moment. While hidden in a tab behind, it keeps the newest for later."""

    theme: Theme = LIGHT
    particle_picked = pyqtSignal(object)
    """The particle that was clicked, an int; None for a click beside all of them."""

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
        self.selection = Selection()
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
        self._draw(moment)

    def set_selection(self, selection: Selection) -> None:
        """Pick out its particle and compare with its reference, from the next drawing on."""
        self.selection = selection

    def redraw(self) -> None:
        """Draw the newest moment again, if there is one."""
        if self._moment is not None:
            self._draw(self._moment)

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        for plot in self.findChildren(Plot):
            plot.forget_range()

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
        self.redraw()

    def labels_fit(self) -> bool:
        """Whether every label is shown whole at the present size."""
        return self.header.labels_fit() and all(p.labels_fit() for p in self.plots())

    def plots(self) -> tuple[Plot, ...]:
        """The plots inside, those that are shown."""
        return tuple(p for p in self.findChildren(Plot) if not p.isHidden())

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw what came while hidden."""
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.redraw()

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """What the view says of the picked particle; nothing where it shows none."""
        return ()

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """What the view says of the moment less the reference."""
        return ()

    def _draw(self, moment: Moment) -> None:
        self.draw(moment)
        self.header.set_notes(*self._notes(moment))

    def _notes(self, moment: Moment) -> list[tuple[Part, ...]]:
        particle, reference = self.selection.particle, self.selection.reference
        notes = []
        if particle is not None and (words := self.particle_words(moment, particle)):
            notes.append(((f"particle {particle}:", "accent"), *words))
        if reference is not None and (words := self.differences(moment, reference)):
            notes.append(((reference_name(reference, moment), "muted"), *words))
        return notes

    @abstractmethod
    def draw(self, moment: Moment) -> None:
        """Update the items to show `moment`; called only with something to show."""

    @abstractmethod
    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
