"""The fan to scale: where the root goes in imagination and in truth."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QComboBox

from app.readouts import MINUS, plain, summands
from app.state.moment import NOT_RECORDED, Moment
from app.theme import LIGHT, SYMBOLS, Role, Theme
from app.views.calm_range import CalmRange
from app.views.fan_paths import (
    ABOVE,
    SIDE,
    Floats,
    Paths,
    Plane,
    as_one_curve,
    gaps,
    mean_path,
    paths_of,
    plane_of,
)
from app.views.header import Header, Legend, Part
from app.views.highlight import ChosenLine
from app.views.picking import REACH, distances
from app.views.plot import Plot
from app.views.scene_picture import LIVE_PARTICLES, state_of
from app.views.view import View
from core.tasks import Task
from core.traces.trace import MOST_PARTICLES

Mode = Literal["path", "Δx", "Δy", "Δz"]

ENDS: dict[Role, int] = {"real": 13, "after": 10, "before": 6}
"""Roles with a symbol at the end, from the bottom up, and its size: none hides another."""
_IMAGINED: dict[Role, str] = {"before": "before_text", "after": "after_text"}
"""Roles with a line per particle, and the colour of their numbers."""
MODES: dict[Plane, tuple[Mode, ...]] = {
    SIDE: ("path", "Δx", "Δz"),
    ABOVE: ("path", "Δx", "Δy"),
}

TOOLTIP = """<p><b>Torso path</b> over the imagined steps j = 0 .. H, from where the torso
really is at t (0, 0); from above where the body walks over the floor. One thin line per
particle, click one to pick it out everywhere; the mean is thick and ends in the role's symbol.
Green: the same steps in the true simulator with the policy after the update; dotted: with the
frozen policy. The axes have scales of their own.</p>
<p><b>Δx</b> and <b>Δz</b> or <b>Δy</b>: one direction alone, less the mean path before the
update: what the update changes, beside how far the model is off.</p>"""

MARKER_SHARE = 0.06
"""Of a fan's extent: how far its end markers reach beyond it."""


class FanView(View):
    """Imagined paths before and after the update, and the true ones."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        legend = (
            Legend("before", "before", "both"),
            Legend("after", "after", "both"),
            Legend("real", "true", "both"),
            Legend("frozen", "frozen", "line"),
        )
        self._chooser = QComboBox()
        self._chooser.addItems(MODES[SIDE])
        self._chooser.setAccessibleName("what the fan shows")
        super().__init__(
            Header("Torso", legend, theme, chooser=self._chooser),
            tooltip=TOOLTIP,
            object_name="fan-view",
        )
        side = Plot(y_name=SIDE.up, x_name=SIDE.across, theme=theme)
        gap = Plot(
            y_name="difference to mean before (cm)", x_name="imagined step j", theme=theme
        )
        self._plots = (side, gap)
        self._curves = (FanCurves(side), FanCurves(gap))
        for plot, curves in zip(self._plots, self._curves, strict=True):
            self.body.addWidget(plot, 1)
            plot.make_clickable()
            plot.clicked.connect(
                lambda at, curves=curves: self.particle_picked.emit(curves.particle_at(at))
            )
        gap.hide()
        self._plane: Plane = SIDE
        self._task: Task | None = None
        self._name_axes()
        self._chooser.currentIndexChanged.connect(self._choose)
        self.set_theme(theme)

    @property
    def mode(self) -> Mode:
        """What is shown."""
        return MODES[self._plane][self._chooser.currentIndex()]

    def set_mode(self, mode: Mode) -> None:
        """Show this."""
        self._chooser.setCurrentIndex(MODES[self._plane].index(mode))

    def draw(self, moment: Moment) -> None:
        """Replace the curves; the ranges follow calmly."""
        self._look_at(moment.task)
        state = state_of(moment)
        paths = {} if state is None else paths_of(moment, state)
        index = 0 if self.mode == "path" else 1
        shown = paths if index == 0 else gaps(paths, self._axis)
        self._plots[index].note(_note(moment, shown))
        most = LIVE_PARTICLES if moment.live else MOST_PARTICLES
        self._curves[index].show(shown, most, self.selection.particle)
        self.header.set_readout(*_readout(paths, self._axis, self._plane))

    def particle_words(self, moment: Moment, particle: int) -> tuple[Part, ...]:
        """How far it gets, before and after."""
        state = state_of(moment)
        paths = {} if state is None else paths_of(moment, state)
        axis = self._axis
        parts: list[Part] = []
        for role, color in _IMAGINED.items():
            path = paths.get(role)
            if path is not None and particle < len(path):
                parts.append((plain(float(path[particle, -1, axis])), color))
        letter = self._plane.letters[axis]
        return ((letter, "muted"), *parts, ("cm", "muted")) if parts else ()

    def restyle(self, theme: Theme) -> None:
        """Recolour the items."""
        for curves in self._curves:
            curves.restyle(theme)

    @property
    def _axis(self) -> int:
        """The coordinate of differences and read-outs: across, or up."""
        return 1 if self._chooser.currentIndex() == 2 else 0

    def _look_at(self, task: Task) -> None:
        if task == self._task:
            return
        self._task, self._plane = task, plane_of(task) or SIDE
        for index, mode in enumerate(MODES[self._plane]):
            self._chooser.setItemText(index, mode)
        self._name_axes()
        self.forget_ranges()

    def forget_ranges(self) -> None:
        """Fit the axes afresh to the next moment."""
        for curves in self._curves:
            curves.forget_ranges()

    def _name_axes(self) -> None:
        self._plots[0].set_name(
            f"{self._plane.up}, from now (cm)", f"{self._plane.across}, from now (cm)"
        )

    def _choose(self) -> None:
        side, gap = self._plots
        side.setVisible(self.mode == "path")
        gap.setVisible(self.mode != "path")
        self._curves[1].forget_ranges()
        self.redraw()


class FanCurves:
    """The items of one plot: fans thin, means wide, symbols at ends, a cross at the start."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.forget_ranges()
        add = plot.add
        self._axes = [add(pg.InfiniteLine(0, angle=angle)) for angle in (0, 90)]
        roles: tuple[Role, ...] = ("real", "frozen", "after", "before")
        self._fans = {role: add(pg.PlotCurveItem()) for role in _IMAGINED}
        self._means = {role: add(pg.PlotCurveItem(antialias=True)) for role in roles}
        self._start = add(pg.ScatterPlotItem([0.0], [0.0], symbol="+", size=10))
        self._ends = {
            role: add(pg.ScatterPlotItem(symbol=SYMBOLS[role], size=size))
            for role, size in ENDS.items()
        }
        self._chosen = {role: ChosenLine(plot, role) for role in _IMAGINED}
        self._drawn: Paths = {}

    def show(self, paths: Paths, most: int, particle: int | None) -> None:
        """Paths (m, n, 2) by role; at most `most` particles as lines of their own."""
        self._drawn = {role: paths[role][:most] for role in _IMAGINED if role in paths}
        self._start.setVisible(bool(paths))
        for role, fan in self._fans.items():
            fan.setData(*as_one_curve(paths.get(role), most), connect="finite")
        for role, curve in self._means.items():
            mean = mean_path(paths.get(role))
            curve.setData(mean[:, 0], mean[:, 1])
            if role in self._ends:
                self._ends[role].setData(mean[-1:, 0], mean[-1:, 1])
        for role, line in self._chosen.items():
            path = _path_of(paths, role, particle)
            line.show_points(path[:, 0], path[:, 1])
        points = np.concatenate(
            [path.reshape(-1, 2) for path in (*paths.values(), np.empty((0, 2)))]
        )
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            low, high = points.min(axis=0), points.max(axis=0)
            # Room for the markers at the ends, also where the range does not move.
            room = MARKER_SHARE * (high - low)
            self._plot.set_x(*self._across.fit(low[0] - room[0], high[0] + room[0]))
            self._plot.set_y(*self._up.fit(low[1] - room[1], high[1] + room[1]))

    def particle_at(self, at: Floats) -> int | None:
        """The particle whose line is nearest to that pixel; None without one close by."""
        nearest, found = REACH, None
        for lines in self._drawn.values():
            away = distances(at, self._plot.pixels(lines[..., 0], lines[..., 1]))
            if away.size and away.min() <= nearest:
                nearest, found = float(away.min()), int(away.argmin())
        return found

    def forget_ranges(self) -> None:
        """Fit the next paths afresh."""
        self._across, self._up = CalmRange(least_span=0.1), CalmRange(least_span=0.1)

    def restyle(self, theme: Theme) -> None:
        """Recolour."""
        for axis in self._axes:
            axis.setPen(theme.pen("grid"))
        for role, curve in self._fans.items():
            curve.setPen(theme.pen(role, 1, 0.5))
        for role, curve in self._means.items():
            curve.setPen(theme.line(role, 4 if role == "real" else 2))
        for role, dots in self._ends.items():
            dots.setBrush(theme.brush(role))
            dots.setPen(theme.pen("plot"))
        for line in self._chosen.values():
            line.restyle(theme)
        self._start.setPen(theme.pen("muted"))
        self._start.setBrush(theme.brush("muted"))


def _path_of(paths: Paths, role: Role, particle: int | None) -> Floats:
    """The path of one particle, (n, 2); (0, 2) where it is not kept."""
    lines = paths.get(role)
    if lines is None or particle is None or particle >= len(lines):
        return np.empty((0, 2))
    return np.asarray(lines[particle])


def _note(moment: Moment, paths: Paths) -> str:
    if paths:
        return ""
    if not moment.task.has_pose:
        return "the states of this task name no place of a torso"
    if plane_of(moment.task) is None:
        return "this body has no torso that travels: see the scene"
    if moment.before is None:
        return "waiting for the first gradient update"
    if moment.foreign:
        return f"imagination {NOT_RECORDED}"
    return "nothing is imagined (H = 0): the terminal value alone drives the update"


def _readout(paths: Paths, axis: int, plane: Plane) -> tuple[Part, ...]:
    """How far the torso gets in H steps: before, after, in truth."""
    colors: dict[Role, str] = {
        "before": "before_text",
        "after": "after_text",
        "real": "real_text",
    }
    means = {role: mean_path(paths.get(role)) for role in colors}
    known = {role: float(mean[-1, axis]) for role, mean in means.items() if len(mean)}
    if not known:
        return ()
    if max(map(abs, known.values())) >= 1:
        levels = summands(*known.values(), digits=3)
    else:  # Beside the chooser there is room for two decimals.
        levels = tuple(f"{round(value, 2) + 0.0:.2f}" for value in known.values())
    texts = zip((level.replace("-", MINUS) for level in levels), known, strict=True)
    parts = tuple((text, colors[role]) for text, role in texts)
    return ((plane.letters[axis], "muted"), *parts, ("cm", "muted"))
