"""All views of the window, and the order in which a moment reaches them.

The scene gets every moment at once. The others get one ten times a second, which is faster than
anyone reads numbers and saves most of the drawing: always the same moment for all of them, one
view in each turn of the event loop, so that no turn is long. A moment that comes alone, at a
click or at a pause, is shown at once.
"""

from __future__ import annotations

import time
from typing import Protocol

from PyQt6.QtCore import QObject, QTimer

from app.state.moment import History, Moment
from app.state.selection import Selection
from app.theme import Theme
from app.views.action import ActionView
from app.views.decomposition import DecompositionView
from app.views.gradient import GradientView
from app.views.jumps import Jumps
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.scene import SceneView
from app.views.timeline import TimelineView
from app.views.updates import UpdatesTable
from app.views.verdict import VerdictView
from app.views.view import View

LEAST_SECONDS = 0.1
"""Between two moments of all views but the scene."""


class AnyView(Protocol):
    """What the window asks of a view."""

    def show_moment(self, moment: Moment) -> None: ...
    def set_selection(self, selection: Selection) -> None: ...
    def set_theme(self, theme: Theme) -> None: ...
    def labels_fit(self) -> bool: ...


class ViewSet(QObject):
    """Builds the views once; knows nothing of where they stand."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.verdict = VerdictView(theme)
        self.scene = SceneView(theme)
        self.objective = ObjectiveView(theme)
        self.gradient = GradientView(theme)
        self.action = ActionView(theme)
        self.decomposition = DecompositionView(theme)
        self.model = ModelView(theme)
        self.table = UpdatesTable(theme)
        self.timeline = TimelineView(theme)
        self._newest: Moment | None = None
        self._given: Moment | None = None
        self._waiting: list[AnyView] = []
        self._due = 0.0
        self._again = False
        self._jumps = Jumps()
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(self._take_turn)

    @property
    def moment(self) -> Moment | None:
        """The newest moment it was given."""
        return self._newest

    @property
    def drawn(self) -> bool:
        """Whether the scene shows a picture, or has said that it never will."""
        canvas = self.scene.canvas
        return canvas.frame is not None or canvas.isHidden() or bool(canvas.absence)

    @property
    def settled(self) -> bool:
        """Whether, besides, every view shows the newest moment."""
        done = not self._waiting and not self._again
        return self.drawn and done and self._given is self._newest

    @property
    def render_ms(self) -> float:
        """What the newest picture of the scene took to draw, ms; NaN before the first."""
        frame = self.scene.canvas.frame
        return float("nan") if frame is None else frame.drawn.milliseconds

    def show_moment(self, moment: Moment) -> None:
        """The scene at once, the others in turn."""
        if self._jumps.note(moment):
            for view in (*self._readers(), self.scene.fan):
                if isinstance(view, View):
                    view.forget_ranges()
        self._newest = moment
        self.scene.show_moment(moment)
        if not self._waiting:
            self._wait_for_turn()

    def set_selection(self, selection: Selection) -> None:
        """One selection for all: what is picked in one view is picked out in every view."""
        for view in self.all():
            view.set_selection(selection)
        for view in self._pickable():
            view.particle_picked.connect(selection.select)
        selection.particle_changed.connect(self._show_again)
        selection.reference_changed.connect(self._show_again)

    def show_history(self, history: History) -> None:
        """Show the episode under the cursor."""
        self.timeline.show_history(history)
        self.verdict.show_history(history)
        self.scene.maze.show_history(history)

    def shut_down(self) -> None:
        """No more turns, and the end of the scene's process."""
        self._waiting.clear()
        self._turns.stop()
        self.scene.shutdown()

    def by_name(self) -> dict[str, AnyView]:
        """The views, by the names of their attributes."""
        return {name: view for name, view in vars(self).items() if view in self.all()}

    def _show_again(self) -> None:
        """The newest moment once more: the selection changed."""
        if self._newest is None:
            return
        self._again = True
        self.scene.show_moment(self._newest)
        if not self._waiting:
            self._due = 0.0
            self._wait_for_turn()

    def _take_turn(self) -> None:
        if not self._waiting:
            self._given, self._again = self._newest, False
            self._due = time.monotonic() + LEAST_SECONDS
            self._waiting = list(self._readers())
        view = self._waiting.pop(0)
        if self._given is not None:
            view.show_moment(self._given)
        if self._waiting:
            self._turns.start(0)
        elif self._again or self._given is not self._newest:
            self._wait_for_turn()

    def _wait_for_turn(self) -> None:
        self._turns.start(max(0, round((self._due - time.monotonic()) * 1000)))

    def _pickable(self) -> tuple[SceneView | View, ...]:
        return self.scene, self.objective, self.decomposition, self.model

    def all(self) -> tuple[AnyView, ...]:
        """Every view, the scene first."""
        return (self.scene, *self._readers())

    def _readers(self) -> tuple[AnyView, ...]:
        return (
            self.verdict,
            self.timeline,
            self.objective,
            self.gradient,
            self.action,
            self.decomposition,
            self.model,
            self.table,
        )
