"""A plot without data shows no axis, but says what will be in it; it is made in short turns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pytestqt.qtbot import QtBot

from app.panels.data_page import DataPage
from app.theme import DARK, LIGHT
from app.views.plot import Plot
from app.views.return_histogram import EMPTY, ReturnHistogram
from app.views.training_curves import CurvePlot
from core.dataset_returns import Returns

RETURNS = Returns(
    episodes=9, transitions=99, mean=3.0, best=9.0, worst=1.0, edges=(1.0, 5.0, 9.0),
    counts=(8, 1),
)  # fmt: skip


def axes(plot: Plot) -> list[bool]:
    """Whether the left and the bottom one are shown."""
    return [plot.item.getAxis(name).isVisible() for name in ("left", "bottom")]


def test_the_histogram_has_axes_only_with_returns(qtbot: QtBot) -> None:
    plot = ReturnHistogram(LIGHT)
    qtbot.addWidget(plot)
    assert (axes(plot), plot._note.text()) == ([False, False], EMPTY)
    plot.show_returns(RETURNS)
    assert (axes(plot), plot._note.text()) == ([True, True], "")
    low, high = plot.item.vb.viewRange()[0]
    assert low < 1.0 < 9.0 < high
    plot.show_words("There is nothing to show.")
    assert (axes(plot), plot._note.text()) == ([False, False], "There is nothing to show.")


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_a_curve_has_axes_only_with_a_value(qtbot: QtBot, gap: float | None) -> None:
    plot = CurvePlot("return", "Shown later.", LIGHT)
    qtbot.addWidget(plot)
    plot.show_columns({"updates": [1000.0, 2000.0], "return": [gap, gap]}, ("return",), 9000)
    assert (axes(plot), plot._note.text()) == ([False, False], "Shown later.")
    plot.show_columns({"updates": [1000.0, 2000.0], "return": [gap, 7.0]}, ("return",), 9000)
    assert (axes(plot), plot._note.text()) == ([True, True], "")
    assert plot.item.vb.viewRange()[0] == [0.0, 9.0]


def test_the_pages_plots_are_made_in_one_turn_and_placed_in_another(qtbot: QtBot) -> None:
    page = DataPage(LIGHT)
    qtbot.addWidget(page)
    turns = page._make_plots()
    placed = [0]
    for number, _ in enumerate(turns):
        placed.append(len(page.findChildren(Plot)))
        if number == 2:
            page.set_theme(DARK)
    assert max(after - before for before, after in pairwise(placed)) == 1
    assert placed[-1] == 4
    assert len(placed) >= 2 * placed[-1]
    plots = page.findChildren(Plot)
    assert {plot._theme.name for plot in plots} == {"dark"}
    assert all(axes(plot) == [False, False] and plot._note.text() for plot in plots)
