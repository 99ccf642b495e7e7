"""What lies on a map of a maze: a field, walls, start, goal, paths, fans and the body."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainterPath, QPolygonF, QTransform
from PyQt6.QtWidgets import QGraphicsItem, QGraphicsPathItem

from app.state.map_frame import MapFrame
from app.state.maze_picture import Body, Field, extent
from app.theme import PLOT_TEXT, SYMBOLS, Role, Theme, font
from app.views.fan_paths import Paths, as_one_curve, mean_path
from app.views.highlight import ChosenLine
from app.views.plot import Plot
from core.tasks import Goal, Maze

Floats = NDArray[np.float64]

LINES: tuple[Role, ...] = ("before", "after")
"""Roles with a line a particle."""
ENDS: dict[Role, int] = {"real": 9, "after": 8, "before": 6}
"""Roles with a symbol where their mean ends, and its size, pixels."""
LEGIBLE = 24.0
"""Pixels that the fans must reach for symbols at their ends: smaller, those would hide them."""
ARROW = ((9.0, 0.0), (-6.5, -6.0), (-3.5, 0.0), (-6.5, 6.0))
"""The body, pixels; it heads to the right."""
ABOVE, RIGHT, LEFT = (0.5, 1.3), (-0.25, 0.5), (1.25, 0.5)
"""Where a label stands of its place, in its own width and height."""
LABEL = (44.0, 22.0)
"""Pixels that a label needs beside and above its place."""
DOT = 4.5
"""Radius of a body without a heading, pixels."""
RAMPS = {"value": ("value_low", "value_high"), "data": ("data_low", "data_high")}


class MazeGround:
    """What stays where it is: the field, the walls, start and goal."""

    def __init__(self, plot: Plot) -> None:
        self.image: Any = plot.add(pg.ImageItem())
        self.walls: Any = plot.add(QGraphicsPathItem())
        self.start: Any = plot.add(pg.ScatterPlotItem(symbol="o", size=7))
        self.goal: Any = plot.add(QGraphicsPathItem())
        self.goal_dot: Any = plot.add(pg.ScatterPlotItem(symbol="star", size=14))
        self.labels = {
            "start": plot.add(pg.TextItem("start", anchor=ABOVE)),
            "goal": plot.add(pg.TextItem("goal", anchor=ABOVE)),
        }
        for label in self.labels.values():
            label.textItem.setFont(font(PLOT_TEXT, bold=True))
        self._maze: Maze | None = None
        self._field: Field | None = None
        self._taken: list[Floats] = []

    def show_maze(self, maze: Maze, goal: Goal | None) -> None:
        """Another maze; drawn once."""
        if maze == self._maze:
            return
        self._maze = maze
        self.walls.setPath(wall_path(maze))
        self.goal_dot.setVisible(goal is not None)
        self.labels["goal"].setVisible(goal is not None)
        ring = QPainterPath()
        if goal is not None:
            ring.addEllipse(QPointF(goal.x, goal.y), goal.radius, goal.radius)
            self.goal_dot.setData([goal.x], [goal.y])
            self.labels["goal"].setPos(goal.x, goal.y)
        self.goal.setPath(ring)

    def show_start(self, place: Floats | None) -> None:
        """Where the episode began, (2,)."""
        for item in (self.start, self.labels["start"]):
            item.setVisible(place is not None)
        if place is not None:
            self.start.setData(place[:1], place[1:])
            self.labels["start"].setPos(*place.tolist())

    def make_room(self, places: Iterable[Floats], frame: MapFrame) -> None:
        """Around each place (2,) there are other words: the labels near it go."""
        self._taken = list(places)
        self.place_labels(frame)

    def place_labels(self, frame: MapFrame) -> None:
        """Each above its place; beside it where the edge of the map would cut it."""
        (_, right), (_, top) = frame.ranges
        for label in self.labels.values():
            at = label.pos()
            side = RIGHT if (right - at.x()) / frame.scale > LABEL[0] else LEFT
            label.setAnchor(ABOVE if (top - at.y()) / frame.scale > LABEL[1] else side)
            far = [np.abs(taken - (at.x(), at.y())) / frame.scale for taken in self._taken]
            label.setOpacity(0.0 if any((gap < LABEL).all() for gap in far) else 1.0)

    def show_field(self, field: Field | None, theme: Theme) -> None:
        """The squares in their colours; nothing where there is no field."""
        self.image.setVisible(field is not None)
        if field is None or self._maze is None:
            return
        width, height = extent(self._maze)
        self.image.setImage(
            coloured(field, theme)[::-1], axisOrder="row-major", levels=(0, 255)
        )
        self.image.setRect(QRectF(-width / 2, -height / 2, width, height))

    def restyle(self, theme: Theme) -> None:
        """Recolour all but the field."""
        self.walls.setBrush(theme.brush("wall"))
        self.walls.setPen(theme.pen("muted", 1, 0.55))
        self.start.setPen(theme.pen("text", 1.5))
        self.start.setBrush(theme.brush("plot"))
        self.goal.setPen(theme.pen("text", 1.2))
        self.goal.setBrush(theme.brush("plot", 0.6))
        self.goal_dot.setPen(theme.pen("plot"))
        self.goal_dot.setBrush(theme.brush("text"))
        for label in self.labels.values():
            label.setColor(theme.color("text"))
            label.fill = theme.brush("plot", 0.6)


class MazeTraffic:
    """What moves: paths walked, imagined and true, and the body."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.twin: Any = plot.add(pg.PlotCurveItem())
        self.walked: Any = plot.add(pg.PlotCurveItem())
        self.fans = {role: plot.add(pg.PlotCurveItem()) for role in LINES}
        roles: tuple[Role, ...] = ("real", "after", "before")
        self.means = {role: plot.add(pg.PlotCurveItem()) for role in roles}
        self.chosen = {role: ChosenLine(plot, role) for role in LINES}
        self.ends = {
            role: plot.add(pg.ScatterPlotItem(symbol=SYMBOLS[role], size=size))
            for role, size in ENDS.items()
        }
        self.body: Any = plot.add(QGraphicsPathItem())
        self.body.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.drawn: Paths = {}
        """The lines that can be picked, by role: (m, n, 2)."""

    def show_walk(self, walked: Floats, twin: Floats) -> None:
        """Where the body (n, 2) and its frozen twin (m, 2) went."""
        for curve, path in ((self.walked, walked), (self.twin, twin)):
            known = path[np.isfinite(path).all(axis=1)]
            curve.setData(known[:, 0], known[:, 1])

    def show_fans(self, fans: Paths, most: int, particle: int | None) -> None:
        """Paths (m, n, 2) by role; at most `most` particles as lines of their own."""
        self.drawn = {role: fans[role][:most] for role in LINES if role in fans}
        for role, curve in self.fans.items():
            curve.setData(*as_one_curve(fans.get(role), most), connect="finite")
        for role, line in self.chosen.items():
            path = _row(fans.get(role), particle)
            line.show_points(path[:, 0], path[:, 1])
        means = {role: mean_path(fans.get(role)) for role in self.means}
        legible = max((_reach(path) for path in means.values()), default=0.0)
        legible /= max(self._metres_a_pixel(), 1e-9)
        for role, path in means.items():
            self.means[role].setData(path[:, 0], path[:, 1])
            end = path[-1:] if legible >= LEGIBLE else path[:0]
            self.ends[role].setData(end[:, 0], end[:, 1])

    def show_body(self, body: Body | None) -> None:
        """The body; nothing before the first record."""
        self.body.setVisible(body is not None)
        if body is not None:
            self.body.setPath(arrow(body.heading))
            self.body.setPos(*body.place.tolist())

    def restyle(self, theme: Theme) -> None:
        """Recolour."""
        self.walked.setPen(theme.pen("real", 2))
        self.twin.setPen(theme.line("frozen", 1.4))
        for role, curve in self.fans.items():
            curve.setPen(theme.pen(role, 1, 0.6))
        for role, curve in self.means.items():
            curve.setPen(theme.line(role, 2))
        for role, dots in self.ends.items():
            dots.setBrush(theme.brush(role))
            dots.setPen(theme.pen("plot"))
        for line in self.chosen.values():
            line.restyle(theme)
        self.body.setBrush(theme.brush("real"))
        self.body.setPen(theme.pen("plot", 1.4))

    def _metres_a_pixel(self) -> float:
        (left, right), _ = self._plot.item.vb.viewRange()
        return float((right - left) / max(self._plot.item.vb.width(), 1.0))


def wall_path(maze: Maze) -> QPainterPath:
    """The outline of all walls together, m."""
    cells = QPainterPath()
    half = maze.cell / 2
    for row, text in enumerate(maze.rows):
        for column, cell in enumerate(text):
            if cell == "#":
                x, y = maze.centre(row, column)
                cells.addRect(QRectF(x - half, y - half, maze.cell, maze.cell))
    return cells.simplified()


def coloured(field: Field, theme: Theme) -> NDArray[np.uint8]:
    """(R, C, 4): each square's colour, clear where nothing is drawn."""
    ramp = theme.ramp(*RAMPS[field.layer])
    share = field.share()
    known = np.isfinite(share)
    picture = np.zeros((*share.shape, 4), np.uint8)
    picture[known] = ramp[np.rint(share[known] * (len(ramp) - 1)).astype(int)]
    return picture


def arrow(heading: float) -> QPainterPath:
    """The body's shape in pixels, y down; a disc without a heading (degrees)."""
    path = QPainterPath()
    if not math.isfinite(heading):
        path.addEllipse(QPointF(0.0, 0.0), DOT, DOT)
        return path
    corners = QPolygonF([QPointF(x, y) for x, y in ARROW])
    path.addPolygon(QTransform().rotate(-heading).map(corners))
    path.closeSubpath()
    return path


def _row(paths: Floats | None, particle: int | None) -> Floats:
    if paths is None or particle is None or particle >= len(paths):
        return np.empty((0, 2))
    return np.asarray(paths[particle])


def _reach(path: Floats) -> float:
    """How far a path (n, 2) leads from its start, m."""
    return float(np.hypot(*(path - path[0]).T).max()) if len(path) else 0.0
