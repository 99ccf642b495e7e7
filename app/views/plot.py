"""One pyqtgraph plot in the window's style: fixed axis sizes, calm ranges, no toys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.readouts import tick
from app.theme import PLOT_TEXT, Theme, font, text_width
from app.views.calm_range import CalmRange
from app.views.curves import Floats

LEFT = 46
"""Width of the left axis, pixels: the same everywhere, so that plots above each other align."""
CAPTION = 14
"""Height of the line above the data that names the vertical axis: a rotated name would need
more height than a small plot has."""
NAMED_AXIS = 29
"""Height of the bottom axis with its numbers and its name."""
STILL = 4.0
"""Pixels that the mouse may move between press and release of a click."""


class Plot(QWidget):
    """A plot whose vertical axis is named at its top left, with room for a message."""

    clicked = pyqtSignal(object)
    """Where, (2,) in the pixels of `pixels`; from a plot that was made clickable."""

    def __init__(
        self,
        *,
        y_name: str,
        x_name: str,
        theme: Theme,
        vertical: CalmRange | None = None,
        left: int = LEFT,
        least_height: int = 96,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._vertical = vertical or CalmRange()
        self._names = (y_name, x_name)
        self._right = 0
        self._least_height = least_height
        self._edges = (CAPTION if y_name else 1) + (NAMED_AXIS if x_name else 2)
        self._ticks: dict[str, Sequence[tuple[float, str]] | None] = {
            "left": None,
            "bottom": None,
            "right": None,
        }
        self._x_range = (float("nan"), float("nan"))
        self._y_range = self._x_range
        # The menus would take half of the time that a plot takes to make, and are never shown.
        self.widget: Any = pg.PlotWidget(background=theme.plot, enableMenu=False)
        self.item: Any = self.widget.getPlotItem()
        self._caption = pg.QtWidgets.QGraphicsSimpleTextItem(y_name)
        self._right_caption = pg.QtWidgets.QGraphicsSimpleTextItem("")
        self._note = QLabel(self.widget)
        self._pressed: QPointF | None = None
        self._build(left, least_height)
        self.set_theme(theme)

    def add(self, item: Any) -> Any:
        """Put a graphics item in; it stays for good and is only updated."""
        self.item.addItem(item)
        return item

    def set_x(self, low: float, high: float) -> None:
        """The horizontal range, exactly."""
        if (low, high) != self._x_range:
            self._x_range = (low, high)
            self.item.setXRange(low, high, padding=0)

    def set_whole_x(self, first: int, last: int, margin: float) -> None:
        """Whole numbers first .. last on the horizontal axis, at most nine of them named."""
        self.set_x(first - margin, last + margin)
        stride = round_stride((last - first) / 8)
        self.set_ticks("bottom", [(float(n), str(n)) for n in range(first, last + 1, stride)])

    def set_y(self, low: float, high: float) -> None:
        """The vertical range, exactly."""
        if (low, high) != self._y_range:
            self._y_range = (low, high)
            self.item.setYRange(low, high, padding=0)

    def fit_y(self, low: float, high: float, size: float = 0.0) -> tuple[float, float]:
        """Let the calm range follow data in [low, high]; the range that is shown.

        `size` as in `CalmRange.fit`: of the numbers whose differences these are.
        """
        shown = self._vertical.fit(low, high, size)
        self.set_y(*shown)
        return shown

    def forget_range(self) -> None:
        """Fit the next data afresh."""
        self._vertical.forget()

    def share_range(self, other: Plot) -> None:
        """One calm range with another plot: both show the same values at the same height."""
        self._vertical = other._vertical

    def set_ticks(self, axis: str, ticks: Sequence[tuple[float, str]] | None) -> None:
        """Fixed ticks of `left`, `bottom` or `right`; None for round numbers."""
        if self._ticks[axis] != ticks:
            self._ticks[axis] = ticks
            self.item.getAxis(axis).setTicks(None if ticks is None else [list(ticks)])

    @property
    def y_name(self) -> str:
        """What the vertical axis is called."""
        return self._names[0]

    def set_name(self, y_name: str, x_name: str | None = None) -> None:
        """Rename the vertical axis; the horizontal one too, if it is given."""
        self._names = (y_name, self._names[1] if x_name is None else x_name)
        self._caption.setText(y_name)
        if x_name is not None:
            self.item.getAxis("bottom").setLabel(x_name)

    @property
    def room(self) -> int:
        """Height of the data, pixels."""
        return int(self.height()) - self._edges

    def ask_for_room(self, height: int) -> None:
        """At least that height for the data, pixels; never less than at first."""
        self.setMinimumHeight(max(self._least_height, height + self._edges))

    def set_left(self, width: int) -> None:
        """The width of the left axis, pixels; its name moves along."""
        self._left = width
        self.item.getAxis("left").setWidth(width)
        self._caption.setPos(QPointF(width + 1, 0))

    def show_right(self, width: int, name: str) -> None:
        """A named column at the right, `width` pixels, for the texts of `set_ticks`."""
        if (width, name) == (self._right, self._right_caption.text()):
            return
        axis = self.item.getAxis("right")
        self._right = width
        axis.setWidth(width)
        axis.setStyle(tickLength=0)
        self.item.showAxis("right")
        self._right_caption.setText(name)
        self._place_captions()

    def note(self, text: str) -> None:
        """A message over an empty plot; an empty text removes it."""
        if text != self._note.text():
            self._note.setText(text)
            self._note.setVisible(bool(text))

    def say_empty(self, text: str) -> None:
        """What will be here, in place of axes that would say nothing; "" brings them back."""
        self.note(text)
        for name in ("left", "bottom"):
            if self.item.getAxis(name).isVisible() == bool(text):
                self.item.showAxis(name, not text)
        self._place_note()

    def make_clickable(self) -> None:
        """Emit `clicked` from now on."""
        viewport = self.widget.viewport()
        viewport.setCursor(Qt.CursorShape.PointingHandCursor)
        viewport.installEventFilter(self)

    def pixels(self, x: Floats, y: Floats) -> Floats:
        """Where data (...) is on the viewport, (..., 2)."""
        box = self.item.vb.sceneBoundingRect()
        (left, right), (low, high) = self.item.vb.viewRange()
        return np.stack(
            [
                box.left() + (x - left) / (right - left) * box.width(),
                box.bottom() - (y - low) / (high - low) * box.height(),
            ],
            axis=-1,
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """A press and a release at the same place are a click."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._pressed = event.position()
            elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed is not None:
                moved = event.position() - self._pressed
                self._pressed = None
                if abs(moved.x()) + abs(moved.y()) <= STILL:
                    self.clicked.emit(np.array([event.position().x(), event.position().y()]))
        return super().eventFilter(watched, event)

    def set_theme(self, theme: Theme) -> None:
        """Recolour background, axes and texts. Items are the owner's to recolour."""
        self._theme = theme
        self.widget.setBackground(theme.plot)
        for name in ("left", "bottom", "right"):
            axis = self.item.getAxis(name)
            axis.setPen(theme.pen("plot" if name == "right" else "border"))
            axis.setTextPen(theme.pen("text" if name == "right" else "muted"))
        if self._names[1]:
            self.item.getAxis("bottom").setLabel(
                self._names[1], **{"color": theme.muted, "font-size": f"{PLOT_TEXT}px"}
            )
        self._caption.setBrush(theme.brush("muted"))
        self._right_caption.setBrush(theme.brush("muted"))
        self._note.setStyleSheet(f"color: {theme.muted}; background: transparent;")

    def labels_fit(self) -> bool:
        """Whether the names of both axes are shown whole."""
        room = (self.width() - self._caption.x(), self.item.vb.width())
        return all(
            text_width(name, PLOT_TEXT) <= width
            for name, width in zip(self._names, room, strict=True)
        )

    def resizeEvent(self, event: Any) -> None:
        """Keep the message in the middle, the right name above its column."""
        super().resizeEvent(event)
        self._place_note()
        self._place_captions()

    def _place_note(self) -> None:
        top, bottom = (CAPTION, 24) if self.height() > 3 * CAPTION else (0, 0)
        left = self._left + 4 if self.item.getAxis("left").isVisible() else 8
        self._note.setGeometry(self.widget.rect().adjusted(left, top, -8, -bottom))

    def _place_captions(self) -> None:
        self._right_caption.setPos(QPointF(self.width() - self._right - 4, 0))

    def _build(self, left: int, least_height: int) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.widget)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(90, least_height)
        self.widget.setFrameShape(self.widget.Shape.NoFrame)
        self.widget.setMinimumSize(0, 0)
        # A click takes the focus out of a field; the Tab key has nothing to do here.
        self.widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.item.setMouseEnabled(False, False)
        self.item.hideButtons()
        self.item.vb.disableAutoRange()
        self.item.layout.setContentsMargins(0, CAPTION if self._names[0] else 1, 8, 0)
        self._style_axes(left)
        for caption in (self._caption, self._right_caption):
            caption.setFont(font(PLOT_TEXT))
            self.widget.scene().addItem(caption)
        self._note.setFont(font(PLOT_TEXT + 1))
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._note.hide()

    def _style_axes(self, left: int) -> None:
        for name in ("left", "bottom", "right"):
            axis = self.item.getAxis(name)
            axis.setStyle(
                tickFont=font(PLOT_TEXT), tickLength=-3, tickTextOffset=4, maxTickLevel=0
            )
            axis.enableAutoSIPrefix(False)
            axis.tickStrings = _tick_strings
        self.set_left(left)
        self.item.getAxis("bottom").setHeight(NAMED_AXIS if self._names[1] else 2)


def round_stride(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 .. that is at least `least`."""
    power = 1
    while True:
        for stride in (power, 2 * power, 5 * power):
            if stride >= least:
                return stride
        power *= 10


def _tick_strings(values: Sequence[float], _scale: float, spacing: float) -> list[str]:
    return [tick(value, spacing) for value in values]
