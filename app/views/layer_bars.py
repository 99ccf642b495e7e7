"""Bars for each layer of the policy on one plot, with a word where one goes beyond the axis."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QBrush

from app.readouts import plain, tick
from app.theme import PLOT_TEXT, Theme, font
from app.views.bar_range import BarRange
from app.views.curves import Floats, segments
from app.views.highlight import reference_pen
from app.views.plot import Plot

SHARE = 0.76
"""Of a row, for all its bars together."""


NO_BRUSH = QBrush()


class LayerBars:
    """The first layer at the top; in its row one bar for each group, from the top too."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot
        self.range = BarRange()
        self.bars: Any = plot.add(
            pg.BarGraphItem(x0=[0.0], y=[0.0], width=[0.0], height=0.5, pen=pg.mkPen(None))
        )
        self.reference: Any = plot.add(pg.PlotCurveItem())
        self._rows: Floats = np.zeros(1)
        self._beyond: list[Any] = []
        self._theme: Theme | None = None

    @property
    def words(self) -> list[str]:
        """What stands at the end of the axis, in each row where a bar goes beyond it."""
        return [word.toPlainText() for word in self._beyond if word.isVisible()]

    def show_rows(self, count: int) -> None:
        """Room for that many layers."""
        self._rows = count - 1 - np.arange(count, dtype=float)
        self.plot.set_y(-0.6, count - 0.4)

    def show(
        self,
        groups: Sequence[Floats],
        brushes: Sequence[QBrush],
        reference: Floats,
        moment: Hashable,
        *,
        share: float = SHARE,
    ) -> None:
        """Lengths (layers,) of each group, in its colour; a tick at each of `reference`.

        `moment` as in `BarRange.fit`. Without a group the axis stays as it is.
        """
        count = len(self._rows)
        lengths = np.array(groups, dtype=float) if groups else np.zeros((1, count))
        height = share / len(lengths)
        offsets = share / 2 - height * (np.arange(len(lengths)) + 0.5)
        self.bars.setOpts(
            x0=0.0,
            y=(self._rows + offsets[:, None]).ravel(),
            width=lengths.ravel(),
            height=height,
            brushes=[brush for brush in brushes or [NO_BRUSH] for _ in range(count)],
        )
        self.reference.setData(*self._ticks(reference), connect="pairs")
        end = np.inf
        if groups:
            farthest = float(reference.max(initial=0.0))
            end = self.range.fit(float(lengths.max()), farthest, moment)
            self._show_axis(end)
        self._say_beyond(lengths.max(axis=0), end)

    def set_theme(self, theme: Theme) -> None:
        """The bars take their colours when drawn."""
        self._theme = theme
        self.reference.setPen(reference_pen(theme))
        for word in self._beyond:
            _restyle(word, theme)

    def _ticks(self, values: Floats) -> tuple[Floats, Floats]:
        """One upright segment at each value, in the rows from the top."""
        x = values[: len(self._rows)]
        rows = self._rows[: len(x)]
        return segments(x, rows - 0.42, x, rows + 0.42)

    def _show_axis(self, end: float) -> None:
        """From a little below zero, so that the 0 of the axis is not cut off."""
        self.plot.set_x(-0.03 * end, end)
        far = _round_below(0.9 * end)
        self.plot.set_ticks("bottom", [(0.0, "0"), (far, tick(far, far))])

    def _say_beyond(self, largest: Floats, end: float) -> None:
        """The length of the longest bar of each row that does not end in sight."""
        beyond = np.flatnonzero(largest > end)
        while len(self._beyond) < len(beyond):
            self._beyond.append(self._new_word())
        for word, row in zip(self._beyond, beyond, strict=False):
            word.setText(f"{plain(float(largest[row]))} ▶")
            word.setPos(end, self._rows[row])
        for place, word in enumerate(self._beyond):
            word.setVisible(place < len(beyond))

    def _new_word(self) -> Any:
        word = self.plot.add(pg.TextItem("", anchor=(1.0, 0.5)))
        word.textItem.setFont(font(PLOT_TEXT, bold=True))
        if self._theme is not None:
            _restyle(word, self._theme)
        return word


def _restyle(word: Any, theme: Theme) -> None:
    word.setColor(theme.color("text"))
    word.fill = theme.brush("plot", 0.85)
    word.update()


def _round_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above it: one label has room."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(n * power for n in (1, 2, 5) if n * power <= value))
