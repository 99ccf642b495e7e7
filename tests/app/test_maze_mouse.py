"""The mouse on the map of a maze: it picks, zooms, moves and reads."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.maze_picture import at, field_of
from app.views.maze_map import MazeMap
from tests.app.maze_moments import LARGE, maze_moment, place_at
from tests.app.maze_view import T, move, shown_map, wheel
from tests.app.pointing import click, place_in


@pytest.fixture
def shown(qtbot: QtBot) -> MazeMap:
    return shown_map(qtbot)


def test_a_click_on_a_line_picks_its_particle_and_a_picked_one_stands_out(
    shown: MazeMap, qtbot: QtBot
) -> None:
    picked: list[object] = []
    shown.particle_picked.connect(picked.append)
    end = shown.moment.updates[1].imagined_states[3, -1, :2].astype(float)
    for _ in range(24):
        wheel(shown, *end, notches=1)
    click(qtbot, shown.plot, *end)
    assert picked == [3]
    shown.selection.select(3)
    shown.redraw()
    x, y = shown.traffic.chosen["after"].data
    np.testing.assert_allclose([x[-1], y[-1]], end)
    assert "particle 3" in shown.header.readout()
    width, height = shown.plot.item.vb.width(), shown.plot.item.vb.height()
    assert shown.particle_at(np.array([width - 2, height - 2])) is None


def test_the_wheel_zooms_where_it_is_a_drag_moves_and_a_double_click_fits(
    shown: MazeMap, qtbot: QtBot
) -> None:
    whole = shown.surface.frame
    wheel(shown, 5.0, 3.0, notches=6)
    near = shown.surface.frame
    assert near.zoom == pytest.approx(1.25**6)
    viewport, start = shown.plot.widget.viewport(), place_in(shown.plot, 5.0, 3.0)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(viewport, left, pos=start)
    for step in range(1, 5):
        move(shown, start + QPoint(10 * step, 0), left)
    qtbot.mouseRelease(viewport, left, pos=start + QPoint(40, 0))
    gone = shown.surface.frame.centre[0] - near.centre[0]
    assert gone == pytest.approx(-40 * near.scale, rel=0.05)
    qtbot.mouseDClick(viewport, left, pos=start)
    assert shown.surface.frame == whole
    (left_end, right_end), (low, high) = shown.plot.item.vb.viewRange()
    box = shown.plot.item.vb
    assert (right_end - left_end) / box.width() == pytest.approx((high - low) / box.height())


def test_the_mouse_reads_the_value_it_points_at(shown: MazeMap) -> None:
    started = shown.moment.episode_started
    field = field_of(started, LARGE.maze, "value")
    move(shown, place_in(shown.plot, 13.5, -11.5), Qt.MouseButton.NoButton)
    expected = at(field, LARGE.maze, np.array([13.5, -11.5]))
    assert expected > 0.9
    said = shown.header.readout()
    assert said.startswith("x 13.")
    assert float(said.rpartition(" ")[2]) == pytest.approx(expected, abs=0.01)
    QApplication.sendEvent(shown.plot.widget.viewport(), QEvent(QEvent.Type.Leave))
    assert shown.header.readout() != said


def test_a_zoomed_map_follows_the_body(shown: MazeMap) -> None:
    wheel(shown, *place_at(LARGE, T), notches=15)
    for t in range(T, T + 60, 3):
        shown.show_moment(maze_moment(t))
        assert shown.surface.frame.shows(place_at(LARGE, t))
