"""The verdict: what it says, and how seldom it is wrong about nothing."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from scipy import stats

from app.state.moment import History
from app.state.verdict import find_evidence, find_verdict, t_quantile
from app.views.verdict import VerdictView
from tests.app.view_moments import make_history, make_moment

NAN = float("nan")


def sentence(history: History | None = None, **options: object) -> str:
    moment = make_moment(**options)  # type: ignore[arg-type]
    return find_verdict(
        moment, make_history() if history is None else history
    ).sentence.replace("\u00a0", " ")


def gains(*values: float, length: int = 40) -> np.ndarray:
    return np.resize(np.array(values), length)


def test_it_names_the_predicted_and_the_true_gain_and_their_reach() -> None:
    text = sentence(proposal_changes={"objective_gain": 3.1, "true_gain": 0.4})
    assert text.startswith("Objective gain +3.1 predicted, true +0.4 over 5 steps; ")


def test_the_sign_stands_before_the_words_it_stands_for_and_not_for_this_step(
    qtbot: QtBot,
) -> None:
    view = VerdictView()
    qtbot.addWidget(view)
    view.resize(626, 38)
    view.show_moment(make_moment(proposal_changes={"true_gain": -0.4}))
    view.show_history(make_history(true_gain=gains(0.1, 0.14, length=138)))
    text = view.text.replace("\u00a0", " ")
    assert text.startswith("Objective gain ")
    assert "true −0.4 over 5 steps; ▲ helps over the last 40 steps (+0.12" in text
    assert view.labels_fit()
    view.show_history(make_history(2))
    assert "▲" not in view.text


def test_gains_above_zero_help() -> None:
    history = make_history(true_gain=gains(0.1, 0.14, length=138))
    verdict = find_verdict(make_moment(), history)
    assert verdict.finding == "helps"
    assert "helps over the last 40 steps (+0.12" in verdict.sentence.replace("\u00a0", " ")


def test_gains_below_zero_hurt() -> None:
    history = make_history(true_gain=gains(-0.1, -0.14, length=138))
    verdict = find_verdict(make_moment(), history)
    assert verdict.finding == "hurts"
    assert "hurts over the last 40 steps (−0.12" in verdict.sentence.replace("\u00a0", " ")


def test_an_interval_around_zero_is_no_evidence() -> None:
    history = make_history(true_gain=gains(-1.0, 1.02, length=138))
    assert "no evidence over the last 40 steps" in sentence(history)


def test_the_evidence_ends_at_the_cursor() -> None:
    gain = np.concatenate([gains(1.0, 1.1, length=50), gains(-1.0, -1.1, length=88)])
    history = make_history(true_gain=gain)
    assert find_verdict(make_moment(t=45), history).finding == "helps"
    assert find_verdict(make_moment(t=137), history).finding == "hurts"


@pytest.mark.parametrize("n", [0, 1, 4])
def test_there_is_no_interval_below_five_steps(n: int) -> None:
    assert f"too few steps for evidence (n = {n})" in sentence(make_history(n), t=max(0, n - 1))
    assert find_evidence(np.ones(n)).finding == "unknown"


def test_gains_that_are_not_finite_are_left_out() -> None:
    evidence = find_evidence(np.array([1.0, NAN, 1.1, 1.0, math.inf, 1.1, 1.0]))
    assert evidence.n == 5
    assert evidence.finding == "helps"


def test_without_horizon_the_critic_is_no_witness() -> None:
    text = sentence(horizon=0)
    assert text.startswith("H = 0: gain ")
    assert "critic alone" in text
    assert "helps" not in text


def test_without_updates_the_frozen_policy_acts() -> None:
    assert sentence(ascent_steps=0) == "No updates (E = 0): the frozen policy acts."


def test_it_says_that_the_trust_region_acted() -> None:
    assert "shrank the update to 1/4" in sentence(proposal_changes={"trust_factor": 0.25})
    assert "refused the update" in sentence(proposal_changes={"trust_factor": 0.0})
    assert "trust region" not in sentence()


def test_it_says_that_the_frozen_action_was_applied() -> None:
    text = sentence(proposal_changes={"fallback": "the rollout was not finite"})
    assert text.startswith("The frozen action was applied: the rollout was not finite; ")


def test_it_says_when_truth_is_not_computed() -> None:
    assert "the true one is not computed" in sentence(proposal_changes={"true_gain": NAN})


def test_before_the_action_it_names_the_gain_so_far() -> None:
    text = sentence(ascent_steps=5, environment_step=False)
    assert "update 5 of 5; the action is not applied yet" in text


def test_a_proposed_action_has_its_true_gain_before_it_is_applied() -> None:
    text = sentence(environment_step=False, proposal=True, proposal_changes={"true_gain": 0.4})
    assert "true +0.4 over 5 steps; the action is not applied yet; " in text
    fallback = {"fallback": "the rollout was not finite"}
    text = sentence(environment_step=False, proposal=True, proposal_changes=fallback)
    assert text.startswith("The frozen action will be applied: the rollout was not finite; ")


def test_before_anything_happened_it_waits() -> None:
    moment = dataclasses.replace(
        make_moment(), updates=(), proposal=None, environment_step=None
    )
    assert find_verdict(moment, History.empty()).sentence.startswith("Waiting")


@pytest.mark.parametrize("degrees", [3, 3.7, 4, 5.5, 9, 11, 17, 25, 39, 50, 200])
def test_the_t_quantile_is_that_of_student(degrees: float) -> None:
    assert t_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=5e-3)


def test_independent_gains_have_the_textbook_interval() -> None:
    values = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 2.0])
    expected = stats.t.interval(0.95, 6, loc=values.mean(), scale=stats.sem(values))
    evidence = find_evidence(values)
    assert evidence.mean - evidence.half_width == pytest.approx(expected[0], rel=5e-3)
    assert evidence.mean + evidence.half_width == pytest.approx(expected[1], rel=5e-3)


@pytest.mark.parametrize(("overlap", "most"), [(1, 0.09), (5, 0.09)])
def test_pure_noise_is_rarely_taken_for_evidence(overlap: int, most: float) -> None:
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(600):
        noise = rng.standard_normal(40 + overlap - 1)
        gain = np.convolve(noise, np.ones(overlap), mode="valid")
        wrong += find_evidence(gain).finding != "no evidence"
    assert wrong / 600 < most
