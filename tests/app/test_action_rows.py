"""The rows of the action view: words that never touch, however many dimensions there are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.moment import Moment
from app.views.action import ROOM_FOR, ROW, ActionView
from tests.app.view_moments import make_moment


def moment_of(size: int) -> Moment:
    """An action of that many dimensions."""
    action = np.linspace(-0.9, 0.9, size, dtype=np.float32)
    moment = make_moment(environment_step=False)
    updates = tuple(dataclasses.replace(update, action=action) for update in moment.updates)
    return dataclasses.replace(moment, updates=updates)


def rows_apart(view: ActionView, axis: str) -> float:
    """Least distance of two words beside the rows, pixels."""
    ticks = view._plot._ticks[axis]
    assert ticks
    places = np.array([place for place, _ in ticks])
    heights = view._plot.pixels(np.zeros(len(places)), places)[:, 1]
    return float(np.abs(np.diff(heights)).min())


@pytest.mark.parametrize("size", [3, 6, ROOM_FOR, 17, 60])
def test_the_words_of_neighbouring_rows_do_not_touch(qtbot: QtBot, size: int) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    view.show()
    for height in (10, 300, 120):
        view.resize(300, height)
        QApplication.processEvents()
        view.show_moment(moment_of(size))
        QApplication.processEvents()
        assert min(rows_apart(view, axis) for axis in ("left", "right")) >= ROW - 1


def test_the_least_height_has_room_for_the_words_of_an_ant(qtbot: QtBot) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    view.show_moment(moment_of(ROOM_FOR))
    view.resize(300, 10)
    view.show()
    QApplication.processEvents()
    ticks = view._plot._ticks
    assert [len(ticks[axis] or ()) for axis in ("left", "right")] == [ROOM_FOR, ROOM_FOR]


def test_more_room_brings_all_words_back(qtbot: QtBot) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    view.resize(300, 150)
    view.show()
    view.show_moment(moment_of(20))
    QApplication.processEvents()
    few = len(view._plot._ticks["left"] or ())
    view.resize(300, 600)
    QApplication.processEvents()
    assert few < 20
    assert len(view._plot._ticks["left"] or ()) == len(view._plot._ticks["right"] or ()) == 20
