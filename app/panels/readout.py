"""A name and a number that changes often; of fixed size, so that a change lays out nothing."""

from __future__ import annotations

import math

from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.theme import Theme, font


class Readout(QWidget):
    """`name value`; `widest` is the longest value that must fit."""

    def __init__(self, name: str, widest: str, tip: str) -> None:
        super().__init__()
        self._name, self._value = QLabel(name), value_label(widest)
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(self._name)
        row.addWidget(self._value)

    @property
    def text(self) -> str:
        """The value as shown."""
        return str(self._value.text())

    def show_text(self, text: str) -> None:
        """Show a value."""
        if text != self._value.text():
            self._value.setText(text)

    def set_theme(self, theme: Theme) -> None:
        """The name recedes behind the value."""
        self._name.setStyleSheet(f"color: {theme.muted};")


def value_label(widest: str) -> QLabel:
    """A label of fixed size that holds `widest`."""
    label = QLabel()
    metrics = QFontMetrics(font())
    label.setFixedSize(metrics.horizontalAdvance(widest) + 4, metrics.height() + 2)
    return label


def number(value: float, digits: int = 1) -> str:
    """A number with that many decimals; a dash where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
