"""The only colours, pens and fonts of the window.

Before, after and real are Okabe and Ito's orange, blue and green, told apart by every kind of
colour vision; each also has a symbol and a line style of its own, so that no meaning rests on
colour alone. The `_text` colours have a contrast of at least 4.5 : 1 on windows and plots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPalette, QPen
from PyQt6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QGraphicsView,
    QTableView,
    QToolTip,
)

Role = Literal["before", "after", "real", "refused", "frozen", "doubt"]

SYMBOLS: dict[Role, str] = {
    "before": "o",
    "after": "d",
    "real": "s",
    "refused": "x",
    "frozen": "|",
    "doubt": "t",
}
"""pyqtgraph's symbol of each role."""
GLYPHS: dict[Role, str] = {
    "before": "●",
    "after": "◆",
    "real": "■",
    "refused": "✕",
    "frozen": "▏",
    "doubt": "▼",
}
"""The same symbols as characters, for tables and sentences."""

_DASHES: dict[Role, Qt.PenStyle] = {
    "before": Qt.PenStyle.DashLine,
    "after": Qt.PenStyle.SolidLine,
    "real": Qt.PenStyle.SolidLine,
    "refused": Qt.PenStyle.DashDotLine,
    "frozen": Qt.PenStyle.DotLine,
    "doubt": Qt.PenStyle.DashDotDotLine,
}

PLOT_TEXT = 10
"""Pixel size of the text in plots."""
WINDOW_TEXT = 12
"""Pixel size of all other text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Named colours as #rrggbb, and pens made of them."""

    name: Literal["light", "dark"]
    window: str
    """Behind docks, toolbar and tables' headers."""
    plot: str
    """Behind data: plots, tables, fields."""
    raised: str
    """Buttons, alternate rows, the selected tab."""
    border: str
    grid: str
    text: str
    muted: str
    """Secondary text: axis labels, units, captions."""
    accent: str
    """Cursor, selection, focus."""
    accent_text: str
    """Text on `accent`."""
    before: str
    after: str
    real: str
    refused: str
    frozen: str
    doubt: str
    before_text: str
    after_text: str
    real_text: str
    refused_text: str
    frozen_text: str
    doubt_text: str
    wall: str
    """Of a maze, seen from above."""
    value_low: str
    value_high: str
    data_low: str
    data_high: str
    """Ends of the colours of a field: they differ in lightness, so that all eyes tell them."""

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """A named colour, alpha 0 (clear) .. 1."""
        color = QColor(getattr(self, name))
        color.setAlphaF(alpha)
        return color

    def rgba(self, name: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
        """A named colour as red, green, blue, alpha in [0, 1], for the 3D scene."""
        color = QColor(getattr(self, name))
        return color.redF(), color.greenF(), color.blueF(), alpha

    def pen(
        self,
        name: str,
        width: float = 1.0,
        alpha: float = 1.0,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> QPen:
        """A cosmetic pen: its width is in pixels. Wider than 1 is slow on long curves."""
        pen = QPen(QBrush(self.color(name, alpha)), width, style)
        pen.setCosmetic(True)
        return pen

    def ramp(self, low: str, high: str, count: int = 256) -> NDArray[np.uint8]:
        """Colours from one to another, (count, 4): red, green, blue, alpha 255."""
        ends = np.array([QColor(getattr(self, name)).getRgb() for name in (low, high)])
        share = np.linspace(0.0, 1.0, count)[:, None]
        colors: NDArray[np.uint8] = np.rint((1 - share) * ends[0] + share * ends[1]).astype(
            np.uint8
        )
        return colors

    def line(self, role: Role, width: float = 1.0, alpha: float = 1.0) -> QPen:
        """The pen of a role, in its colour and dash."""
        return self.pen(role, width, alpha, _DASHES[role])

    def brush(self, name: str, alpha: float = 1.0) -> QBrush:
        """A solid fill of a named colour."""
        return QBrush(self.color(name, alpha))


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    plot="#ffffff",
    raised="#e6e8ec",
    border="#c9cdd4",
    grid="#e3e6ea",
    text="#1c2129",
    muted="#555d69",
    accent="#5b4bb7",
    accent_text="#ffffff",
    before="#d55e00",
    after="#0072b2",
    real="#009e73",
    refused="#b3186d",
    frozen="#7a828e",
    doubt="#8f6a00",
    before_text="#a84900",
    after_text="#00669f",
    real_text="#00734f",
    refused_text="#a6105f",
    frozen_text="#59616c",
    doubt_text="#7a5a00",
    wall="#c3c7ce",
    value_low="#fbfbfd",
    value_high="#8d84b8",
    data_low="#f3ecd9",
    data_high="#a98b4a",
)

DARK = Theme(
    name="dark",
    window="#1b1e24",
    plot="#14171c",
    raised="#2a2f38",
    border="#3a414d",
    grid="#272c35",
    text="#e6e9ee",
    muted="#a3abb8",
    accent="#a99cf5",
    accent_text="#14171c",
    before="#e69f00",
    after="#56b4e9",
    real="#009e73",
    refused="#f0629f",
    frozen="#8b94a3",
    doubt="#d9c46a",
    before_text="#eba91a",
    after_text="#6fc0ee",
    real_text="#2fc79b",
    refused_text="#f57fb0",
    frozen_text="#a3abb8",
    doubt_text="#dccb80",
    wall="#3a404b",
    value_low="#171a22",
    value_high="#6d66a6",
    data_low="#2a2517",
    data_high="#a08a52",
)

THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}


def font(size: int = WINDOW_TEXT, *, bold: bool = False) -> QFont:
    """The application's family at a pixel size."""
    result = QFont(QApplication.font().families())
    result.setPixelSize(size)
    result.setBold(bold)
    return result


def text_width(text: str, size: int = WINDOW_TEXT, *, bold: bool = False) -> float:
    """Pixels that a text takes in `font(size)`."""
    return QFontMetricsF(font(size, bold=bold)).horizontalAdvance(text)


def apply_palette(app: QApplication, theme: Theme) -> None:
    """Restyle every stock widget at once: Fusion and a palette.

    QStyleHints.setColorScheme has no effect offscreen or on bare X, so the palette is set.
    """
    style = app.style()
    if style is None or style.name().lower() != "fusion":
        app.setStyle("Fusion")
    app.setFont(font(WINDOW_TEXT))
    app.setPalette(palette(theme))
    QToolTip.setPalette(palette(theme))


def palette(theme: Theme) -> QPalette:
    """Every role Qt's Fusion style draws with, enabled and disabled."""
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.plot,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.refused_text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.after_text,
        role.LinkVisited: theme.after_text,
        role.Light: theme.raised,
        role.Midlight: theme.raised,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.border,
        role.Accent: theme.accent,
    }
    result = QPalette()
    for each, color in colors.items():
        result.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(QPalette.ColorGroup.Disabled, each, theme.color("muted", 0.6))
    return result


def dress(area: QAbstractScrollArea, theme: Theme) -> None:
    """What of a table or of scroll bars the palette cannot style.

    A style sheet of the application would do it too, but polish every widget anew at each
    change of theme: 0.2 ms for each of more than a thousand.
    """
    if isinstance(area, QTableView):
        # The same sheet once more would be as much work as another one.
        if area.styleSheet() != (sheet := _table_sheet(theme) + _bar_sheet(theme)):
            area.setStyleSheet(sheet)
    elif not isinstance(area, QGraphicsView):
        for bar in (area.verticalScrollBar(), area.horizontalScrollBar()):
            if bar is not None:
                bar.setStyleSheet(_bar_sheet(theme))


def _table_sheet(theme: Theme) -> str:
    return f"""
QHeaderView::section {{ background: {theme.window}; color: {theme.muted}; border: none;
    border-bottom: 1px solid {theme.border}; padding: 2px 3px; }}
QTableView {{ border: 1px solid {theme.border}; outline: 0; }}
"""


def _bar_sheet(theme: Theme) -> str:
    return f"""
QScrollBar:vertical {{ background: transparent; width: 9px; }}
QScrollBar:horizontal {{ background: transparent; height: 9px; }}
QScrollBar::handle {{ background: {theme.border}; border-radius: 3px; margin: 1px;
    min-width: 24px; min-height: 24px; }}
QScrollBar::handle:hover {{ background: {theme.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
