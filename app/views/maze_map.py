"""The maze from above: what the critic thinks of each place, where the body went, the fan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox

from app.readouts import plain
from app.state.maze_picture import (
    LAYERS,
    Body,
    Field,
    Layer,
    at,
    body_of,
    field_of,
    paths,
    start_of,
)
from app.state.moment import History, Moment
from app.state.walk import Walk
from app.theme import LIGHT, Theme
from app.views.header import Header, Legend, Part
from app.views.maze_items import LINES, MazeTraffic
from app.views.maze_plot import MazePlot
from app.views.maze_scale import FieldScale
from app.views.picking import REACH, distances
from app.views.scene_picture import LIVE_PARTICLES, fans_of, state_of
from app.views.view import View
from core.tasks import Maze
from core.traces.trace import MOST_PARTICLES, EpisodeStarted

Floats = NDArray[np.float64]

TOOLTIP = """<p><b>Map</b> of the maze from above, both axes in one scale. Green: where the body
went, its heading, and where it truly goes in H steps; dotted: its frozen twin. Orange and blue:
what is imagined before and after the update, a thin line a particle; click one to pick it out
everywhere.</p>
<p><b>value</b>: what the critic gives for each square, Q(s, π₀(s)), with the body as it stood
at the episode's start and the pretrained policy. <b>data</b>: share of the data's states in
each square.</p>
<p>The wheel zooms, a drag moves, a double click shows the whole maze again.</p>"""


class MazeMap(View):
    """One moment on the map; the field, the walls and the paths are drawn when they change."""

    layer_changed = pyqtSignal(str)
    """Another of LAYERS was chosen."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("before", "before", "both"),
            Legend("after", "after", "both"),
            Legend("real", "true", "both"),
            Legend("frozen", "twin", "line"),
        )
        self._chooser = QComboBox()
        self._chooser.addItems(LAYERS)
        self._chooser.setAccessibleName("what colours the map")
        super().__init__(
            Header("Map", legend, theme, chooser=self._chooser),
            tooltip=TOOLTIP,
            object_name="maze-map",
        )
        self.surface = MazePlot(theme)
        self.plot, self.ground = self.surface.plot, self.surface.ground
        self.traffic = MazeTraffic(self.plot)
        self.scale = FieldScale(theme)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.scale)
        self._walk, self._walked_to = Walk.empty(), (-1, -1)
        self._field: Field | None = None
        self._coloured: tuple[EpisodeStarted | None, Layer, Theme] | None = None
        self._ant: Body | None = None
        self._pointed: Floats | None = None
        self._connect()
        self.set_theme(theme)
        self.plot.note("waiting for the first record")

    @property
    def layer(self) -> Layer:
        """What colours the map."""
        return LAYERS[self._chooser.currentIndex()]

    def set_layer(self, layer: Layer) -> None:
        """Colour it with this."""
        self._chooser.setCurrentIndex(LAYERS.index(layer))

    def next_layer(self) -> None:
        """Value, data, none, and round again."""
        self._chooser.setCurrentIndex((self._chooser.currentIndex() + 1) % len(LAYERS))

    def fit(self) -> None:
        """The whole maze in sight."""
        self.surface.fit()

    def show_history(self, history: History) -> None:
        """Where body and twin went."""
        if history.walk is not self._walk:
            self._walk, self._walked_to = history.walk, (-1, -1)
            if self.moment is not None:
                self._show_walk(self.moment, self._ant)

    def draw(self, moment: Moment) -> None:
        """Only what differs from what is drawn."""
        maze, state = moment.task.maze, state_of(moment)
        if maze is None:
            return
        self._show_ground(moment, maze)
        ant = None if state is None else body_of(moment, state)
        if ant is not None and self._ant is not None:
            self.surface.follow(self._ant.place, ant.place)
        self._ant = ant
        self.plot.note("" if ant else "waiting for the first record")
        self.traffic.show_body(ant)
        self._show_walk(moment, ant)
        fans = {role: states[..., :2] for role, states in fans_of(moment).items()}
        most = LIVE_PARTICLES if moment.live else MOST_PARTICLES
        self.traffic.show_fans(fans, most, self.selection.particle)
        self._say()

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """How far it gets, before and after."""
        parts: list[Part] = []
        for role, states in fans_of(moment).items():
            if role in LINES and particle < len(states):
                gone = float(np.hypot(*(states[particle, -1, :2] - states[particle, 0, :2])))
                parts.append((plain(gone), f"{role}_text"))
        return (("goes", "muted"), *parts, ("m", "muted")) if parts else ()

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        return super().labels_fit() and self.scale.labels_fit()

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        self.ground.restyle(theme)
        self.traffic.restyle(theme)
        self.scale.set_theme(theme)

    def particle_at(self, pixel: Floats) -> int | None:
        """The particle whose line is nearest to that pixel (2,); None without one close by."""
        nearest, found = REACH, None
        for lines in self.traffic.drawn.values():
            away = distances(pixel, self.plot.pixels(lines[..., 0], lines[..., 1]))
            if away.size and away.min() <= nearest:
                nearest, found = float(away.min()), int(away.argmin())
        return found

    def _connect(self) -> None:
        self.surface.pointed.connect(self._point)
        self.plot.make_clickable()
        self.plot.clicked.connect(
            lambda pixel: self.particle_picked.emit(self.particle_at(pixel))
        )
        self._chooser.currentIndexChanged.connect(self._choose)

    def _show_ground(self, moment: Moment, maze: Maze) -> None:
        self.surface.show_maze(maze, moment.task.goal)
        wanted = (moment.episode_started, self.layer, self.theme)
        if wanted != self._coloured:
            self._coloured = wanted
            self._field = field_of(moment.episode_started, maze, self.layer)
            self.surface.show_floor(self._field, start_of(moment), self.theme)
            self.scale.show_field(self._field, self.layer)

    def _show_walk(self, moment: Moment, ant: Body | None) -> None:
        wanted = (moment.episode, moment.t)
        if ant is not None and wanted != self._walked_to:
            self._walked_to = wanted
            self.traffic.show_walk(*paths(moment, self._walk, ant.place))

    def _choose(self) -> None:
        self.layer_changed.emit(self.layer)
        self.redraw()

    def _point(self, place: tuple[float, float] | None) -> None:
        self._pointed = None if place is None else np.array(place)
        self._say()

    def _say(self) -> None:
        """The number under the mouse, else under the body."""
        place = self._pointed if self._pointed is not None else self._place()
        maze = self.surface.maze
        if place is None or maze is None:
            self.header.set_readout()
            return
        x, y = (plain(round(float(each), 2)) for each in place)
        parts: list[Part] = [(f"x {x}  y {y} m", "text" if self._pointed is None else "accent")]
        value = float("nan") if self._field is None else at(self._field, maze, place)
        if np.isfinite(value) and self.layer == "value":
            parts.append((f"Q {plain(value)}", "text"))
        elif np.isfinite(value):
            parts.append((f"{plain(100 * value)} %", "text"))
        self.header.set_readout(*parts)

    def _place(self) -> Floats | None:
        return None if self._ant is None else self._ant.place
