"""How the episodes of a data set went: a histogram of their returns, with mean and best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QSizePolicy

from app.readouts import plain
from app.theme import Theme
from app.views.calm_range import CalmRange
from app.views.plot import Plot
from core.dataset_returns import Returns

EMPTY = "Choose a data set: the returns of its episodes show here."


class ReturnHistogram(Plot):
    """Bars of real returns; the mean is a solid line, the best a dotted one."""

    def __init__(self, theme: Theme) -> None:
        self._bars: Any = None
        super().__init__(
            y_name="episodes (mean: solid line, best: dotted)",
            x_name="return of an episode",
            theme=theme,
            vertical=CalmRange(from_zero=True, patience=1),
            least_height=130,
        )
        self._bars = self.add(pg.BarGraphItem(x0=[0.0], width=[0.0], height=[0.0]))
        self._mean: Any = self.add(pg.InfiniteLine(angle=90))
        self._best: Any = self.add(pg.InfiniteLine(angle=90))
        self.setAccessibleName("Histogram of returns")
        # Its share of the height is the layout's, not that of pyqtgraph's own hint.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.set_theme(theme)
        self.show_words(EMPTY)

    def show_returns(self, returns: Returns) -> None:
        """Show a histogram."""
        edges, counts = np.array(returns.edges), np.array(returns.counts, dtype=float)
        margin = 0.03 * (edges[-1] - edges[0])
        self._bars.setOpts(x0=edges[:-1], width=np.diff(edges), height=counts)
        self.set_x(float(edges[0] - margin), float(edges[-1] + margin))
        self.fit_y(0.0, float(counts.max()))
        self._mean.setValue(returns.mean)
        self._best.setValue(returns.best)
        self._show_items(True)
        self.say_empty("")
        self.setToolTip(
            f"{returns.episodes:,} episodes: mean {plain(returns.mean, 4)} (solid line), "
            f"best {plain(returns.best, 4)} (dotted line), worst {plain(returns.worst, 4)}"
        )

    def show_words(self, text: str) -> None:
        """Nothing but a message."""
        self._show_items(False)
        self.say_empty(text)
        self.setToolTip("")

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        super().set_theme(theme)
        if self._bars is not None:
            self._bars.setOpts(brush=theme.brush("real", 0.75), pen=theme.pen("plot"))
            self._mean.setPen(theme.pen("text", 1.6))
            self._best.setPen(theme.line("frozen", 1.6))

    def _show_items(self, shown: bool) -> None:
        for item in (self._bars, self._mean, self._best):
            item.setVisible(shown)
