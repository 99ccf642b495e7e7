"""The axis of the bars of a gradient: one far moment does not leave the others without bars."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.state.moment import Moment
from app.theme import DARK
from app.views.bar_range import FAR, FEWEST, RECENT, BarRange
from app.views.gradient import GradientView
from tests.app.view_moments import make_moment

USUAL = (0.1, 0.12, 0.08, 0.11, 0.1, 0.09, 0.12)
SPIKE = 20.0


def ends(*largest: float, reference: float = 0.0) -> list[float]:
    """The axis after each moment."""
    bars = BarRange()
    return [bars.fit(value, reference, t) for t, value in enumerate(largest)]


def moment_of(t: int, largest: float, **changes: int) -> Moment:
    """Four layers, the first with the largest gradient."""
    norms = np.array([1.0, 0.5, 0.25, 0.5]) * largest
    moment = make_moment(t=t, **changes)
    updates = tuple(
        dataclasses.replace(u, layer_gradient_norms=norms) if u.k == 0 else u
        for u in moment.updates
    )
    return dataclasses.replace(moment, updates=updates)


def test_an_early_spike_sets_the_axis_for_a_moment_or_two() -> None:
    after = ends(SPIKE, *USUAL)
    assert after[0] >= SPIKE
    assert all(0.1 < end < 0.3 for end in after[FEWEST - 1 :])


def test_a_spike_among_others_leaves_the_axis_alone() -> None:
    before, at, after = ends(*USUAL, SPIKE, 0.1)[-3:]
    assert before == at == after < 0.3


def test_a_gradient_that_stays_large_sets_the_axis_at_its_second_moment() -> None:
    assert ends(*USUAL, SPIKE, SPIKE)[-1] >= SPIKE


def test_a_gradient_that_stays_small_shrinks_the_axis_once_nothing_else_is_remembered() -> None:
    after = ends(SPIKE, SPIKE, *[0.1] * RECENT)
    assert after[RECENT - 1] >= SPIKE
    assert after[-1] < 0.3


def test_what_is_not_far_is_held() -> None:
    assert ends(*USUAL, 0.9 * FAR * max(USUAL))[-1] >= 0.9 * FAR * max(USUAL)


def test_a_moment_that_is_drawn_again_counts_once() -> None:
    bars = BarRange()
    for t, value in enumerate(USUAL):
        bars.fit(value, 0.0, t)
    assert max(bars.fit(SPIKE, 0.0, "again") for _ in range(5)) < 0.3


def test_a_reference_is_always_held() -> None:
    assert min(ends(*USUAL, reference=SPIKE)) >= SPIKE


def test_after_forgetting_the_next_moment_fits_whole() -> None:
    bars = BarRange()
    for t, value in enumerate(USUAL):
        bars.fit(value, 0.0, t)
    bars.forget()
    assert bars.fit(SPIKE, 0.0, "elsewhere") >= SPIKE


@pytest.mark.parametrize("largest", [(0.0,) * 5, (0.0, 0.0, SPIKE, 0.0), (1e-300, 1.0, 1e300)])
def test_the_axis_has_a_length(largest: tuple[float, ...]) -> None:
    assert all(0 < end < np.inf for end in ends(*largest))


def test_bars_beyond_the_axis_say_how_far_they_go(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    for t, value in enumerate(USUAL):
        view.show_moment(moment_of(t, value))
    assert view._norms.words == []
    view.show_moment(moment_of(8, SPIKE))
    assert view._norms.words == ["20.0 ▶", "10.0 ▶", "5.00 ▶", "10.0 ▶"]
    assert view._norms.plot.item.vb.viewRange()[0][1] < 0.3
    np.testing.assert_allclose(view._norms.bars.opts["width"], [20, 10, 5, 10])
    view.set_theme(DARK)
    assert view._norms.words[0] == "20.0 ▶"
    view.show_moment(moment_of(9, 0.1))
    assert view._norms.words == []


def test_a_moment_without_a_gradient_says_nothing_of_the_one_before(qtbot: QtBot) -> None:
    view = GradientView()
    qtbot.addWidget(view)
    for t, value in enumerate((*USUAL, SPIKE)):
        view.show_moment(moment_of(t, value))
    assert view._norms.words
    view.show_moment(make_moment(t=9, ascent_steps=0))
    assert view._norms.words == []
