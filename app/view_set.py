"""All views of the window, and the order in which a moment reaches them.

The scene gets every moment at once. The others take turns, one in each turn of the event loop,
so that no turn is long; each of them changes at most ten times a second, which is faster than
anyone reads numbers and saves most of the drawing. All of them show the same moment a tenth of
a second after the last one came, and a moment that comes alone is shown at once.
"""

from __future__ import annotations

import time
from typing import Protocol

from PyQt6.QtCore import QObject, QTimer

from app.state.moment import History, Moment
from app.theme import Theme
from app.views.action import ActionView
from app.views.decomposition import DecompositionView
from app.views.gradient import GradientView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.scene import SceneView
from app.views.timeline import TimelineView
from app.views.updates import UpdatesTable
from app.views.verdict import VerdictView

LEAST_SECONDS = 0.1
"""Between two moments of one view."""


class AnyView(Protocol):
    """What the window asks of a view."""

    def show_moment(self, moment: Moment) -> None: ...
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
        self._moment: Moment | None = None
        self._waiting: list[AnyView] = []
        self._due = dict.fromkeys(self._readers(), 0.0)
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(self._take_turn)

    @property
    def drawn(self) -> bool:
        """Whether the scene shows a picture, or has said that it never will."""
        return self.scene.canvas.frame is not None or self.scene.canvas.isHidden()

    @property
    def settled(self) -> bool:
        """Whether, besides, every view shows the newest moment."""
        return self.drawn and not self._waiting

    @property
    def render_ms(self) -> float:
        """What the newest picture of the scene took to draw, ms; NaN before the first."""
        frame = self.scene.canvas.frame
        return float("nan") if frame is None else frame.drawn.milliseconds

    def show_moment(self, moment: Moment) -> None:
        """The scene at once, the others in turn."""
        self._moment = moment
        self.scene.show_moment(moment)
        # Those that still wait go first, or the last ones would never get their turn.
        self._waiting += [view for view in self._due if view not in self._waiting]
        self._turns.start(0)

    def show_history(self, history: History) -> None:
        """Show the episode under the cursor."""
        self.timeline.show_history(history)
        self.verdict.show_history(history)

    def set_theme(self, theme: Theme) -> None:
        """Restyle all."""
        for view in self._all():
            view.set_theme(theme)

    def shut_down(self) -> None:
        """No more turns, and the end of the scene's process."""
        self._waiting.clear()
        self._turns.stop()
        self.scene.shutdown()

    def by_name(self) -> dict[str, AnyView]:
        """The views, by the names of their attributes."""
        return {name: view for name, view in vars(self).items() if view in self._all()}

    def _take_turn(self) -> None:
        now = time.monotonic()
        ready = [view for view in self._waiting if self._due[view] <= now]
        if ready and self._moment is not None:
            view = ready[0]
            self._waiting.remove(view)
            self._due[view] = now + LEAST_SECONDS
            view.show_moment(self._moment)
        if self._waiting:
            wait = min(self._due[view] for view in self._waiting) - now
            self._turns.start(max(0, round(wait * 1000)))

    def _all(self) -> tuple[AnyView, ...]:
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
