"""Breakpoints, search and notes: what a person does with single moments of a run."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.desk import Desk
from app.features.breakpoints import Breaks
from app.features.notes import Notes
from app.features.search import Search


class MomentTools(QObject):
    """One feature, as a search can become a breakpoint."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.breaks = Breaks(desk)
        self.search = Search(desk, self.breaks.breakpoints.add)
        self.notes = Notes(desk)
