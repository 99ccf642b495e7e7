"""The reference: chosen by mouse and key, compared with in every read-out, drawn dashed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.readouts import against
from app.state.cursor import Address
from app.state.moment import Moment
from app.state.selection import Selection
from app.theme import DARK, LIGHT, Theme, apply_palette
from app.views.action import ActionView
from app.views.decomposition import DecompositionView
from app.views.gradient import GradientView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.timeline import TimelineView
from app.views.updates import UpdatesTable
from tests.app.pointing import focus, place_in, press, settle
from tests.app.view_moments import make_history, make_moment
from tests.app.window_fixtures import Windows
from tests.records import make_run

SIZES: dict[type[Any], tuple[int, int]] = {
    ObjectiveView: (380, 190),
    GradientView: (380, 190),
    ActionView: (380, 190),
    DecompositionView: (380, 190),
    ModelView: (380, 360),
    UpdatesTable: (380, 150),
    TimelineView: (600, 260),
}
EVERY_VIEW = pytest.mark.parametrize("view_type", SIZES, ids=lambda v: v.__name__)
SHIFT = Qt.KeyboardModifier.ShiftModifier


def shown(
    qtbot: QtBot, view_type: type[Any], moment: Moment, reference: Moment, theme: Theme = LIGHT
) -> Any:
    """The view of a moment, compared with the reference."""
    view = view_type(theme)
    qtbot.addWidget(view)
    view.set_selection(Selection())
    view.selection.compare_with(reference)
    view.resize(*SIZES[view_type])
    with qtbot.waitExposed(view):
        view.show()
    if isinstance(view, TimelineView):
        view.show_history(make_history(moment.t + 1))
    view.show_moment(moment)
    return view


def with_gain(gain: float, **options: Any) -> Moment:
    """A moment with E = 1 whose J rises by `gain` from 300."""
    moment = make_moment(**options)
    first, last = moment.updates
    first = dataclasses.replace(first, objective=300.0)
    last = dataclasses.replace(last, objective=300.0 + gain)
    return dataclasses.replace(moment, updates=(first, last))


def test_the_objective_says_how_far_it_is_from_the_reference(qtbot: QtBot) -> None:
    moment = with_gain(18.2, proposal_changes={"true_gain": 0.5})
    reference = with_gain(16.8, t=120, proposal_changes={"true_gain": 0.1})
    view = shown(qtbot, ObjectiveView, moment, reference)
    assert view.header.readout().split("\n")[1] == (
        "vs t = 120, k = 1  J (+1.4)  gain (+1.4)  true (+0.40)"
    )
    k, levels = view._reference.getData()
    np.testing.assert_allclose(k, [0, 1])
    np.testing.assert_allclose(levels, [0.0, 16.8])


def test_without_a_reference_nothing_is_compared(qtbot: QtBot) -> None:
    view = shown(qtbot, ObjectiveView, make_moment(), make_moment(t=3))
    height = view.header.height()
    view.selection.compare_with(None)
    view.redraw()
    assert "vs" not in view.header.readout()
    assert view.header.height() < height
    assert view._reference.getData()[0] is None or not len(view._reference.getData()[0])


def test_gradient_and_drift_are_compared_by_layer(qtbot: QtBot) -> None:
    moment, reference = make_moment(ascent_steps=2), make_moment(ascent_steps=3, seed=4, t=9)
    view = shown(qtbot, GradientView, moment, reference)
    gap = moment.updates[2].drift - reference.updates[3].drift
    assert "vs t = 9, k = 3" in view.header.readout()
    assert "drift (" in view.header.readout()
    assert np.isfinite(gap)
    np.testing.assert_allclose(
        view._norms.reference.getData()[0][::2], reference.updates[2].layer_gradient_norms
    )
    np.testing.assert_allclose(
        view._drifts.reference.getData()[0][::2], reference.updates[3].layer_drifts
    )


def test_the_action_is_compared_in_each_dimension(qtbot: QtBot) -> None:
    moment = make_moment()
    action = moment.updates[1].action - np.array([0.1, -0.2, 0.0])
    updates = (moment.updates[0], dataclasses.replace(moment.updates[1], action=action))
    reference = dataclasses.replace(make_moment(t=120), updates=updates)
    view = shown(qtbot, ActionView, moment, reference)
    ticks = view._plot._ticks["right"]
    assert ticks is not None
    assert [text.split()[1] for _, text in ticks] == ["(+0.10)", "(−0.20)", "(0)"]
    np.testing.assert_allclose(view._reference.getData()[0][::2], action)
    assert view._plot._right_caption.text() == "change (vs ref.)"


def test_an_action_of_another_size_is_not_compared(qtbot: QtBot) -> None:
    reference = make_moment(t=1)
    last = dataclasses.replace(reference.updates[1], action=np.zeros(8))
    reference = dataclasses.replace(reference, updates=(reference.updates[0], last))
    view = shown(qtbot, ActionView, make_moment(), reference)
    assert np.isnan(view._reference.getData()[0]).all()


def test_the_lanes_show_values_and_their_differences(qtbot: QtBot) -> None:
    moment = make_moment(t=137)
    reference = make_moment(t=120)
    assert reference.environment_step is not None
    step = dataclasses.replace(reference.environment_step, reward=2.0, episode_return=300.0)
    reference = dataclasses.replace(reference, environment_step=step)
    view = shown(qtbot, TimelineView, moment, reference)
    reward = view._lanes[0]
    history = make_history(138)
    assert reward.caption.differences == (against(history.reward[137], 2.0),)
    assert reward.caption.values == (f"{history.reward[137]:.2f}",)
    assert all(lane._reference.isVisible() for lane in view._lanes)
    assert all(lane._reference.value() == 120 for lane in view._lanes)
    line = view.header.readout().split("\n")[1]
    assert moment.environment_step is not None
    gap = moment.environment_step.episode_return - 300.0
    assert line.startswith(f"vs t = 120, k = 1  return (+{gap:.0f}")


def test_a_reference_of_another_episode_has_no_line_and_one_of_another_branch_has(
    qtbot: QtBot,
) -> None:
    moment = make_moment()
    elsewhere = make_moment(t=12, step_changes={"episode": 3})
    view = shown(qtbot, TimelineView, moment, elsewhere)
    assert not any(lane._reference.isVisible() for lane in view._lanes)
    assert "vs episode 3, t = 12" in view.header.readout()
    view.selection.compare_with(dataclasses.replace(make_moment(t=12), branch=2))
    view.redraw()
    assert all(lane._reference.value() == 12 for lane in view._lanes)
    assert "vs branch 2, t = 12" in view.header.readout()


@EVERY_VIEW
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_label_fits_beside_its_difference(
    qtbot: QtBot, qapp: QApplication, view_type: type[Any], theme: Theme
) -> None:
    apply_palette(qapp, theme)
    moment = make_moment(ascent_steps=10, proposal_changes={"true_gain": -1234.5678})
    view = shown(qtbot, view_type, moment, make_moment(t=9, seed=2), theme)
    view.selection.select(3)
    view.redraw()
    qapp.processEvents()
    assert "vs t = 9, k = 1" in view.header.readout()
    assert view.labels_fit()


@EVERY_VIEW
@pytest.mark.parametrize("changes", [
    {"updates": (), "proposal": None, "environment_step": None},
    {"proposal": None, "environment_step": None},
    {"k": 0},
], ids=["nothing recorded", "updates go on", "k = 0"])  # fmt: skip
def test_any_moment_can_be_the_reference_and_be_compared(
    qtbot: QtBot, view_type: type[Any], changes: dict[str, Any]
) -> None:
    other = dataclasses.replace(make_moment(ascent_steps=2), **changes)
    view = shown(qtbot, view_type, make_moment(), other)
    view.selection.compare_with(make_moment(horizon=0, ascent_steps=0, t=7))
    view.show_moment(other)
    view.show_moment(make_moment(horizon=50, particles=64))
    assert view.labels_fit()


def test_shift_and_a_click_set_the_reference_and_keys_set_and_clear_it(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 60, ascent_steps=2))
    selection, timeline = application.desk.selection, application.views.timeline
    settle(qtbot, application)
    plot = timeline._lanes[1].plot
    viewport = plot.widget.viewport()
    at = application.cursor.address
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, SHIFT, place_in(plot, 20, 0))
    assert selection.reference is not None
    assert (selection.reference.t, selection.reference.k) == (20, 2)
    assert application.cursor.address == at, "the cursor stays"
    settle(qtbot, application)
    assert "vs t = 20, k = 2" in application.views.objective.header.readout()
    focus(qtbot, application)
    press(application, Qt.Key.Key_R, SHIFT)
    assert selection.reference is None
    application.driver.go_to(Address(t=7, k=1))
    press(application, Qt.Key.Key_R)
    assert (selection.reference.t, selection.reference.k) == (7, 1)
    settle(qtbot, application)
    lane = timeline.k_lane
    place = lane.box(0).center().toPoint()
    qtbot.mouseClick(lane, Qt.MouseButton.LeftButton, SHIFT, place)
    assert (selection.reference.t, selection.reference.k) == (7, 0)


def test_another_trace_forgets_reference_and_particle(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 6))
    application.window.commands.actions["set_reference"].trigger()
    application.desk.selection.select(2)
    application.source.open_trace(make_run(tmp_path / "b.trace", 4))
    assert application.desk.selection.reference is None
    assert application.desk.selection.particle is None
