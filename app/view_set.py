"""All views of the window: every moment goes to every one of them."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtCore import QObject

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

    def show_moment(self, moment: Moment) -> None:
        """Show one moment (t, k) everywhere."""
        for view in self._all():
            view.show_moment(moment)

    def show_history(self, history: History) -> None:
        """Show the episode under the cursor."""
        self.timeline.show_history(history)

    @property
    def render_ms(self) -> float:
        """What the newest picture of the scene took to draw, ms; NaN before the first."""
        frame = self.scene.canvas.frame
        return float("nan") if frame is None else frame.drawn.milliseconds

    def labels_fit(self) -> bool:
        """Whether every label of every view is shown whole."""
        return all(view.labels_fit() for view in self._all())

    def set_theme(self, theme: Theme) -> None:
        """Restyle all."""
        for view in self._all():
            view.set_theme(theme)

    def _all(self) -> tuple[AnyView, ...]:
        return (
            self.verdict,
            self.scene,
            self.objective,
            self.gradient,
            self.action,
            self.decomposition,
            self.model,
            self.table,
            self.timeline,
        )
