"""Axes have the size of what they show, be it a thousandth or a thousand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.state.moment import Moment
from app.theme import LIGHT
from app.view_set import ViewSet
from app.views.calm_range import CalmRange
from app.views.decomposition import DecompositionView
from app.views.jumps import REST_SECONDS, Jumps
from app.views.k_cells import cells_of
from app.views.lane_caption import scale_of
from app.views.objective import ObjectiveView
from core.traces.trace import GradientUpdate
from tests.app.view_moments import make_moment

J_FIELDS = ("objective", "objective_std", "particle_objectives")
TERMS = ("reward_terms", "terminal_terms")


def times(moment: Moment, factor: float, *names: str) -> Moment:
    """The moment with these fields of its updates multiplied; without a true future."""

    def scaled(update: GradientUpdate) -> GradientUpdate:
        return dataclasses.replace(
            update, **{name: getattr(update, name) * factor for name in names}
        )

    updates = tuple(scaled(update) for update in moment.updates)
    return dataclasses.replace(moment, updates=updates, proposal=None, environment_step=None)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_the_objective_has_the_same_shape_in_any_unit(qtbot: QtBot, factor: float) -> None:
    spans = []
    for each in (1.0, factor):
        view = ObjectiveView()
        qtbot.addWidget(view)
        view.show_moment(times(make_moment(), each, *J_FIELDS))
        low, high = view._plot.item.vb.viewRange()[1]
        spans.append((high - low) / each)
    assert spans[1] == pytest.approx(spans[0], rel=0.3)


def test_the_rounding_of_a_large_objective_is_not_drawn_as_a_gain() -> None:
    calm = CalmRange()
    low, high = calm.fit(-2e-4, 3e-4, size=800.0)
    assert high - low >= 0.5
    assert CalmRange().fit(-2e-4, 3e-4, size=0.2)[1] < 1e-3


@given(st.lists(st.floats(-1e-12, 1e-12), min_size=2, max_size=60))
def test_noise_around_zero_moves_nothing(values: list[float]) -> None:
    calm, bars = CalmRange(), CalmRange(from_zero=True)
    assert {calm.fit(min(v, 0.0), max(v, 0.0)) for v in values} == {(-0.5, 0.5)}
    assert {bars.fit(min(v, 0.0), max(v, 0.0)) for v in values} == {(0.0, 1.0)}


@given(st.floats(1e-8, 1e6))
def test_the_first_values_after_zeros_are_seen_at_once(value: float) -> None:
    calm = CalmRange(from_zero=True)
    calm.fit(0.0, 0.0)
    low, high = calm.fit(0.0, value)
    assert low == 0.0
    assert value <= high < 2 * value


def test_zeros_after_small_values_leave_the_axis_alone() -> None:
    calm = CalmRange(from_zero=True, patience=4)
    shown = calm.fit(0.0, 0.002)
    assert {calm.fit(0.0, 0.0) for _ in range(40)} == {shown}


def test_zeros_after_a_large_value_rest_on_a_round_axis() -> None:
    calm = CalmRange(from_zero=True, patience=4)
    calm.fit(0.0, 100.0)
    assert [calm.fit(0.0, 0.0) for _ in range(40)][-1] == (0.0, 1.0)
    assert calm.fit(0.0, 0.003)[1] < 0.01


@pytest.mark.parametrize("factor", [1e-4, 1.0])
def test_the_k_lane_gives_a_gain_half_of_its_height(factor: float) -> None:
    cells = cells_of(times(make_moment(), factor, *J_FIELDS))
    low, high = cells.scale
    gains = np.ptp(cells.gains)
    assert gains / (high - low) > 0.5


def test_the_k_lane_of_one_update_shows_a_thousandth_of_its_level() -> None:
    moment = make_moment(ascent_steps=0)
    low, high = cells_of(moment).scale
    level = abs(moment.updates[0].objective)
    assert 2e-4 * level < high - low < 2e-3 * level


def test_terms_that_are_all_zero_are_called_so(qtbot: QtBot) -> None:
    view = DecompositionView()
    qtbot.addWidget(view)
    view.show_moment(times(make_moment(), 0.0, "reward_terms"))
    assert view._rewards.plot._note.text() == "every imagined reward is 0"


def test_terms_of_a_small_objective_have_a_small_axis(qtbot: QtBot) -> None:
    view = DecompositionView()
    qtbot.addWidget(view)
    view.show_moment(times(make_moment(), 1e-4, *J_FIELDS, *TERMS))
    assert view._rewards.plot._note.text() == ""
    low, high = view._terminal.plot.item.vb.viewRange()[1]
    assert high - low < 1e-2


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ((-0.004, 0.014), ("−0.004", "0.014")),
        ((-0.002, 0.01), ("−0.002", "0.01")),
        ((0.0, 1.0), ("0", "1")),
        ((-200.0, 50.0), ("−200", "50")),
        ((1588.0, 1588.5), ("1588", "1588.5")),
        ((0.0, 2e-4), ("0", "2e−4")),
        ((-2.5e-4, 0.001), ("−2.5e−4", "0.001")),
        ((0.9994, 1.0006), ("0.9994", "1.0006")),
    ],
)
def test_the_edges_of_a_lane_are_written_in_full(
    edges: tuple[float, float], words: tuple[str, str]
) -> None:
    assert scale_of(*edges) == words


def test_the_axes_fit_a_moment_that_a_person_goes_to(qtbot: QtBot) -> None:
    views = ViewSet(LIGHT)
    for view in (views.scene, views.objective, views.gradient, views.model):
        qtbot.addWidget(view)
    plots = (views.objective._plot, views.gradient._drifts.plot, views.model._state)

    def spans() -> list[float]:
        qtbot.waitUntil(lambda: not views._waiting and views._given is views._newest)
        ranges = [plot.item.vb.viewRange() for plot in plots]
        return [float(np.ptp(each)) for each in (ranges[0][1], ranges[1][0], ranges[2][1])]

    fields = (*J_FIELDS, "layer_drifts", "imagined_states")
    first = make_moment(t=40)

    def quiet(t: int, factor: float) -> Moment:
        return dataclasses.replace(times(make_moment(t=t), factor, *fields), run=first.run)

    views.show_moment(first)
    wide = spans()
    views.show_moment(quiet(80, 0.1))
    assert spans()[:2] == wide[:2]
    views._jumps._came -= REST_SECONDS
    views.show_moment(quiet(10, 0.1))
    assert all(now < 0.2 * then for now, then in zip(spans(), wide, strict=True))
    views._jumps._came -= REST_SECONDS
    views.show_moment(quiet(11, 0.01))
    assert spans()[0] > 0.05 * wide[0]
    views.shut_down()


def test_the_axes_of_another_run_are_forgotten_however_soon_the_next_one_comes() -> None:
    jumps = Jumps()
    demo = make_moment(t=40)
    assert not jumps.note(demo)
    following = dataclasses.replace(demo, updates=make_moment(t=41).updates)
    assert not jumps.note(following)
    live = make_moment(t=41)
    assert live.run is not demo.run
    assert jumps.note(live)
    assert not jumps.note(dataclasses.replace(live, k=0))
