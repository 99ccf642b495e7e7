"""One side of a comparison: which branch, and its moment at the shared (t, k)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.state.moment import Moment
from app.state.selection import Selection
from app.theme import LIGHT, Theme, text_width
from app.views.action import ActionView
from app.views.fan import FanView
from app.views.gradient import GradientView
from app.views.objective import ObjectiveView
from app.views.scene_canvas import SceneCanvas
from app.views.sides import Side, SideMark
from app.views.updates import UpdatesTable
from app.views.view import View

Views = tuple[ObjectiveView, ActionView, GradientView, UpdatesTable]
WIDEST_PLACE = "t = 99999, k = 99 of 99"


class BranchColumn(QWidget):
    """A branch selector above the views, or a sentence where the branch has no such moment."""

    branch_chosen = pyqtSignal(int)
    k_selected = pyqtSignal(int)

    def __init__(self, side: Side, views: Views, canvas: SceneCanvas) -> None:
        super().__init__()
        self.setObjectName(f"column-{side}")
        self.setAutoFillBackground(True)
        self._theme, self._selection = LIGHT, Selection()
        self.mark = SideMark(side, LIGHT)
        self.selector = QComboBox()
        self.place = QLabel()
        self.absence = QLabel()
        self.objective, self.action, self.gradient, self.table = views
        self.canvas = canvas
        self.fan: FanView | None = None
        for view in (self.objective, self.action):
            # One legend above both columns says it for all.
            view.header.set_legend(())
        self._pages = QStackedWidget()
        self._picture_row = QHBoxLayout()
        self._style_selector(side)
        self._lay_out()
        self.table.k_selected.connect(self.k_selected)

    @property
    def views(self) -> tuple[View, ...]:
        """What shows a moment, but for the picture."""
        fan = () if self.fan is None else (self.fan,)
        return (self.objective, self.action, self.gradient, *fan, self.table)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What takes long to show, each a part of a page of its own."""
        picture = self.canvas if self.fan is None else self.fan
        return (self.objective, self.action, *self.gradient.parts, picture, self.table)

    def show_branches(self, words: Sequence[str], branch: int) -> None:
        """All branches by number, and the one that is chosen."""
        known = [self.selector.itemText(i) for i in range(self.selector.count())]
        self.selector.blockSignals(True)
        if known != list(words):
            self.selector.clear()
            self.selector.addItems(list(words))
        self.selector.setCurrentIndex(branch)
        self.selector.blockSignals(False)
        self.selector.setToolTip(words[branch])

    def show_place(self, moment: Moment) -> None:
        """Which (t, k) the views show."""
        k = 0 if moment.after is None else moment.after.k
        self.place.setText(f"t = {moment.t}, k = {k} of {moment.ascent_steps}")
        self._pages.setCurrentIndex(0)

    def say_absent(self, sentence: str) -> None:
        """The branch has no such moment."""
        self.place.setText("")
        self.absence.setText(sentence)
        self._pages.setCurrentIndex(1)

    @property
    def absent(self) -> bool:
        """Whether a sentence stands for the views."""
        return self._pages.currentIndex() == 1

    def set_selection(self, selection: Selection) -> None:
        """Pick out its particle, from the next moment on; a click picks one."""
        self._selection = selection
        for view in self.views:
            view.set_selection(selection)
            view.particle_picked.connect(selection.select)

    def share_scales(self, other: BranchColumn) -> None:
        """The same axes as in another column."""
        self.objective.share_scale(other.objective)
        self.gradient.share_scale(other.gradient)

    def match_scales(self, other: BranchColumn) -> None:
        """Draw again, here or there, where a shared axis moved since for the other's sake."""
        if self.absent or other.absent:
            return
        pairs = ((self.objective, other.objective), (self.gradient, other.gradient))
        for ours, theirs in pairs:
            for view in (ours, theirs):
                if _ranges(ours) != _ranges(theirs):
                    view.redraw()

    def use_fan(self) -> None:
        """The torso's path in place of the picture, where there is no 3D."""
        if self.fan is not None:
            return
        self.fan = FanView(self._theme)
        self.fan.set_selection(self._selection)
        self.fan.particle_picked.connect(self._selection.select)
        self.canvas.hide()
        self._picture_row.addWidget(self.fan, 2)

    def set_theme(self, theme: Theme) -> None:
        """Restyle everything but the picture."""
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("plot"))
        self.setPalette(palette)
        self.mark.set_theme(theme)
        for label in (self.place, self.absence):
            label.setStyleSheet(f"color: {theme.muted};")
        for view in self.views:
            view.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        return self.absent or all(view.labels_fit() for view in self.views)

    def _style_selector(self, side: Side) -> None:
        selector = self.selector
        selector.setAccessibleName(f"branch of side {side}")
        # A click would leave the focus here, and the arrow keys would choose branches.
        selector.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        selector.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        selector.activated.connect(self.branch_chosen)

    def _lay_out(self) -> None:
        self.place.setObjectName("place")
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.place.setMinimumWidth(int(text_width(WIDEST_PLACE)))
        head = QHBoxLayout()
        head.setContentsMargins(8, 3, 8, 0)
        head.addWidget(self.mark)
        head.addWidget(self.selector, 1)
        head.addWidget(self.place)
        first = QHBoxLayout()
        for row in (first, self._picture_row):
            row.setSpacing(0)
        # The read-out of J has one number more than that of the action.
        first.addWidget(self.objective, 11)
        first.addWidget(self.action, 10)
        self._picture_row.addWidget(self.gradient, 2)
        self._picture_row.addWidget(self.canvas, 1)
        views = QWidget()
        rows = QVBoxLayout(views)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(first, 4)
        rows.addLayout(self._picture_row, 4)
        rows.addWidget(self.table, 2)
        self.absence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.absence.setWordWrap(True)
        self._pages.addWidget(views)
        self._pages.addWidget(self.absence)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)


def _ranges(view: View) -> list[Any]:
    return [plot.item.vb.viewRange() for plot in view.plots()]
