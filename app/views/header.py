"""The two lines above a plot: title and legend, then the numbers.

Painted by hand: a QLabel whose text changes 30 times a second would lay out the whole window
each time, and a legend inside a plot would cover data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from app.theme import PLOT_TEXT, WINDOW_TEXT, Role, Theme, font, text_width
from app.views.symbols import paint_symbol

LINE = 16
"""Height of each of the two lines, pixels."""
_GAP = 9.0
_SWATCH = 12.0

Mark = Literal["symbol", "line", "both", "band", "thin", "dot"]
Part = tuple[str, str]
"""A piece of text and the theme colour it is written in."""


@dataclass(frozen=True, slots=True)
class Legend:
    """One entry: what a role looks like in this plot, and what it means."""

    role: Role
    text: str
    mark: Mark = "symbol"


class Header(QWidget):
    """Title and legend above, coloured numbers and a chooser below; or all on one line.

    On one line the legend is left out where there is no room for it.
    """

    def __init__(
        self,
        title: str,
        legend: tuple[Legend, ...],
        theme: Theme,
        *,
        chooser: QComboBox | None = None,
        one_line: bool = False,
    ) -> None:
        super().__init__()
        self._one_line = one_line
        self._title = title
        self._legend = legend
        self._theme = theme
        self._parts: tuple[Part, ...] = ()
        self._notes: tuple[tuple[Part, ...], ...] = ()
        self._chooser = chooser
        self._base_height = (1 if one_line else 2) * LINE + (5 if chooser is not None else 1)
        self.setFixedHeight(self._base_height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        if chooser is not None:
            chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            chooser.setFixedHeight(LINE + 4)
            chooser.setFont(font(PLOT_TEXT))
            row = QHBoxLayout(self)
            row.setContentsMargins(0, 0 if one_line else LINE, 0, 1)
            row.addStretch()
            row.addWidget(chooser, alignment=Qt.AlignmentFlag.AlignTop)

    def set_readout(self, *parts: Part) -> None:
        """The numbers of the second line."""
        if parts != self._parts:
            self._parts = parts
            self.setAccessibleDescription(self.readout())
            self.update()

    def set_notes(self, *lines: tuple[Part, ...]) -> None:
        """Further lines below: the picked particle, the differences to the reference."""
        if lines != self._notes:
            self._notes = lines
            self.setFixedHeight(self._base_height + len(lines) * LINE)
            self.setAccessibleDescription(self.readout())
            self.update()

    def readout(self) -> str:
        """The second line and those below as plain text."""
        lines = [line for line in (self._parts, *self._notes) if line]
        return "\n".join("  ".join(text for text, _ in line) for line in lines)

    def set_legend(self, legend: tuple[Legend, ...]) -> None:
        """Replace the entries of the first line."""
        if legend != self._legend:
            self._legend = legend
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Wide enough for its first line."""
        return QSize(int(self._first_line_width()) + 1, self.height())

    def labels_fit(self) -> bool:
        """Whether all lines are shown whole."""
        if any(_width(line) > self.width() for line in self._notes):
            return False
        if self._one_line:
            title = text_width(self._title, bold=True)
            return title + 2 * _GAP + self._second_line_width() <= self.width()
        second = self._second_line_width()
        if self._chooser is not None:
            second += _GAP + self._chooser.sizeHint().width()
            if self._chooser.isVisible() and not self._chooser_fits(self._chooser):
                return False
        return max(self._first_line_width(), second) <= self.width()

    def _chooser_fits(self, chooser: QComboBox) -> bool:
        return chooser.width() >= chooser.sizeHint().width()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Title at the left, legend at the right, numbers and notes below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(WINDOW_TEXT, bold=True))
        painter.setPen(self._theme.color("text"))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, self.width(), LINE), int(left), self._title)
        self._paint_legend(painter)
        self._paint_readout(painter)
        painter.end()

    def _paint_legend(self, painter: QPainter) -> None:
        if self._one_line and self._needed_on_one_line() > self.width():
            return
        painter.setFont(font(PLOT_TEXT))
        x = self.width() - self._legend_width()
        for entry in self._legend:
            _paint_mark(painter, entry, QRectF(x, 0, _SWATCH, LINE), self._theme)
            painter.setPen(self._theme.color("muted"))
            x += _SWATCH + 3
            painter.drawText(QPointF(x, LINE - 4.5), entry.text)
            x += text_width(entry.text, PLOT_TEXT) + _GAP

    def _paint_readout(self, painter: QPainter) -> None:
        painter.setFont(font(WINDOW_TEXT))
        x = text_width(self._title, bold=True) + 2 * _GAP if self._one_line else 0.0
        y = LINE - 4 if self._one_line else 2 * LINE - 3
        self._paint_line(painter, QPointF(x, y), self._parts)
        for number, line in enumerate(self._notes):
            below = self._base_height + number * LINE + LINE - 4
            self._paint_line(painter, QPointF(0, below), line)

    def _paint_line(self, painter: QPainter, at: QPointF, parts: tuple[Part, ...]) -> None:
        for text, color in parts:
            painter.setPen(self._theme.color(color))
            painter.drawText(at, text)
            at = at + QPointF(text_width(text) + _GAP, 0)

    def _needed_on_one_line(self) -> float:
        return self._first_line_width() + 2 * _GAP + self._second_line_width()

    def _legend_width(self) -> float:
        texts = sum(text_width(entry.text, PLOT_TEXT) for entry in self._legend)
        return texts + len(self._legend) * (_SWATCH + 3 + _GAP) - _GAP

    def _first_line_width(self) -> float:
        title = text_width(self._title, bold=True)
        return title + (_GAP + self._legend_width() if self._legend else 0.0)

    def _second_line_width(self) -> float:
        return _width(self._parts)


def _width(parts: tuple[Part, ...]) -> float:
    texts = sum(text_width(text) for text, _ in parts)
    return texts + _GAP * max(0, len(parts) - 1)


def _paint_mark(painter: QPainter, entry: Legend, box: QRectF, theme: Theme) -> None:
    """The role's symbol, its line, both or a filled band, as the plot draws them."""
    middle = box.center()
    if entry.mark == "band":
        band = box.adjusted(0, 4, 0, -4)
        painter.fillRect(band, theme.brush(entry.role, 0.25))
        return
    if entry.mark == "dot":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush("text"))
        painter.drawEllipse(middle, 2, 2)
        return
    if entry.mark != "symbol":
        thin = entry.mark == "thin"
        painter.setPen(theme.pen(entry.role) if thin else theme.line(entry.role, 1.6))
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
    if entry.mark in ("symbol", "both"):
        paint_symbol(painter, entry.role, middle, theme)
