"""The line under a map: what the colours of its field mean, or why there is none."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, QSizeF
from PyQt6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.readouts import plain
from app.state.maze_picture import NO_DENSITY, NO_VALUES, Field, Layer
from app.theme import PLOT_TEXT, Theme, font, text_width
from app.views.maze_items import RAMPS

HEIGHT = 15
BAR = (60.0, 8.0)
"""Width and height of the strip of colours, pixels."""
_GAP = 5.0
NAMES: dict[Layer, str] = {"value": "Q(s, π₀(s)), reward", "data": "% of the data a square"}


class FieldScale(QWidget):
    """`0.02 [colours] 0.98  what they are, unit`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._field: Field | None = None
        self._layer: Layer = "value"
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_field(self, field: Field | None, layer: Layer) -> None:
        """The field that is drawn; None where the layer has none here."""
        self._field, self._layer = field, layer
        self.setVisible(layer != "none")
        self.setAccessibleName(" ".join(self.words()))
        self.update()

    def words(self) -> tuple[str, ...]:
        """Low end, high end and name; or why there are no colours."""
        if self._field is None:
            return (NO_DENSITY if self._layer == "data" else NO_VALUES,)
        ends = (self._field.low, self._field.high)
        factor = 100.0 if self._layer == "data" else 1.0
        return (*(plain(factor * end) for end in ends), NAMES[self._layer])

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        return self.isHidden() or self._width() <= self.width()

    def minimumSizeHint(self) -> QSize:
        """As wide as its words."""
        return QSize(round(self._width()), HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """From left to right."""
        painter = QPainter(self)
        painter.setFont(font(PLOT_TEXT))
        painter.setPen(self._theme.color("muted"))
        low, *others = self.words()
        baseline = HEIGHT - 4.0
        painter.drawText(QPointF(0, baseline), low)
        if others and self._field is not None:
            bar = QRectF(QPointF(text_width(low, PLOT_TEXT) + _GAP, 3.5), self._bar())
            gradient = QLinearGradient(bar.topLeft(), bar.topRight())
            for end, name in enumerate(RAMPS[self._field.layer]):
                gradient.setColorAt(float(end), self._theme.color(name))
            painter.fillRect(bar, gradient)
            painter.setPen(self._theme.pen("border"))
            painter.drawRect(bar)
            painter.setPen(self._theme.color("muted"))
            high, name = others
            x = bar.right() + _GAP
            painter.drawText(QPointF(x, baseline), high)
            x += text_width(high, PLOT_TEXT) + 2 * _GAP
            painter.drawText(QPointF(x, baseline), name)
        painter.end()

    def _width(self) -> float:
        texts = sum(text_width(word, PLOT_TEXT) for word in self.words())
        return texts + (BAR[0] + 5 * _GAP if self._field is not None else 0.0)

    def _bar(self) -> QSizeF:
        return QSizeF(*BAR)
