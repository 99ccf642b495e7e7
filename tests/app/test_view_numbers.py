"""The plotted numbers are the record's numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from app.state.moment import Moment
from app.views.action import ActionView
from app.views.curves import fan, mean, numbers, segments, std
from app.views.decomposition import LEVEL, DecompositionView
from app.views.gradient import MOST_BARS, GradientView
from app.views.lane import MOST_POINTS, thinned
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.timeline import TimelineView
from app.views.updates import COLUMNS, UpdatesTable
from core.traces.trace import Proposal
from tests.app.view_moments import make_history, make_moment


def step_of(moment: Moment) -> Proposal:
    assert moment.proposal is not None
    return moment.proposal


def test_the_objective_is_drawn_from_its_value_at_k_0(qtbot: QtBot) -> None:
    view = ObjectiveView()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=3)
    view.show_moment(moment)
    offset = moment.updates[0].objective
    k, j = view._mean.getData()
    assert k.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(j, [u.objective - offset for u in moment.updates])
    np.testing.assert_allclose(
        view._errors.opts["top"], [u.objective_std for u in moment.updates]
    )
    np.testing.assert_allclose(view._true.getData()[1], [0.0, step_of(moment).true_gain])
    _, lines = view._particles.getData()
    first = lines[:4] + offset
    np.testing.assert_allclose(first, [u.particle_objectives[0] for u in moment.updates])


def test_the_objective_readout_has_both_gains(qtbot: QtBot) -> None:
    view = ObjectiveView()
    qtbot.addWidget(view)
    moment = make_moment(proposal_changes={"true_gain": 0.4})
    gain = moment.updates[1].objective - moment.updates[0].objective
    view.show_moment(moment)
    assert f"gain +{gain:.2f}" in view.header.readout()
    assert "true +0.40" in view.header.readout()


def test_an_update_that_is_not_finite_is_crossed_out(qtbot: QtBot) -> None:
    view = ObjectiveView()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=2)
    broken = dataclasses.replace(moment.updates[1], finite=False, objective=float("nan"))
    moment = dataclasses.replace(moment, updates=(moment.updates[0], broken, moment.updates[2]))
    view.show_moment(moment)
    assert view._dots.data["symbol"].tolist() == ["o", "x", "d"]
    assert "not finite" in view.header.readout()


def test_gradient_bars_are_the_norms_by_layer_and_k(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=3)
    view.show_moment(moment)
    expected = np.concatenate([u.layer_gradient_norms for u in moment.updates[:3]])
    np.testing.assert_allclose(view._norm_bars.opts["width"], expected)
    np.testing.assert_allclose(view._drift_bars.opts["width"], moment.updates[3].layer_drifts)


def test_of_many_gradients_the_first_and_the_last_are_among_those_shown(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=30)
    view.show_moment(moment)
    widths = view._norm_bars.opts["width"].reshape(MOST_BARS, -1)
    np.testing.assert_allclose(widths[0], moment.updates[0].layer_gradient_norms)
    np.testing.assert_allclose(widths[-1], moment.updates[29].layer_gradient_norms)


def test_bars_of_a_layer_stand_in_its_row_from_k_0_down(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    view.show_moment(make_moment(ascent_steps=2))
    rows = view._norm_bars.opts["y"].reshape(2, 4)
    assert (rows[0] > rows[1]).all()
    assert np.round(rows).tolist() == [[3, 2, 1, 0], [3, 2, 1, 0]]


def test_actions_stand_where_the_record_says(qtbot: QtBot) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    moment = make_moment()
    view.show_moment(moment)
    np.testing.assert_allclose(view._before.getData()[0], moment.updates[0].action)
    np.testing.assert_allclose(view._after.getData()[0], moment.updates[1].action)
    np.testing.assert_allclose(view._frozen.getData()[0][::2], step_of(moment).frozen_action)
    change = moment.updates[1].action - moment.updates[0].action
    shown = view._plot._ticks["right"]
    assert shown is not None
    assert [text for _, text in shown] == [f"{d:+.3f}".replace("-", "−") for d in change]


def test_the_trust_region_is_a_band_around_the_frozen_action(qtbot: QtBot) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    moment = make_moment(settings_changes={"trust_radius": 0.1})
    view.show_moment(moment)
    frozen = step_of(moment).frozen_action
    np.testing.assert_allclose(view._band.opts["x0"], np.maximum(frozen - 0.1, -1))
    edges = view._band.opts["x0"] + view._band.opts["width"]
    np.testing.assert_allclose(edges, np.minimum(frozen + 0.1, 1))


def test_where_weights_are_kept_the_frozen_action_is_unknown_until_recorded(
    qtbot: QtBot,
) -> None:
    view = ActionView()
    qtbot.addWidget(view)
    kept = {"reset_mode": "episode"}
    view.show_moment(make_moment(environment_step=False, settings_changes=kept))
    assert np.isnan(view._frozen.getData()[0]).all()
    assert not view._band.isVisible()
    view.show_moment(make_moment(settings_changes=kept))
    assert view._band.isVisible()


def test_the_change_of_the_terms_adds_up_to_the_gain(qtbot: QtBot) -> None:
    view = DecompositionView()
    qtbot.addWidget(view)
    moment = make_moment()
    view.show_moment(moment)
    rewards = view._rewards._bars["after"].opts["height"]
    terminal = view._terminal._bars["after"].opts["height"]
    before, after = moment.updates
    np.testing.assert_allclose(
        rewards, (after.reward_terms - before.reward_terms).mean(axis=0), atol=1e-5
    )
    gain = after.objective - before.objective
    assert rewards.sum() + terminal.sum() == pytest.approx(gain, abs=1e-3)


def test_the_level_shows_before_and_after_side_by_side(qtbot: QtBot) -> None:
    view = DecompositionView()
    qtbot.addWidget(view)
    moment = make_moment()
    view.show_moment(moment)
    view._chooser.setCurrentText(LEVEL)
    for role, update in zip(("before", "after"), moment.updates, strict=True):
        bars: Any = view._rewards._bars
        np.testing.assert_allclose(
            bars[role].opts["height"], update.reward_terms.mean(axis=0), rtol=1e-6
        )
    left, right = (view._rewards._bars[role].opts["x"] for role in ("before", "after"))
    assert (left < right).all()


def test_without_horizon_only_the_terminal_value_is_shown(qtbot: QtBot) -> None:
    view = DecompositionView()
    qtbot.addWidget(view)
    view.show_moment(make_moment(horizon=0))
    assert view._rewards.plot.isHidden()
    assert "H = 0" in view.header.readout()
    view.show_moment(make_moment())
    assert not view._rewards.plot.isHidden()


def test_the_model_view_shows_the_chosen_dimension(qtbot: QtBot) -> None:
    view = ModelView()
    qtbot.addWidget(view)
    moment = make_moment()
    view.show_moment(moment)
    view.choose_dimension(5)
    np.testing.assert_allclose(
        view._states["real"]._line.getData()[1], step_of(moment).true_states[2, :, 5]
    )
    np.testing.assert_allclose(
        view._states["after"]._line.getData()[1],
        moment.updates[1].imagined_states[:, :, 5].mean(axis=0),
        rtol=1e-5,
    )
    assert view._state.y_name == "torso x velocity, m/s"
    assert view._chooser.count() == 11


def test_the_model_view_shows_reward_error_and_spread(qtbot: QtBot) -> None:
    view = ModelView()
    qtbot.addWidget(view)
    moment = make_moment()
    view.show_moment(moment)
    step, after = step_of(moment), moment.updates[1]
    np.testing.assert_allclose(view._rewards["real"]._line.getData()[1], step.true_rewards[2])
    np.testing.assert_allclose(
        view._rewards["after"]._line.getData()[1],
        after.imagined_rewards.mean(axis=0),
        rtol=1e-5,
    )
    j, error = view._errors["real"]._line.getData()
    assert j.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(error, step.model_errors)
    np.testing.assert_allclose(
        view._errors["doubt"]._line.getData()[1], after.ensemble_spread, rtol=1e-6
    )


def test_a_true_future_that_ended_is_drawn_to_its_end(qtbot: QtBot) -> None:
    view = ModelView()
    qtbot.addWidget(view)
    moment = make_moment(proposal_changes={"true_lengths": np.array([5, 5, 2])})
    view.show_moment(moment)
    assert len(view._states["real"]._line.getData()[1]) == 3
    assert len(view._rewards["real"]._line.getData()[1]) == 2


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


def test_many_lines_are_one_curve() -> None:
    x, y = fan(np.array([0.0, 1.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(x, [0, 1, np.nan, 0, 1, np.nan])
    np.testing.assert_array_equal(y, [1, 2, np.nan, 3, 4, np.nan])
    ends = segments(np.zeros(2), np.ones(2), np.full(2, 5.0), np.full(2, 6.0))
    np.testing.assert_array_equal(ends, [[0, 5, 0, 5], [1, 6, 1, 6]])


def test_means_leave_out_what_is_not_finite() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.inf]])
    np.testing.assert_array_equal(mean(numbers(values)), [2.0, np.nan])
    np.testing.assert_array_equal(std(numbers(values)), [1.0, np.nan])
