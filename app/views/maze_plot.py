"""A maze in a plot that the mouse zooms and moves: what all maps of mazes share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from app.state.map_frame import MapFrame
from app.state.maze_picture import Field, in_sight
from app.theme import Theme
from app.views.maze_items import MazeGround
from app.views.maze_mouse import MazeMouse
from app.views.plot import Plot
from core.tasks import Goal, Maze

Floats = NDArray[np.float64]
LEFT = 34
"""Width of the left axis, pixels."""


class MazePlot(QObject):
    """Plot, ground and frame. The wheel zooms, a drag moves, a double click shows all."""

    pointed = pyqtSignal(object)
    """x and y under the mouse, m; None when it is elsewhere."""
    looked_elsewhere = pyqtSignal()
    """Another part of the maze is in sight, or at another scale."""

    def __init__(self, theme: Theme, *, axes: bool = True) -> None:
        """Without `axes` all room is the maze's."""
        super().__init__()
        self.plot = Plot(
            y_name="y (m)" if axes else "",
            x_name="x (m)" if axes else "",
            theme=theme,
            left=LEFT if axes else 2,
        )
        for axis in () if axes else ("left", "bottom"):
            self.plot.item.showAxis(axis, False)
        self.ground = MazeGround(self.plot)
        self.frame = MapFrame(extent=(1.0, 1.0))
        self.maze: Maze | None = None
        mouse = MazeMouse(self.plot)
        mouse.zoomed.connect(
            lambda factor, x, y: self._look_at(self.frame.zoomed(factor, (x, y)))
        )
        mouse.dragged.connect(lambda x, y: self._look_at(self.frame.moved(-x, -y)))
        mouse.left_twice.connect(self.fit)
        mouse.pointed.connect(self.pointed)
        self.plot.item.vb.sigResized.connect(self._resize)

    def fit(self) -> None:
        """The whole maze in sight."""
        self._look_at(self.frame.fitted())

    def show_maze(self, maze: Maze, goal: Goal | None) -> None:
        """This maze; the whole of it where it is another one than before."""
        if maze != self.maze:
            self.maze = maze
            self.ground.show_maze(maze, goal)
            self._look_at(MapFrame(extent=in_sight(maze), size=self.frame.size))

    def show_floor(self, field: Field | None, start: Floats | None, theme: Theme) -> None:
        """The colours of the floor, and where the episode began."""
        self.ground.show_field(field, theme)
        self.ground.show_start(start)
        self.ground.place_labels(self.frame)

    def follow(self, before: Floats, now: Floats) -> None:
        """A body that was in sight stays in sight."""
        self._look_at(self.frame.following(before, now))

    def _look_at(self, frame: MapFrame) -> None:
        if frame == self.frame:
            return
        self.frame = frame
        x, y = frame.ranges
        self.plot.set_x(*x)
        self.plot.set_y(*y)
        self.ground.place_labels(frame)
        self.looked_elsewhere.emit()

    def _resize(self) -> None:
        box = self.plot.item.vb
        self._look_at(self.frame.resized(float(box.width()), float(box.height())))
