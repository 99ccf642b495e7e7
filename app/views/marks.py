"""Marks on the t axis above the lanes: breakpoint hits, notes, search hits, branches.

One row for each kind that has marks; its symbol, name and number stand at the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.theme import LIGHT, PLOT_TEXT, Theme, font, text_width
from app.views.curves import Floats
from app.views.lane_caption import LEFT

Kind = Literal["break", "note", "hit", "branch"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: dict[Kind, tuple[str, str]] = {
    "break": ("break", "breaks"),
    "note": ("note", "notes"),
    "hit": ("search hit", "search hits"),
    "branch": ("branch", "branches"),
}
COLORS: dict[Kind, str] = {
    "break": "refused", "note": "text", "hit": "doubt", "branch": "accent",
}  # fmt: skip
MOST_MARKS = 300
"""Marks drawn of one kind; of more, evenly chosen ones. A click finds all of them."""
ROW = 13
"""Height of a row, pixels."""
RIGHT = 8
"""Pixels between the last t and the edge, as in the lanes."""
_REACH = 8.0
_SIZE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The marks of one kind, t rising, and what each says."""

    t: Floats
    tips: tuple[str, ...]

    @classmethod
    def sorted(cls, ts: Sequence[int], tips: Sequence[str]) -> Marks:
        """In the order of t. Raises ValueError where their numbers differ."""
        if len(ts) != len(tips):
            raise ValueError(f"{len(ts)} marks have {len(tips)} tips")
        order = np.argsort(np.asarray(ts, dtype=np.float64), kind="stable")
        return cls(
            np.asarray(ts, dtype=np.float64)[order], tuple(tips[int(place)] for place in order)
        )


class MarkRows(QWidget):
    """The rows, on the t axis of the lanes. A click goes to the nearest mark."""

    t_selected = pyqtSignal(int)

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.legend = MarkLegend(theme)
        self._theme = theme
        self._marks: dict[Kind, Marks] = {}
        self._range = (0.0, 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._fit_height()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The rows from the top."""
        return tuple(kind for kind in KINDS if kind in self._marks)

    def set_marks(self, kind: Kind, ts: Sequence[int], tips: Sequence[str]) -> None:
        """Replace the marks of a kind; none take its row away."""
        self._marks.pop(kind, None)
        if len(ts):
            self._marks[kind] = Marks.sorted(ts, tips)
        self.legend.show_counts({name: len(self._marks[name].t) for name in self.kinds})
        self._fit_height()
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """The t in sight."""
        if (low, high) != self._range:
            self._range = low, high
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.legend.set_theme(theme)
        self.update()

    def labels_fit(self) -> bool:
        """Whether all names are shown whole."""
        return self.legend.labels_fit()

    def pixels(self, t: Floats) -> Floats:
        """Where t is across the widget."""
        low, high = self._range
        return LEFT + (t - low) / (high - low) * (self.width() - LEFT - RIGHT)

    def drawn(self, kind: Kind) -> Floats:
        """The t of the marks in sight that are drawn, at most MOST_MARKS."""
        if kind not in self._marks:
            return np.empty(0)
        low, high = self._range
        t = self._marks[kind].t
        t = t[(t >= low) & (t <= high)]
        return t[:: max(1, -(-len(t) // MOST_MARKS))]

    def nearest(self, at: QPointF) -> tuple[int, str] | None:
        """t and words of the mark under a point; None where there is none near."""
        row = int(at.y() // ROW)
        if not 0 <= row < len(self.kinds):
            return None
        marks = self._marks[self.kinds[row]]
        away = np.abs(self.pixels(marks.t) - at.x())
        place = int(away.argmin())
        if away[place] > _REACH:
            return None
        return int(marks.t[place]), marks.tips[place]

    def sizeHint(self) -> QSize:
        """As many rows as there are kinds."""
        return QSize(200, ROW * len(self._marks))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """A symbol for each mark in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, kind in enumerate(self.kinds):
            middle = (row + 0.5) * ROW
            painter.setPen(self._theme.pen("grid"))
            painter.drawLine(QPointF(LEFT, middle), QPointF(self.width() - RIGHT, middle))
            for x in self.pixels(self.drawn(kind)).tolist():
                paint_mark(painter, kind, QPointF(x, middle), self._theme)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to the mark that is clicked."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        found = self.nearest(event.position())
        if found is not None:
            self.t_selected.emit(found[0])

    def event(self, event: QEvent | None) -> bool:
        """The tip of the mark under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.nearest(QPointF(event.pos()))
            if found is not None:
                QToolTip.showText(event.globalPos(), found[1], self)
                return True
        return super().event(event)

    def _fit_height(self) -> None:
        for widget in (self, self.legend):
            widget.setFixedHeight(ROW * len(self._marks))
            widget.setVisible(bool(self._marks))


class MarkLegend(QWidget):
    """Symbol, number and name of each row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts: dict[Kind, int] = {}

    @property
    def texts(self) -> tuple[str, ...]:
        """What the rows are called."""
        return tuple(f"{n} {WORDS[kind][n != 1]}" for kind, n in self._counts.items())

    def show_counts(self, counts: dict[Kind, int]) -> None:
        """How many marks there are of each kind."""
        self._counts = counts
        self.setAccessibleName(", ".join(self.texts))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether all names are shown whole."""
        return all(14 + text_width(text, PLOT_TEXT) <= self.width() for text in self.texts)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """One line a row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(PLOT_TEXT))
        for row, (kind, text) in enumerate(zip(self._counts, self.texts, strict=True)):
            paint_mark(painter, kind, QPointF(5, (row + 0.5) * ROW), self._theme)
            painter.setPen(self._theme.color("text"))
            painter.drawText(QPointF(14, (row + 1) * ROW - 3), text)
        painter.end()


def paint_mark(painter: QPainter, kind: Kind, at: QPointF, theme: Theme) -> None:
    """A stop sign for a break, a page for a note, a triangle for a hit, a fork for a branch."""
    x, y, r = at.x(), at.y(), _SIZE
    painter.setPen(theme.pen("plot"))
    painter.setBrush(theme.brush(COLORS[kind]))
    if kind == "break":
        turns = (np.arange(8) + 0.5) * np.pi / 4
        corners = [QPointF(x + r * np.cos(turn), y + r * np.sin(turn)) for turn in turns]
        painter.drawPolygon(QPolygonF(corners))
    elif kind == "note":
        painter.drawRect(QRectF(x - 0.75 * r, y - r, 1.5 * r, 2 * r))
        for line in (-0.4, 0.4):
            painter.drawLine(
                QPointF(x - 0.4 * r, y + line * r), QPointF(x + 0.4 * r, y + line * r)
            )
    elif kind == "hit":
        points = [QPointF(x, y - r), QPointF(x + r, y + 0.8 * r), QPointF(x - r, y + 0.8 * r)]
        painter.drawPolygon(QPolygonF(points))
    else:
        painter.setPen(theme.pen(COLORS[kind], 1.8))
        painter.drawLine(QPointF(x - r, y + r), QPointF(x + r, y - r))
        painter.drawLine(QPointF(x - 0.2 * r, y + 0.2 * r), QPointF(x + r, y + r))
