"""The maze from above with the ways of two branches: where they went apart, where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QVBoxLayout, QWidget

from app.readouts import plain
from app.state.map_frame import MapFrame
from app.state.maze_picture import Body, body_of, field_of, paths, start_of
from app.state.moment import Moment
from app.state.walk import Walk
from app.theme import PLOT_TEXT, SYMBOLS, Theme, font
from app.views.header import Header
from app.views.maze_items import arrow
from app.views.maze_plot import MazePlot
from app.views.plot import Plot
from app.views.scene_picture import state_of
from app.views.sides import COLORS, SIDES, Side, side_pen
from core.traces.trace import EpisodeStarted

Floats = NDArray[np.float64]
LEAST_WIDTH = 190
"""Pixels."""
LETTER = 20.0
"""Height of a letter, pixels."""
TOOLTIP = """<p><b>Map</b> of the maze with the ways of both branches to t: A solid, B dashed.
A branch that does not reach t is shown to its end. The triangle: where they part. The floor's
colour is the value at the episode's start, as in the map of the debug workspace.</p>
<p>The wheel zooms, a drag moves, a double click shows the whole maze again.</p>"""


class PairMap(QWidget):
    """One map for both sides; hidden where the task has no maze."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("pair-map")
        self.setToolTip(TOOLTIP)
        self.setAutoFillBackground(True)
        self.setMinimumWidth(LEAST_WIDTH)
        self.header = Header("Map", (), theme, one_line=True)
        self.surface = MazePlot(theme, axes=False)
        self.ways = {side: _Way(self.surface.plot, side) for side in reversed(SIDES)}
        self.parting: Any = self.surface.plot.add(
            pg.ScatterPlotItem(symbol=SYMBOLS["doubt"], size=10)
        )
        self._theme = theme
        self._walks: dict[Side, Walk] = {side: Walk.empty() for side in SIDES}
        self._moments: dict[Side, Moment | None] = dict.fromkeys(SIDES)
        self._parts_at: int | None = None
        self._floor: tuple[EpisodeStarted | None, Theme] | None = None
        self.surface.looked_elsewhere.connect(self._place_letters)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 2)
        column.setSpacing(1)
        column.addWidget(self.header)
        column.addWidget(self.surface.plot, 1)
        self.hide()

    def show_walks(self, a: Walk, b: Walk, parts_at: int | None) -> None:
        """Where both went in this episode, and the t at which they part, if they do."""
        self._walks, self._parts_at = dict(zip(SIDES, (a, b), strict=True)), parts_at
        self._draw()

    def show_moments(self, moments: dict[Side, Moment | None]) -> None:
        """The cursor's moment on both sides; None where a branch has none."""
        self._moments = moments
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("plot"))
        self.setPalette(palette)
        self.header.set_theme(theme)
        self.surface.plot.set_theme(theme)
        self.surface.ground.restyle(theme)
        self.parting.setBrush(theme.brush("doubt"))
        self.parting.setPen(theme.pen("plot"))
        for way in self.ways.values():
            way.restyle(theme)
        self._draw()

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        return self.isHidden() or (self.header.labels_fit() and self.surface.plot.labels_fit())

    def _draw(self) -> None:
        known = next((m for m in self._moments.values() if m is not None), None)
        maze = None if known is None else known.task.maze
        self.setVisible(maze is not None)
        if known is None or maze is None:
            return
        self.surface.show_maze(maze, known.task.goal)
        floor = (known.episode_started, self._theme)
        if floor != self._floor:
            self._floor = floor
            field = field_of(known.episode_started, maze, "value")
            self.surface.show_floor(field, start_of(known), self._theme)
        for side, way in self.ways.items():
            way.show(self._moments[side], self._walks[side])
        bodies = (way.body for way in self.ways.values())
        places = [body.place for body in bodies if body is not None]
        self.surface.ground.make_room(places, self.surface.frame)
        self._place_letters()
        self._draw_parting()
        self.header.set_readout((self._distance(), "text"))

    def _place_letters(self) -> None:
        for way in self.ways.values():
            way.place_letter(self.surface.frame)

    def _draw_parting(self) -> None:
        walk = self._walks["A"]
        at = walk.real[:0]
        if self._parts_at is not None:
            place = walk.until(self._parts_at)
            at = walk.real[place : place + 1]
        self.parting.setData(at[:, 0], at[:, 1])

    def _distance(self) -> str:
        """How far apart the bodies are; which branch is there alone."""
        bodies = {side: way.body for side, way in self.ways.items() if way.body is not None}
        if len(bodies) == len(SIDES):
            gap = np.hypot(*(bodies["A"].place - bodies["B"].place))
            return f"{plain(float(gap))} m apart"
        return f"only {next(iter(bodies))} is here" if bodies else ""


class _Way:
    """The way of one side: its line, and its body with the side's letter."""

    def __init__(self, plot: Plot, side: Side) -> None:
        self._side = side
        self.body: Body | None = None
        self.line: Any = plot.add(pg.PlotCurveItem())
        self.arrow: Any = plot.add(QGraphicsPathItem())
        self.arrow.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.letter: Any = plot.add(pg.TextItem(side, anchor=_ANCHORS[side]))
        self.letter.textItem.setFont(font(PLOT_TEXT, bold=True))

    def show(self, moment: Moment | None, walk: Walk) -> None:
        """Up to the moment; all of it where the branch has no such moment."""
        state = None if moment is None else state_of(moment)
        body = None if moment is None or state is None else body_of(moment, state)
        path = walk.real
        if moment is not None and body is not None:
            path, _ = paths(moment, walk, body.place)
            self.arrow.setPath(arrow(body.heading))
            self.arrow.setPos(*body.place.tolist())
            self.letter.setPos(*body.place.tolist())
        self.body = body
        self.arrow.setVisible(body is not None)
        self.letter.setVisible(body is not None)
        known = path[np.isfinite(path).all(axis=1)]
        self.line.setData(known[:, 0], known[:, 1])

    def place_letter(self, frame: MapFrame) -> None:
        """At its corner of the body; nearer where the edge of the map would cut it."""
        if self.body is None:
            return
        (low, high), y = frame.ranges[1], float(self.body.place[1])
        above, below = (each / frame.scale / LETTER for each in (high - y, y - low))
        across, along = _ANCHORS[self._side]
        self.letter.setAnchor((across, min(above, max(along, 1.0 - below))))

    def restyle(self, theme: Theme) -> None:
        """Recolour."""
        self.line.setPen(side_pen(theme, self._side, 2))
        self.arrow.setBrush(theme.brush(COLORS[self._side]))
        self.arrow.setPen(theme.pen("plot", 1.4))
        self.letter.setColor(theme.color(COLORS[self._side]))
        self.letter.fill = theme.brush("plot", 0.6)


_ANCHORS: dict[Side, tuple[float, float]] = {"A": (1.3, 1.2), "B": (-0.3, -0.2)}
"""Of the letters: A stands at the upper left of its body, B at the lower right."""
