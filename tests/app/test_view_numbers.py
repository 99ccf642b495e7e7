"""The plotted numbers of a moment are the record's numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.state.moment import Moment
from app.views.action import ActionView
from app.views.curves import fan, mean, numbers, segments, std
from app.views.decomposition import LEVEL, DecompositionView
from app.views.gradient import MOST_BARS, GradientView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from core.traces.trace import Proposal
from tests.app.view_moments import make_moment


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
    np.testing.assert_allclose(view._norms.bars.opts["width"], expected)
    np.testing.assert_allclose(view._drifts.bars.opts["width"], moment.updates[3].layer_drifts)


def test_of_many_gradients_the_first_and_the_last_are_among_those_shown(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    moment = make_moment(ascent_steps=30)
    view.show_moment(moment)
    widths = view._norms.bars.opts["width"].reshape(MOST_BARS, -1)
    np.testing.assert_allclose(widths[0], moment.updates[0].layer_gradient_norms)
    np.testing.assert_allclose(widths[-1], moment.updates[29].layer_gradient_norms)


def test_bars_of_a_layer_stand_in_its_row_from_k_0_down(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    view.show_moment(make_moment(ascent_steps=2))
    rows = view._norms.bars.opts["y"].reshape(2, 4)
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
