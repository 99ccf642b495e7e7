"""The timeline and the table of updates: the record's numbers, and choosing among them."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from app.views.lane import MOST_POINTS, thinned
from app.views.timeline import TimelineView
from app.views.updates import COLUMNS, UpdatesTable
from tests.app.view_moments import make_history, make_moment


def test_the_table_shows_every_update(qtbot: QtBot) -> None:
    view = UpdatesTable()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=2, update_changes={"drift": 0.5})
    view.show_moment(moment)
    model = view._model
    cells = [
        [model.data(model.index(row, place)) for place in range(len(COLUMNS))]
        for row in range(model.rowCount())
    ]
    assert [row[0] for row in cells] == ["● 0", " 1", "◆ 2"]
    assert [row[6] for row in cells] == ["0.50"] * 3
    assert cells[0][2] == cells[2][4] == "–"
    assert cells[2][7] == "1"


def test_a_row_of_the_table_selects_its_k(qtbot: QtBot) -> None:
    view = UpdatesTable()
    qtbot.addWidget(view)
    view.resize(380, 160)
    view.show()
    with qtbot.assertNotEmitted(view.k_selected):
        view.show_moment(make_moment(ascent_steps=3, k=2))
    table = view.findChild(QTableView)
    assert table is not None
    assert table.currentIndex().row() == 2
    with qtbot.waitSignal(view.k_selected) as chosen:
        place = table.visualRect(view._model.index(1, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [1]


def timeline(qtbot: QtBot, length: int = 138) -> TimelineView:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(900, 200)
    with qtbot.waitExposed(view):
        view.show()
    view.show_history(make_history(length))
    view.show_moment(make_moment(t=length - 1))
    return view


def place_of(view: TimelineView, t: float) -> QPoint:
    """Where t is in the first lane, in pixels of its viewport."""
    plot = view._lanes[0].plot
    inside = plot.item.vb.mapViewToScene(QPointF(t, 2.0))
    place: QPoint = plot.widget.mapFromScene(inside)
    return place


def test_the_lanes_show_the_columns(qtbot: QtBot) -> None:
    view, history = timeline(qtbot), make_history(138)
    reward, gap, gain, error, spent = view._lanes
    pairs = [
        (reward._curves[0], history.reward),
        (gap._curves[0], history.episode_return - history.frozen_return),
        (gain._curves[0], history.objective_gain),
        (gain._curves[1], history.true_gain),
        (error._curves[0], history.model_error),
        (spent._curves[0], history.total_ms),
    ]
    for curve, column in pairs:
        np.testing.assert_allclose(curve.getData()[0], history.t)
        np.testing.assert_allclose(curve.getData()[1], column)


def test_a_click_and_a_drag_select_an_environment_step(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    viewport = view._lanes[0].plot.widget.viewport()
    with qtbot.waitSignal(view.t_selected) as clicked:
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 40))
    assert abs(clicked.args[0] - 40) <= 1
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 40))
    with qtbot.waitSignal(view.t_selected) as beyond:
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 190))
    assert beyond.args == [137]


def test_a_double_click_and_the_end_key_go_live(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    viewport = view._lanes[2].plot.widget.viewport()
    with qtbot.waitSignal(view.live_requested):
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 40))
    with qtbot.waitSignal(view.live_requested):
        qtbot.keyClick(view, Qt.Key.Key_End)


def test_the_arrow_keys_go_one_environment_step_back_and_forth(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    view.show_moment(make_moment(t=50))
    for key, t in ((Qt.Key.Key_Left, 49), (Qt.Key.Key_Right, 51), (Qt.Key.Key_Home, 0)):
        with qtbot.waitSignal(view.t_selected) as moved:
            qtbot.keyClick(view, key)
        assert moved.args == [t]


def test_nothing_is_selected_where_nothing_is_recorded(qtbot: QtBot) -> None:
    view = TimelineView()
    qtbot.addWidget(view)
    view.show_history(make_history(0))
    with qtbot.assertNotEmitted(view.t_selected):
        qtbot.keyClick(view, Qt.Key.Key_Left)


def test_the_wheel_zooms_around_the_cursor(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot, 1000)
    view.show_moment(make_moment(t=600))
    low, high = view._lanes[0].plot.item.vb.viewRange()[0]
    viewport = view._lanes[0].plot.widget.viewport()
    place = QPointF(viewport.rect().center())
    for _ in range(4):
        turn = QWheelEvent(
            place, viewport.mapToGlobal(place), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        qapp.sendEvent(viewport, turn)
    nearer = view._lanes[0].plot.item.vb.viewRange()[0]
    assert nearer[1] - nearer[0] < 0.5 * (high - low)
    assert nearer[0] < 600 < nearer[1]
    view.show_moment(make_moment(t=999))
    moved = view._lanes[4].plot.item.vb.viewRange()[0]
    assert moved[0] < 999 < moved[1]


def test_the_cursor_line_and_the_values_are_those_of_t(qtbot: QtBot) -> None:
    view, history = timeline(qtbot), make_history(138)
    view.show_moment(make_moment(t=77))
    assert all(lane._cursor.value() == 77 for lane in view._lanes)
    assert view._lanes[0].caption.values == (f"{history.reward[77]:.2f}",)
    assert f"return {history.episode_return[77]:.1f}" in view.header.readout()


def test_an_update_that_the_trust_region_changed_is_marked(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    factor = np.ones(138)
    factor[[3, 90]] = 0.5, 0.0
    view.show_history(make_history(138, trust_factor=factor))
    assert view._lanes[2]._marks.getData()[0].tolist() == [3, 90]


def test_a_long_episode_keeps_its_peaks_in_few_points() -> None:
    t = np.arange(20_000, dtype=float)
    values = np.sin(t / 50)
    values[12_345], values[7] = 9.0, np.nan
    x, y = thinned(t, values, MOST_POINTS)
    assert len(x) == len(y) <= MOST_POINTS
    assert np.nanmax(y) == 9.0
    assert (np.diff(x) >= 0).all()
