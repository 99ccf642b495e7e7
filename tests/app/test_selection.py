"""A picked particle in each view: found by a click, drawn from its own numbers."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.rendering.wire import Camera
from app.state.moment import Moment
from app.state.selection import Selection, reference_name
from app.theme import LIGHT
from app.views.decomposition import LEVEL, DecompositionView
from app.views.fan import FanView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.scene_picture import LIVE_PARTICLES, Wish, compose
from core.traces.trace import GradientUpdate
from tests.app.pointing import click
from tests.app.view_moments import make_moment
from tests.app.yardstick import empty_repaint

WAIT = 30_000
KEPT = 16
PICKING = (ObjectiveView, DecompositionView, ModelView, FanView)
EVERY_PICKING = pytest.mark.parametrize("view_type", PICKING, ids=lambda v: v.__name__)


def thinned(moment: Moment) -> Moment:
    """As the engine keeps it: at most KEPT particles between the first and the last k."""
    inner = {u.k for u in moment.updates[1:-1]}
    updates = tuple(_first(u) if u.k in inner else u for u in moment.updates)
    return dataclasses.replace(moment, updates=updates)


def _first(update: GradientUpdate) -> GradientUpdate:
    names = (
        "particle_objectives", "reward_terms", "terminal_terms", "survival",
        "imagined_rewards", "imagined_states", "imagined_actions",
    )  # fmt: skip
    return dataclasses.replace(update, **{n: getattr(update, n)[:KEPT] for n in names})


def shown(qtbot: QtBot, view_type: type[Any], moment: Moment, particle: int | None) -> Any:
    """The view with that particle picked."""
    view, selection = view_type(), Selection()
    qtbot.addWidget(view)
    view.resize(420, 360)
    view.set_selection(selection)
    selection.select(particle)
    with qtbot.waitExposed(view):
        view.show()
    view.show_moment(moment)
    return view


def spread(moment: Moment) -> Moment:
    """The same with particles far apart, so that a click means one of them."""
    last = moment.updates[-1]
    steps = np.arange(len(last.particle_objectives), dtype=float)
    states = last.imagined_states + 0.2 * steps[:, None, None]
    objectives = last.particle_objectives + 5 * steps
    spaced = dataclasses.replace(last, particle_objectives=objectives, imagined_states=states)
    return dataclasses.replace(moment, updates=(*moment.updates[:-1], spaced))


def test_the_keys_go_round_through_the_particles() -> None:
    selection, seen = Selection(), []
    selection.particle_changed.connect(seen.append)
    for step in (1, 1, 1, 1, -1, -1):
        selection.go_through(step, 3)
    assert seen == [0, 1, 2, 0, 2, 1]
    selection.select(None)
    selection.go_through(-1, 3)
    assert selection.particle == 2
    selection.go_through(1, 2)
    assert selection.particle == 0, "there are fewer particles now"
    selection.go_through(1, 0)
    assert selection.particle == 0


def test_a_selection_announces_only_what_changes() -> None:
    selection, moment = Selection(), make_moment()
    counted: list[object] = []
    selection.particle_changed.connect(counted.append)
    selection.reference_changed.connect(counted.append)
    for _ in range(2):
        selection.select(3)
        selection.compare_with(moment)
    assert counted == [3, moment]
    selection.clear()
    assert (selection.particle, selection.reference) == (None, None)


def test_a_reference_is_named_by_what_differs() -> None:
    reference = make_moment(t=120, k=1)
    assert reference_name(reference, make_moment(t=130)) == "vs t = 120, k = 1"
    other = dataclasses.replace(reference, branch=2)
    assert reference_name(other, make_moment()) == "vs branch 2, t = 120, k = 1"
    empty = dataclasses.replace(make_moment(), updates=(), proposal=None, environment_step=None)
    assert reference_name(reference, empty) == "vs episode 0, t = 120, k = 1"


@EVERY_PICKING
def test_a_click_beside_all_lines_picks_none(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type, make_moment(), 3)
    plot = view.plots()[0]
    corner = QPoint(plot.widget.width() - 12, 20)
    with qtbot.waitSignal(view.particle_picked) as picked:
        qtbot.mouseClick(plot.widget.viewport(), Qt.MouseButton.LeftButton, pos=corner)
    assert picked.args == [None]


def test_a_click_on_a_particles_objective_picks_it(qtbot: QtBot) -> None:
    moment = spread(make_moment())
    view = shown(qtbot, ObjectiveView, moment, None)
    value = moment.updates[-1].particle_objectives[5] - moment.updates[0].objective
    with qtbot.waitSignal(view.particle_picked) as picked:
        click(qtbot, view._plot, 1.0, float(value))
    assert picked.args == [5]


def test_a_click_on_a_dot_of_the_terms_picks_its_particle(qtbot: QtBot) -> None:
    moment = make_moment(particles=64)
    view = shown(qtbot, DecompositionView, moment, None)
    group = view._terminal._groups["after"]
    row = int(group.dots_y[:, 0].argmax())
    with qtbot.waitSignal(view.particle_picked) as picked:
        click(qtbot, view._terminal.plot, float(group.dots_x[row, 0]), group.dots_y[row, 0])
    assert picked.args == [row]


def test_a_click_on_an_imagined_curve_picks_its_particle(qtbot: QtBot) -> None:
    moment = spread(make_moment())
    view = shown(qtbot, ModelView, moment, None)
    value = float(moment.updates[-1].imagined_states[4, 5, 0])
    with qtbot.waitSignal(view.particle_picked) as picked:
        click(qtbot, view._state, 5.0, value)
    assert picked.args == [4]


def test_a_click_on_a_line_of_the_fan_picks_its_particle(qtbot: QtBot) -> None:
    view = shown(qtbot, FanView, spread(make_moment()), None)
    x, y = view._curves[0]._drawn["after"][6][-1]
    with qtbot.waitSignal(view.particle_picked) as picked:
        click(qtbot, view.plots()[0], float(x), float(y))
    assert picked.args == [6]


def test_a_drag_over_a_plot_is_no_click(qtbot: QtBot) -> None:
    view = shown(qtbot, ObjectiveView, make_moment(), None)
    viewport = view._plot.widget.viewport()
    with qtbot.assertNotEmitted(view.particle_picked):
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
        qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(140, 60))


def test_the_picked_particle_is_drawn_from_its_own_numbers(qtbot: QtBot) -> None:
    moment = make_moment(ascent_steps=2, particles=64)
    objective = shown(qtbot, ObjectiveView, moment, 40)
    offset = moment.updates[0].objective
    np.testing.assert_allclose(
        objective._chosen.data[1], [u.particle_objectives[40] - offset for u in moment.updates]
    )
    model = shown(qtbot, ModelView, moment, 40)
    np.testing.assert_allclose(
        model._chosen_state.data[1], moment.updates[2].imagined_states[40, :, 0], rtol=1e-6
    )
    np.testing.assert_allclose(
        model._chosen_reward.data[1], moment.updates[2].imagined_rewards[40], rtol=1e-6
    )
    terms = shown(qtbot, DecompositionView, moment, 40)
    change = moment.updates[2].reward_terms[40] - moment.updates[0].reward_terms[40]
    np.testing.assert_allclose(
        terms._rewards._chosen["after"].opts["height"], change, atol=1e-6
    )


def test_levels_pick_the_particle_out_before_and_after(qtbot: QtBot) -> None:
    moment = make_moment()
    view = shown(qtbot, DecompositionView, moment, 2)
    view._chooser.setCurrentText(LEVEL)
    for role, update in zip(("before", "after"), moment.updates, strict=True):
        bars = view._terminal._chosen[role]
        assert bars.isVisible()
        assert bars.opts["height"] == pytest.approx(update.terminal_terms[2])


def test_the_readout_says_what_the_particle_is_worth(qtbot: QtBot) -> None:
    moment = make_moment()
    last = moment.updates[-1]
    reward, terminal = float(last.reward_terms[3].sum()), float(last.terminal_terms[3])
    view = shown(qtbot, DecompositionView, moment, 3)
    total = reward + terminal
    line = view.header.readout().split("\n")[1]
    assert line == (
        f"particle 3:  J {total:.1f},  reward {reward:.1f} + terminal {terminal:.1f}"
    )
    objective = shown(qtbot, ObjectiveView, moment, 3)
    assert "particle 3:  J" in objective.header.readout()


@EVERY_PICKING
def test_a_particle_that_is_not_kept_is_not_shown_and_nothing_fails(
    qtbot: QtBot, view_type: type[Any]
) -> None:
    moment = thinned(make_moment(ascent_steps=3, particles=64, k=1))
    plain = shown(qtbot, view_type, moment, None)
    view = shown(qtbot, view_type, moment, 40)
    assert "40: 1" not in view.header.readout()
    for k in (0, 1, 3, 2):
        view.show_moment(dataclasses.replace(moment, k=k))
        plain.show_moment(dataclasses.replace(moment, k=k))
    assert view.grab().toImage().size() == plain.grab().toImage().size()


@EVERY_PICKING
def test_fewer_particles_show_none_and_more_show_it_again(
    qtbot: QtBot, view_type: type[Any]
) -> None:
    view = shown(qtbot, view_type, make_moment(particles=4), 6)
    assert "gain" not in "".join(view.header.readout().split("\n")[1:])
    view.show_moment(make_moment(particles=8))
    assert "particle 6:" in view.header.readout()


SHAPES: dict[str, dict[str, Any]] = {
    "H = 0": {"horizon": 0},
    "E = 0": {"ascent_steps": 0},
    "M = 1": {"particles": 1, "environment_step": False},
}


@EVERY_PICKING
@pytest.mark.parametrize("shape", SHAPES)
def test_a_picked_particle_survives_every_shape_of_moment(
    qtbot: QtBot, view_type: type[Any], shape: str
) -> None:
    view = shown(qtbot, view_type, make_moment(**SHAPES[shape]), 0)
    assert view.labels_fit()


@EVERY_PICKING
def test_all_labels_fit_with_particle_and_reference(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type, make_moment(ascent_steps=3, particles=64), 63)
    view.selection.compare_with(make_moment(t=1120, ascent_steps=10, k=10, seed=3))
    view.resize((view_type is ModelView and 380) or 380, 360)
    view.redraw()
    assert view.labels_fit()


@EVERY_PICKING
def test_64_particles_cost_no_more_items_and_little_time(
    qtbot: QtBot, view_type: type[Any]
) -> None:
    few = shown(qtbot, view_type, make_moment(particles=4), 3)
    many = shown(qtbot, view_type, make_moment(particles=64), 3)
    items = [[len(plot.item.items) for plot in view.plots()] for view in (few, many)]
    assert items[0] == items[1]
    spent = []
    for moment in [make_moment(particles=64, seed=seed) for seed in range(12)]:
        start = time.process_time()
        many.show_moment(moment)
        spent.append(time.process_time() - start)
    assert np.median(spent) < 8 * empty_repaint(qtbot)


def test_the_picture_of_the_scene_holds_the_picked_particle() -> None:
    moment = make_moment(particles=64)
    for still in (False, True):
        wish = Wish(
            theme=LIGHT,
            camera=Camera(),
            size=(400, 300),
            still=still,
            particle=LIVE_PARTICLES + 9,
        )
        picture = compose(moment, wish, np.zeros(1))
        assert picture is not None
        for ghost in picture.ghosts:
            fan = picture.fans[ghost.fan]
            if fan.name == "real":
                assert ghost.particle == -1
            else:
                assert fan.particles[ghost.particle] == LIVE_PARTICLES + 9
        assert len(picture.fans[0].states) == (64 if still else LIVE_PARTICLES)
    beyond = dataclasses.replace(wish, particle=99)
    picture = compose(moment, beyond, np.zeros(1))
    assert picture is not None
    assert all(ghost.particle == -1 for ghost in picture.ghosts)
