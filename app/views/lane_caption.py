"""What stands at the left of a lane: its name, its values at the cursor, its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.readouts import exact, plain, tick
from app.theme import PLOT_TEXT, Theme, font, text_width

CAPTION_WIDTH, COMPARED_WIDTH = 172, 236
"""Pixels; wider while values stand beside their difference to the reference."""
LEFT = 4
"""Pixels between the caption and the first t."""
AXIS = 17
"""Height of the axis below the lanes, pixels."""
_SCALE_WIDTH = 46
_MOST_LETTERS = 7
_GAP = 8


@dataclass(frozen=True, slots=True)
class Value:
    """A value as text, its theme colour, and its difference to the reference's, if any."""

    text: str
    color: str
    difference: str = ""


class Caption(QWidget):
    """Name and unit of a lane, below them its values at the cursor, at the right its scale."""

    def __init__(self, name: str, unit: str, theme: Theme) -> None:
        super().__init__()
        self._name, self._unit, self._note = name, unit, ""
        self._theme = theme
        self._values: tuple[Value, ...] = ()
        self._scale = ("", "")
        self.setFixedWidth(CAPTION_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def values(self) -> tuple[str, ...]:
        """The texts of the second line, without differences."""
        return tuple(value.text for value in self._values)

    @property
    def differences(self) -> tuple[str, ...]:
        """The differences that are shown beside the values."""
        return tuple(v.difference for v in self._values if v.difference and self._has_room())

    @property
    def note(self) -> str:
        """The words behind the unit."""
        return self._note

    def set_values(self, *values: Value) -> None:
        """What the second line says."""
        if values != self._values:
            self._values = values
            self.update()

    def set_scale(self, low: str, high: str) -> None:
        """The values at the lower and the upper edge of the lane."""
        if (low, high) != self._scale:
            self._scale = low, high
            self.update()

    def set_note(self, note: str) -> None:
        """A word behind the unit."""
        if note != self._note:
            self._note = note
            self.update()

    def set_compared(self, compared: bool) -> None:
        """Make room for differences."""
        self.setFixedWidth(COMPARED_WIDTH if compared else CAPTION_WIDTH)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether name, unit, values and scale are shown whole."""
        first = _width(self._name) + 6 + _width(self._unit_text())
        second = sum(_width(value.text) + _GAP for value in self._values) - _GAP
        scale = max(_width(text) for text in self._scale)
        return max(first, second) <= self._room() and scale <= _SCALE_WIDTH

    def minimumSizeHint(self) -> QSize:
        """Two lines."""
        return QSize(self.width(), 26)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Name and unit on the first line, values on the second, the scale at the right."""
        painter = QPainter(self)
        painter.setFont(font(PLOT_TEXT))
        painter.setPen(self._theme.color("text"))
        painter.drawText(QPointF(0, 11), self._name)
        painter.setPen(self._theme.color("muted"))
        painter.drawText(QPointF(_width(self._name) + 6, 11), self._unit_text())
        x, compared = 0.0, self._has_room()
        for value in self._values:
            painter.setPen(self._theme.color(value.color))
            text = f"{value.text} {value.difference}" if compared else value.text
            painter.drawText(QPointF(x, 23), text)
            x += _width(text) + _GAP
        painter.setPen(self._theme.color("muted"))
        for text, y in zip(self._scale, (self.height() - 2.0, 10.0), strict=True):
            painter.drawText(QPointF(self.width() - LEFT - _width(text), y), text)
        painter.end()

    def _unit_text(self) -> str:
        return f"{self._unit} {self._note}".strip()

    def _room(self) -> int:
        return self.width() - _SCALE_WIDTH

    def _has_room(self) -> bool:
        """Whether the differences fit beside the values; else the values stand alone."""
        needed = sum(_width(f"{v.text} {v.difference}") + _GAP for v in self._values) - _GAP
        return needed <= self._room()


class AxisName(QWidget):
    """What the axis below the lanes is called, beside it: below it there is no room."""

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self._name, self._theme = name, theme
        self.setFixedHeight(AXIS)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether the name is shown whole."""
        return _width(self._name) <= self.width()

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        return QSize(int(_width(self._name)) + 1, AXIS)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The name, level with the numbers of the axis."""
        painter = QPainter(self)
        painter.setFont(font(PLOT_TEXT))
        painter.setPen(self._theme.color("muted"))
        painter.drawText(QPointF(0, AXIS - 4), self._name)
        painter.end()


def scale_of(low: float, high: float) -> tuple[str, str]:
    """The edges of a range as texts, with the digits that its size needs."""
    return _edge(low, high - low), _edge(high, high - low)


def _edge(value: float, span: float) -> str:
    """Edges are round numbers: no more digits are left than they have."""
    digits = max(0, math.ceil(-math.log10(span / 20)))
    text = tick(value, span) if abs(value) >= 1e5 else exact(round(value, digits))
    return text if len(text) <= _MOST_LETTERS else plain(value, 2)


def _width(text: str) -> float:
    return text_width(text, PLOT_TEXT)
