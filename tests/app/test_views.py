"""What holds for every view: any record, both themes, no warning, no label cut off, in time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.state.moment import History, Moment
from app.theme import DARK, LIGHT, Theme, apply_palette
from app.views.action import ActionView
from app.views.decomposition import DecompositionView
from app.views.gradient import GradientView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.timeline import TimelineView
from app.views.updates import UpdatesTable
from app.views.verdict import VerdictView
from core.traces.trace import GradientUpdate, Proposal
from tests.app.view_moments import make_history, make_moment
from tests.app.yardstick import empty_repaint

NAN = float("nan")
SIZES: dict[type[Any], tuple[int, int]] = {
    ObjectiveView: (380, 170),
    GradientView: (380, 170),
    ActionView: (380, 170),
    DecompositionView: (380, 170),
    ModelView: (380, 340),
    TimelineView: (600, 230),
    UpdatesTable: (380, 130),
    VerdictView: (600, 38),
}
EVERY_VIEW = pytest.mark.parametrize("view_type", SIZES, ids=lambda v: v.__name__)
PLOTS = (ObjectiveView, GradientView, ActionView, DecompositionView)


def spoiled(record: Any, value: float) -> Any:
    """The record with every number and every array replaced by `value`."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        current = getattr(record, field.name)
        if isinstance(current, float):
            changes[field.name] = value
        elif isinstance(current, np.ndarray) and current.dtype.kind == "f":
            changes[field.name] = np.full_like(current, value)
    if isinstance(record, GradientUpdate):
        changes["finite"] = False
    return dataclasses.replace(record, **changes)


def spoiled_moment(value: float) -> Moment:
    moment = make_moment(ascent_steps=2)
    return dataclasses.replace(
        moment,
        updates=tuple(spoiled(update, value) for update in moment.updates),
        proposal=spoiled(moment.proposal, value),
        environment_step=spoiled(moment.environment_step, value),
    )


def large_numbers() -> Moment:
    """The longest texts that a diverging run writes."""
    moment = make_moment(
        ascent_steps=10,
        proposal_changes={
            "trust_factor": 2**-10,
            "true_gain": -1234.5678,
            "model_error": 12.345,
        },
    )
    changes: dict[str, Any] = {
        "drift": 1.2345e-4,
        "gradient_cosine": -0.123,
        "step_size": 1.234e-7,
    }
    updates = tuple(
        dataclasses.replace(
            update,
            objective=-12345.678 + 1.2345 * update.k,
            gradient_norm=NAN if update.last else 12345.6,
            trust_factor=2**-10 if update.last else 1.0,
            imagine_ms=1234.0,
            **changes,
        )
        for update in moment.updates
    )
    return dataclasses.replace(moment, updates=updates)


def without_diagnostics() -> Moment:
    """As an engine without the frozen twin and the true futures writes it."""
    moment = make_moment()
    proposal, step = moment.proposal, moment.environment_step
    assert isinstance(proposal, Proposal)
    assert step is not None
    missing = {
        name: np.full_like(getattr(proposal, name), np.nan)
        for name in ("true_states", "true_rewards", "true_objectives", "model_errors")
    }
    proposal = dataclasses.replace(
        proposal, true_gain=NAN, model_error=NAN, true_lengths=np.zeros(3, int), **missing
    )
    step = dataclasses.replace(step, frozen_return=NAN)
    return dataclasses.replace(moment, proposal=proposal, environment_step=step)


MOMENTS: dict[str, Callable[[], Moment]] = {
    "E = 1": make_moment,
    "E = 0": lambda: make_moment(ascent_steps=0),
    "E = 5, cursor at 3": lambda: make_moment(ascent_steps=5, k=3),
    "E = 30": lambda: make_moment(ascent_steps=30),
    "H = 0": lambda: make_moment(horizon=0),
    "H = 1": lambda: make_moment(horizon=1),
    "H = 50, M = 64": lambda: make_moment(horizon=50, particles=64),
    "M = 1": lambda: make_moment(particles=1),
    "cursor at k = 0": lambda: make_moment(ascent_steps=3, k=0),
    "updates go on": lambda: make_moment(environment_step=False),
    "weights kept, updates go on": lambda: make_moment(
        environment_step=False, settings_changes={"reset_mode": "episode"}
    ),
    "no trust region": lambda: make_moment(settings_changes={"trust_radius": None}),
    "before actuation": lambda: make_moment(environment_step=False, proposal=True),
    "trust region acted": lambda: make_moment(proposal_changes={"trust_factor": 0.25}),
    "fallback": lambda: make_moment(
        proposal_changes={"fallback": "the rollout was not finite"}
    ),
    "nothing recorded": lambda: dataclasses.replace(
        make_moment(), updates=(), proposal=None, environment_step=None
    ),
    "NaN": lambda: spoiled_moment(NAN),
    "infinite": lambda: spoiled_moment(float("inf")),
    "huge": lambda: spoiled_moment(1e30),
    "no diagnostics": without_diagnostics,
    "large numbers": large_numbers,
}


LABELLED = ("E = 1", "E = 5, cursor at 3", "H = 50, M = 64", "fallback", "large numbers")


def shown(qtbot: QtBot, view_type: type[Any], theme: Theme = LIGHT) -> Any:
    """A view of its least size, on the (offscreen) screen."""
    view = view_type(theme)
    qtbot.addWidget(view)
    view.resize(*SIZES[view_type])
    with qtbot.waitExposed(view):
        view.show()
    return view


def feed(view: Any, moment: Moment, history: History | None = None) -> None:
    view.show_moment(moment)
    if hasattr(view, "show_history"):
        view.show_history(make_history(moment.t + 1) if history is None else history)


def pixels(view: QWidget) -> set[int]:
    """The colours that the view paints."""
    image = view.grab().toImage()
    return {
        image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(image.height())
    }


@EVERY_VIEW
@pytest.mark.parametrize("name", MOMENTS)
def test_any_record_is_shown_without_a_complaint(
    qtbot: QtBot, qtlog: Any, view_type: type[Any], name: str
) -> None:
    view = shown(qtbot, view_type)
    feed(view, MOMENTS[name]())
    assert len(pixels(view)) > 1
    complaints = [r.message for r in qtlog.records if "propagateSizeHints" not in r.message]
    assert complaints == []


@EVERY_VIEW
def test_one_view_shows_them_all_in_turn(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    for make in (*MOMENTS.values(), make_moment):
        feed(view, make())
    fresh = shown(qtbot, view_type)
    for each in (view, fresh):
        feed(each, make_moment())
    assert getattr(view, "header", view).accessibleDescription() == (
        getattr(fresh, "header", fresh).accessibleDescription()
    )


@EVERY_VIEW
@pytest.mark.parametrize("length", [0, 1, 2, 5000])
def test_any_length_of_history_is_shown(
    qtbot: QtBot, view_type: type[Any], length: int
) -> None:
    view = shown(qtbot, view_type)
    feed(view, make_moment(t=max(0, length - 1)), make_history(length))
    assert len(pixels(view)) > 1


@EVERY_VIEW
@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_no_label_is_cut_off_at_the_least_size(
    qtbot: QtBot, qapp: QApplication, view_type: type[Any], name: str, theme: Theme
) -> None:
    apply_palette(qapp, theme)
    view = shown(qtbot, view_type, theme)
    feed(view, MOMENTS[name]())
    qapp.processEvents()
    assert view.labels_fit()


@EVERY_VIEW
def test_a_label_that_is_cut_off_is_noticed(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    feed(view, make_moment())
    view.setMinimumSize(0, 0)
    view.setFixedWidth(120)
    assert not view.labels_fit()


@pytest.mark.parametrize("view_type", PLOTS, ids=lambda v: v.__name__)
def test_two_plots_fit_above_each_other_in_a_low_dock(
    qtbot: QtBot, view_type: type[Any]
) -> None:
    least = shown(qtbot, view_type).minimumSizeHint()
    assert least.width() <= 380
    assert least.height() <= 170


@EVERY_VIEW
def test_the_theme_changes_in_place(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    feed(view, make_moment())
    light = pixels(view)
    view.set_theme(DARK)
    dark = pixels(view)
    view.set_theme(LIGHT)
    assert pixels(view) == light
    assert len(light & dark) < len(light) / 2


@EVERY_VIEW
def test_items_are_updated_and_never_rebuilt(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    feed(view, make_moment(ascent_steps=1))
    before = [len(plot.item.items) for plot in getattr(view, "plots", tuple)()]
    for seed in range(5):
        feed(view, make_moment(ascent_steps=5, particles=32, seed=seed))
    after = [len(plot.item.items) for plot in getattr(view, "plots", tuple)()]
    assert before == after


@pytest.mark.parametrize("view_type", PLOTS, ids=lambda v: v.__name__)
def test_a_view_in_a_tab_behind_draws_only_when_it_is_looked_at(
    qtbot: QtBot, view_type: type[Any]
) -> None:
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    tabs.addTab(QWidget(), "in front")
    view = view_type(LIGHT)
    tabs.addTab(view, "behind")
    with qtbot.waitExposed(tabs):
        tabs.show()
    view.show_moment(make_moment())
    assert view.header.readout() == ""
    tabs.setCurrentWidget(view)
    assert view.header.readout() != ""


@EVERY_VIEW
def test_a_moment_is_shown_in_a_fraction_of_a_frame(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    moments = [make_moment(seed=seed, t=100 + seed) for seed in range(12)]
    spent = []
    for moment in moments:
        start = time.process_time()
        view.show_moment(moment)
        spent.append(time.process_time() - start)
    assert np.median(spent) < 3 * empty_repaint(qtbot)


@EVERY_VIEW
def test_every_view_explains_its_quantities(qtbot: QtBot, view_type: type[Any]) -> None:
    view = shown(qtbot, view_type)
    assert len(view.toolTip()) > 40
    assert view.objectName()
