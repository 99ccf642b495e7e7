"""Two branches side by side at one (t, k): a column for each, lanes below, a line above."""

from __future__ import annotations

import time
from collections.abc import Generator

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.state.moment import History, Moment
from app.state.selection import Selection
from app.theme import LIGHT, Theme
from app.views.action import ActionView
from app.views.compare_column import BranchColumn
from app.views.compare_lanes import CompareLanes
from app.views.compare_scene import ScenePair
from app.views.gradient import GradientView, norm_chart
from app.views.header import Header, Legend
from app.views.jumps import Jumps
from app.views.objective import ObjectiveView
from app.views.pair_map import PairMap
from app.views.sides import SIDES, Side
from app.views.unveiling import Unveiling
from app.views.updates import UpdatesTable
from app.views.view import View

Part = Header | CompareLanes | PairMap | ScenePair | BranchColumn
LEAST_SECONDS = 0.1
"""Between two moments of the views."""
_LEGEND = (
    Legend("before", "before"),
    Legend("after", "after"),
    Legend("frozen", "frozen, particle", "line"),
    Legend("real", "true"),
)


class TwoBranches(QWidget):
    """Shows what it is given. Making it takes long, see `in_turns`; so does showing it."""

    def __init__(
        self,
        columns: dict[Side, BranchColumn],
        scenes: ScenePair,
        lanes: CompareLanes,
        maze: PairMap,
    ) -> None:
        super().__init__()
        self.columns, self.scenes, self.lanes, self.maze = columns, scenes, lanes, maze
        self.finding = QLabel("")
        self.go_there = QPushButton("Go there")
        self._legend = Header("", _LEGEND, LIGHT, one_line=True)
        self._lay_out()
        self._moments: dict[Side, Moment] = {}
        self._jumps = {side: Jumps() for side in SIDES}
        self._at = (0, 0)
        self._histories: tuple[History, History, int | None] | None = None
        self._waiting: list[tuple[View, Side]] = []
        self._due = 0.0
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._turns.timeout.connect(self._take_turn)
        self._unveiling = Unveiling(self)
        self._unveiling.finished.connect(self._complete)
        scenes.unavailable.connect(self._do_without_pictures)
        columns["B"].share_scales(columns["A"])
        self._unveiling.veil(self.parts)

    @classmethod
    def in_turns(cls) -> Generator[None, None, TwoBranches]:
        """Makes one plot at a time, so that no turn is long, and returns the whole."""
        scenes = ScenePair(LIGHT)
        columns = {}
        for side in SIDES:
            objective = ObjectiveView()
            yield
            action = ActionView()
            yield
            norms = norm_chart(LIGHT)
            yield
            gradient = GradientView(norms=norms)
            yield
            views = (objective, action, gradient, UpdatesTable())
            columns[side] = BranchColumn(side, views, scenes.canvases[side])
            yield
        lanes = yield from CompareLanes.in_turns()
        yield
        maze = PairMap(LIGHT)
        yield
        return cls(columns, scenes, lanes, maze)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What takes long to show, in the order in which it comes into sight."""
        a, b = (column.parts for column in self.columns.values())
        rows = (part for pair in zip(a, b, strict=True) for part in pair)
        return (*rows, *self.lanes.parts, self.maze.surface.plot)

    @property
    def settled(self) -> bool:
        """Whether every view is there and shows the newest moment it was given."""
        return self._unveiling.settled and not self._turns.isActive()

    def show_moments(self, moments: dict[Side, Moment | None], absent: dict[Side, str]) -> None:
        """The same (t, k) on both sides; a side without a moment says `absent`."""
        jumped = [m is not None and self._jumps[side].note(m) for side, m in moments.items()]
        if any(jumped):
            self._forget_ranges()
        for side, column in self.columns.items():
            moment = moments[side]
            self.scenes.show_moment(side, moment)
            if moment is None:
                self._moments.pop(side, None)
                column.say_absent(absent[side])
            else:
                self._moments[side] = moment
                column.show_place(moment)
        self.maze.show_moments(moments)
        if not self._turns.isActive():
            self._turns.start(self._pause_ms())

    def point(self, episode: int, t: int) -> None:
        """Where the lanes' cursor is."""
        self._at = episode, t
        self.lanes.point(episode, t)

    def show_histories(self, a: History, b: History, parts_at: int | None) -> None:
        """Both branches in the episode under the cursor, and the t at which they part."""
        self._histories = a, b, parts_at
        self._turns.start(0)

    def say(self, finding: str, *, can_go: bool) -> None:
        """The line above the columns, and whether it leads somewhere."""
        self.finding.setText(finding)
        self.finding.setToolTip(finding)
        self.go_there.setVisible(can_go)

    def set_selection(self, selection: Selection) -> None:
        """One selection for both sides, the one of all views."""
        self.scenes.set_selection(selection)
        for column in self.columns.values():
            column.set_selection(selection)
        selection.particle_changed.connect(self._draw_again)
        selection.reference_changed.connect(self._draw_again)

    @property
    def themed(self) -> tuple[Part, ...]:
        """What has colours of its own."""
        return (self._legend, self.lanes, self.maze, self.scenes, *self.columns.values())

    def set_theme(self, theme: Theme) -> None:
        """Restyle all."""
        for each in self.themed:
            each.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        columns = all(column.labels_fit() for column in self.columns.values())
        return columns and self.lanes.labels_fit() and self.maze.labels_fit()

    def shut_down(self) -> None:
        """No more turns, and the end of the process that draws."""
        self._turns.stop()
        self._unveiling.stop()
        self.scenes.shut_down()

    def showEvent(self, event: QShowEvent | None) -> None:
        """One part after another."""
        super().showEvent(event)
        if event is not None and not event.spontaneous():
            self._unveiling.unveil(self.parts)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """The next time, again."""
        super().hideEvent(event)
        if event is not None and not event.spontaneous():
            self._unveiling.veil(self.parts)

    def _complete(self) -> None:
        """All is in sight: what was drawn meanwhile may have moved a shared axis."""
        self.columns["A"].match_scales(self.columns["B"])
        self.scenes.redraw()

    def _take_turn(self) -> None:
        """One view in each turn of the event loop, so that no turn is long."""
        if self._histories is not None:
            self._draw_histories(*self._histories)
            self._turns.start(0)
            return
        if not self._waiting:
            self._due = time.monotonic() + LEAST_SECONDS
            self._waiting = [
                (view, side) for side in self._moments for view in self.columns[side].views
            ]
        if self._waiting:
            view, side = self._waiting.pop(0)
            moment = self._moments.get(side)
            if moment is not None and view.moment is not moment:
                view.show_moment(moment)
        if self._waiting:
            self._turns.start(0)
        elif self._behind():
            self._turns.start(self._pause_ms())
        else:
            self.columns["A"].match_scales(self.columns["B"])

    def _draw_histories(self, a: History, b: History, parts_at: int | None) -> None:
        self._histories = None
        self.lanes.show_histories(a, b)
        self.lanes.part(parts_at)
        self.lanes.point(*self._at)
        self.maze.show_walks(a.walk, b.walk, parts_at)

    def _pause_ms(self) -> int:
        return max(0, round((self._due - time.monotonic()) * 1000))

    def _behind(self) -> bool:
        return any(
            view.moment is not moment
            for side, moment in self._moments.items()
            for view in self.columns[side].views
        )

    def _forget_ranges(self) -> None:
        """The axes fit what comes next afresh."""
        for column in self.columns.values():
            for view in column.views:
                view.forget_ranges()
        for lane in self.lanes.lanes:
            lane.plot.forget_range()

    def _draw_again(self) -> None:
        for column in self.columns.values():
            for view in column.views:
                view.redraw()
        self.scenes.redraw()

    def _do_without_pictures(self) -> None:
        for column in self.columns.values():
            column.use_fan()
        self._turns.start(0)

    def _lay_out(self) -> None:
        self.finding.setObjectName("finding")
        self.finding.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.finding.setWordWrap(True)
        self.finding.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.go_there.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.go_there.hide()
        # Where it is short of room a header leaves its legend out.
        self._legend.setMinimumWidth(self._legend.minimumSizeHint().width() + 20)
        line = QHBoxLayout()
        line.setContentsMargins(8, 3, 8, 3)
        line.addWidget(self.finding, 1)
        line.addWidget(self.go_there)
        line.addWidget(self._legend)
        sides, below = QHBoxLayout(), QHBoxLayout()
        for row in (sides, below):
            row.setSpacing(4)
        for column in self.columns.values():
            sides.addWidget(column, 1)
        below.addWidget(self.lanes, 4)
        below.addWidget(self.maze, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        rows.addLayout(line)
        rows.addLayout(sides, 3)
        rows.addLayout(below, 1)
