"""Two small 3D pictures, drawn in turn by one process that is shared by both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.rendering.client import Frame, RenderClient
from app.rendering.wire import Picture
from app.state.moment import Moment
from app.state.selection import Selection
from app.theme import Theme
from app.views.scene import REST_MS
from app.views.scene_canvas import SceneCanvas
from app.views.scene_picture import Wish, compose
from app.views.sides import SIDES, Side

LEAST_SIZE = (150, 100)
"""Of a picture, pixels."""


class ScenePair(QObject):
    """The canvases of both sides. The process starts with the first picture that is visible."""

    unavailable = pyqtSignal()
    """There will be no pictures."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._selection = Selection()
        self.canvases: dict[Side, SceneCanvas] = {}
        self._moments: dict[Side, Moment] = {}
        self._roots = {side: np.zeros(1) for side in SIDES}
        self._due: list[Side] = []
        self._still: set[Side] = set()
        self._asked: tuple[Side, Picture] | None = None
        for side in SIDES:
            canvas = self.canvases[side] = SceneCanvas(theme)
            canvas.setMinimumSize(*LEAST_SIZE)
            canvas.setAccessibleName(f"3D scene of side {side}")
            canvas.resized.connect(self.redraw)
            canvas.camera_moved.connect(self._follow(side))
        self._client = RenderClient(self)
        self._client.frame_ready.connect(self._take)
        self._client.trouble.connect(self._skip)
        self._client.unavailable.connect(lambda _fact, _remedy: self.unavailable.emit())
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._draw_still)

    @property
    def process_id(self) -> int:
        """Of the render process; 0 while there is none."""
        return self._client.process_id

    def show_moment(self, side: Side, moment: Moment | None) -> None:
        """Draw this moment; None where the side has none."""
        if moment is None:
            self._moments.pop(side, None)
            return
        self._moments[side] = moment
        self.canvases[side].set_task(moment.task)
        self._want(side)

    def set_selection(self, selection: Selection) -> None:
        """Pick out its particle, from the next picture on; a click picks one."""
        self._selection = selection
        for canvas in self.canvases.values():
            canvas.particle_picked.connect(selection.select)

    def set_theme(self, theme: Theme) -> None:
        """Draw again in the new colours."""
        self._theme = theme
        for canvas in self.canvases.values():
            canvas.set_theme(theme)
        self.redraw()

    def redraw(self) -> None:
        """Draw both again."""
        for side in SIDES:
            self._want(side)

    def shut_down(self) -> None:
        """Ends the process."""
        self._rest.stop()
        self._client.shutdown()

    def _want(self, side: Side) -> None:
        self.canvases[side].set_particle(self._selection.particle)
        self._still.discard(side)
        self._queue(side)
        self._rest.start()

    def _draw_still(self) -> None:
        self._still = set(SIDES)
        for side in SIDES:
            self._queue(side)

    def _queue(self, side: Side) -> None:
        if side not in self._due:
            self._due.append(side)
        self._ask()

    def _ask(self) -> None:
        """The next picture, if none is under way."""
        while self._asked is None and self._due:
            side = self._due.pop(0)
            picture = self._compose(side)
            if picture is not None:
                self._asked = side, picture
                self._client.draw(picture)

    def _compose(self, side: Side) -> Picture | None:
        moment, canvas = self._moments.get(side), self.canvases[side]
        if moment is None or not canvas.isVisible():
            return None
        wish = Wish(
            theme=self._theme,
            camera=canvas.camera,
            size=canvas.device_size(),
            still=side in self._still,
            particle=self._selection.particle,
        )
        return compose(moment, wish, self._roots[side])

    def _take(self, frame: Frame) -> None:
        if self._asked is None:
            return
        side, picture = self._asked
        # The client gives the picture a number and keeps its parts.
        if frame.picture.look is picture.look:
            self._asked = None
            self._roots[side] = frame.drawn.root
            self.canvases[side].set_message("")
            self.canvases[side].set_frame(frame)
        self._ask()

    def _skip(self, line: str) -> None:
        """A picture that cannot be drawn makes room for the next."""
        if self._asked is not None:
            self.canvases[self._asked[0]].set_message(line)
            self._asked = None
        self._ask()

    def _follow(self, side: Side) -> Callable[[], None]:
        """The other side looks from where this one does."""

        def follow() -> None:
            for canvas in self.canvases.values():
                canvas.camera = self.canvases[side].camera
            self.redraw()

        return follow
