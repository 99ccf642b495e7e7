"""The scene: the real body, what is imagined for it and what is true, in 3D and to scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.rendering.client import Frame, RenderClient
from app.state.moment import Moment
from app.state.selection import Selection
from app.theme import LIGHT, Role, Theme
from app.views.fan import FanView
from app.views.maze_map import MazeMap
from app.views.scene_canvas import SceneCanvas
from app.views.scene_choice import IMAGINED
from app.views.scene_overlay import Caption
from app.views.scene_picture import Wish, bodiless, compose, fans_of, state_of

REST_MS = 350
"""Quiet time after which a paused scene is drawn again in full quality."""
NOTICE_MS = 6000
NO_POSE = "states without a pose: the real body only"

TOOLTIP = """<p><b>Scene</b>: the body at s<sub>t</sub>; outlines show it after H steps,
imagined before the update, imagined after it, and in the true simulator. Lines are the paths of
torso and foot, one per particle.</p>
<p>Click a line to pick out its particle everywhere: the outlines are then its own. Drag turns
the camera, the wheel zooms, a double click resets.</p>"""


class SceneView(QWidget):
    """Shows a moment in 3D, beside the fan of the torso. Drawn by a process of its own."""

    frame_drawn = pyqtSignal()
    """Once for each new frame, after it was painted."""
    particle_picked = pyqtSignal(object)
    """The particle that was clicked, an int; None for a click beside all of them."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.setObjectName("scene-view")
        self.setToolTip(TOOLTIP)
        self._theme = theme
        self._moment: Moment | None = None
        self._live = self._map_wanted = True
        self.selection = Selection()
        self._root = np.zeros(1)
        self.canvas, self.fan = SceneCanvas(theme), FanView(theme)
        self.maze = MazeMap(theme)
        """The map from above, over the fan; hidden where the task has no maze."""
        self._side = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self.problem = QLabel()
        self._lay_out()
        self._client = RenderClient(self)
        self._client.frame_ready.connect(self._take)
        self._client.trouble.connect(self._notice)
        self._client.unavailable.connect(self._do_without)
        self.canvas.frame_drawn.connect(self.frame_drawn)
        self.canvas.camera_moved.connect(self._redraw)
        self.canvas.resized.connect(self._redraw)
        for part in (self.canvas, self.fan, self.maze):
            part.particle_picked.connect(self.particle_picked)
        self._rest = _timer(self, REST_MS, self._draw_still)
        self._fade = _timer(self, NOTICE_MS, lambda: self.canvas.set_message(""))
        self.set_theme(theme)

    @property
    def process_id(self) -> int:
        """Of the render process; 0 while there is none."""
        return self._client.process_id

    def show_moment(self, moment: Moment) -> None:
        """Ask for a picture of this moment; a newer one replaces it if it still waits."""
        self._moment = moment
        self.canvas.set_task(moment.task)
        self.canvas.set_absence(bodiless(moment))
        self.fan.setVisible(not self.canvas.absence)
        self._row.setStretch(1, 0 if self.canvas.absence else 2)
        self.maze.setVisible(self._map_wanted and moment.task.maze is not None)
        if moment.task.maze is not None:
            self.maze.show_moment(moment)
        self.fan.show_moment(moment)
        self._redraw()

    def set_map(self, wanted: bool) -> None:
        """Whether a maze is also shown from above."""
        self._map_wanted = wanted
        if self._moment is not None:
            self.maze.setVisible(wanted and self._moment.task.maze is not None)

    def set_theme(self, theme: Theme) -> None:
        """Restyle, and draw again in the new colours."""
        self._theme = theme
        self.canvas.set_theme(theme)
        self.fan.set_theme(theme)
        self.maze.set_theme(theme)
        self.problem.setStyleSheet(f"color: {theme.refused_text}; background: {theme.plot};")
        self._redraw()

    def set_live(self, live: bool) -> None:
        """Live: fast pictures only. Else a resting scene is drawn in full quality."""
        if live != self._live:
            self._live = live
            self._redraw()

    def set_selection(self, selection: Selection) -> None:
        """Pick out its particle, from the next moment on."""
        self.selection = selection
        self.fan.set_selection(selection)
        self.maze.set_selection(selection)

    def grab_frame(self) -> QImage:
        """The scene as it is on the screen now."""
        return self.canvas.image()

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        sides = self.fan.labels_fit() and (self.maze.isHidden() or self.maze.labels_fit())
        return sides and (self.canvas.isHidden() or self.canvas.labels_fit())

    def shutdown(self) -> None:
        """Ends the render process."""
        self._rest.stop()
        self._client.shutdown()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Map and fan side by side where there is more width than height for them."""
        super().resizeEvent(event)
        least = self.maze.minimumSizeHint().width() + self.fan.minimumSizeHint().width()
        width = 0.4 * self.width()
        wide = width > max(least, self.height())
        directions = QBoxLayout.Direction
        self._side.setDirection(directions.LeftToRight if wide else directions.TopToBottom)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw what came while hidden."""
        super().showEvent(event)
        self._redraw()

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        side = self._side
        side.setSpacing(1)
        side.addWidget(self.maze, 3)
        side.addWidget(self.fan, 2)
        row.addWidget(self.canvas, 3)
        row.addLayout(side, 2)
        self.maze.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.problem)
        column.addLayout(row, 1)
        self.problem.setWordWrap(True)
        self.problem.setMargin(6)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()

    def _redraw(self) -> None:
        if self._moment is None:
            return
        self.canvas.set_caption(caption(self._moment, self.selection.particle))
        self.canvas.set_particle(self.selection.particle)
        self._ask(still=False)
        if self._live and self._moment.live:
            self._rest.stop()
        else:
            self._rest.start()

    def _draw_still(self) -> None:
        self._ask(still=True)

    def _ask(self, *, still: bool) -> None:
        if self._moment is None or not self.isVisible() or self.canvas.isHidden():
            return
        wish = Wish(
            theme=self._theme,
            camera=self.canvas.camera,
            size=self.canvas.device_size(),
            still=still,
            particle=self.selection.particle,
        )
        picture = compose(self._moment, wish, self._root)
        if picture is not None:
            self._client.draw(picture)

    def _take(self, frame: Frame) -> None:
        self._root = frame.drawn.root
        self.canvas.set_frame(frame)

    def _notice(self, line: str) -> None:
        self.canvas.set_message(line)
        self._fade.start()

    def _do_without(self, fact: str, remedy: str) -> None:
        self.problem.setText(f"No 3D view: {fact}. To mend it: {remedy}")
        self.problem.show()
        self.canvas.hide()


def _timer(parent: QObject, milliseconds: int, then: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer


def caption(moment: Moment, particle: int | None = None) -> Caption:
    """Address and legend of a moment, and whose outlines are drawn."""
    fans = fans_of(moment) if moment.task.has_pose else {}
    after = moment.after
    words: dict[Role, str] = {
        "before": "before",
        "after": "after",
        "real": "true",
        "frozen": "true, frozen",
    }
    title = f"t {moment.t}   k {after.k if after else 0} of {moment.ascent_steps}"
    horizon = max((fan.shape[1] - 1 for fan in fans.values()), default=0)
    note = f"outlines: j = {horizon}" if horizon else ""
    picked = ""
    if horizon and particle is not None:
        kept = max((len(fans[role]) for role in IMAGINED if role in fans), default=0)
        picked = f"particle {particle}" + ("" if particle < kept else f": only {kept} are kept")
    if not moment.task.has_pose:
        note = "" if bodiless(moment) else NO_POSE
    if state_of(moment) is None:
        note = "waiting for the first record"
    entries = tuple((role, words[role]) for role in fans)
    return Caption(title=title, entries=entries, note=note, picked=picked)
