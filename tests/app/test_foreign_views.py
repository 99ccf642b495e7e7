"""Every view with a trace of a loop that is not ours: what is there, and words for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address
from app.state.moment import NOT_RECORDED, History, Moment
from app.state.verdict import find_verdict
from app.views.action import ActionView
from app.views.decomposition import DecompositionView
from app.views.gradient import GradientView
from app.views.model import ModelView
from app.views.objective import ObjectiveView
from app.views.scene import SceneView
from app.views.timeline import TimelineView
from core.traces.foreign import ForeignTrace
from tests.app.test_views import EVERY_VIEW, feed, shown
from tests.foreign_loops import CART, LOOP, imagination, write_bare, write_updates

TERMS = imagination()
TOLD: dict[str, tuple[dict[str, Any], ...]] = {
    "nothing": (),
    "the objective alone": ({"objective": -2.0}, {"objective": -1.0}),
    "the gradient alone": ({"gradient_norm": 3.0}, {}),
    "an objective that is not finite": ({"objective": np.nan}, {"objective": np.nan}),
    "drift alone": ({}, {"drift": 0.1}),
    "everything": (TERMS, TERMS),
    "states before, nothing after": ({"imagined_states": TERMS["imagined_states"]}, {}),
    **{f"{name} alone": ({name: value}, {name: value}) for name, value in TERMS.items()},
    "one imagined step": (imagination(horizon=1), imagination(horizon=1)),
}


def moment_of(path: Path, t: int = 0, k: int | None = None) -> Moment:
    run = RecordedRun(path)
    run.refresh()
    moment = run.moment(Address(branch=0, episode=0, t=t, k=k), live=False)
    run.close()
    assert moment is not None
    return moment


def told(folder: Path, updates: tuple[dict[str, Any], ...], **facts: Any) -> Moment:
    """One environment step of which this was told."""
    with ForeignTrace(folder / "my.trace", task=CART, name=LOOP) as trace:
        trace.start_episode([1.0, 0.0])
        for update in updates:
            trace.update(**update)
        trace.environment_step([0.5], [1.0, 0.1], 1.0, False, False, **facts)
    return moment_of(folder / "my.trace")


def notes(view: Any) -> list[str]:
    """What stands over the empty plots of a view."""
    return [plot._note.text() for plot in view.plots() if plot._note.isVisible()]


@pytest.fixture(scope="module")
def shows(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Moment, History]]:
    """A moment and its history of each of TOLD."""
    found = []
    for number, updates in enumerate(TOLD.values()):
        folder = tmp_path_factory.mktemp(f"told-{number}")
        moment = told(folder, updates)
        run = RecordedRun(folder / "my.trace")
        found.append((moment, run.history(0, 0)))
        run.close()
    return found


@EVERY_VIEW
def test_whatever_a_loop_tells_is_shown_without_a_complaint(
    qtbot: QtBot, qtlog: Any, shows: list[tuple[Moment, History]], view_type: type[Any]
) -> None:
    view = shown(qtbot, view_type)
    for moment, history in shows:
        feed(view, moment, history)
        view.grab()
        assert view.labels_fit()
    assert [r.message for r in qtlog.records if "propagateSizeHints" not in r.message] == []


@pytest.mark.parametrize(
    ("view_type", "words"),
    [
        (ObjectiveView, [f"J {NOT_RECORDED}"]),
        (GradientView, ["not recorded", "not recorded"]),
        (DecompositionView, [f"the terms of J are {NOT_RECORDED}"]),
        (ModelView, ["imagined reward: not recorded", "model error: not recorded"]),
    ],
)
def test_what_is_missing_is_named_and_no_zero_stands_for_it(
    qtbot: QtBot, tmp_path: Path, view_type: type[Any], words: list[str]
) -> None:
    view = shown(qtbot, view_type)
    feed(view, moment_of(write_bare(tmp_path / "bare.trace"), t=2))
    assert notes(view) == words
    assert "0" not in view.header.readout().replace("k = 0", "")


def test_no_point_stands_at_zero_for_an_objective_that_was_not_told(
    qtbot: QtBot, tmp_path: Path
) -> None:
    view = shown(qtbot, ObjectiveView)
    for path, visible in (
        (write_bare(tmp_path / "bare.trace"), False),
        (write_updates(tmp_path / "my.trace"), True),
    ):
        feed(view, moment_of(path, t=2))
        assert view._dots.isVisible() == view._cursor.isVisible() == visible


def test_what_is_there_is_shown_as_ever(qtbot: QtBot, tmp_path: Path) -> None:
    moment = moment_of(write_updates(tmp_path / "my.trace"), t=4)
    objective, gradient = shown(qtbot, ObjectiveView), shown(qtbot, GradientView)
    for view in (objective, gradient):
        feed(view, moment)
        assert notes(view) == []
    assert objective.header.readout() == "J  −0.578  → −0.490  gain +0.0876"
    assert "|g| 1.00 at k = 2" in gradient.header.readout()
    assert "drift 0.300" in gradient.header.readout()


def test_an_action_whose_past_is_unknown_is_shown_alone(qtbot: QtBot, tmp_path: Path) -> None:
    view = shown(qtbot, ActionView)
    feed(view, moment_of(write_updates(tmp_path / "my.trace"), t=4))
    assert view.header.readout() == f"action before: {NOT_RECORDED}"
    x, _ = view._after.getData()
    assert len(x) == 1


def test_lanes_without_a_value_say_so(qtbot: QtBot, tmp_path: Path) -> None:
    path = write_updates(tmp_path / "my.trace")
    run = RecordedRun(path)
    view = shown(qtbot, TimelineView)
    feed(view, moment_of(path, t=4), run.history(0, 0))
    run.close()
    said = [lane.plot._note.text() for lane in view._lanes]
    assert said == ["", NOT_RECORDED, "", NOT_RECORDED, ""]
    assert "nan" not in view.header.readout()


@pytest.mark.parametrize(
    ("updates", "facts", "sentence"),
    [
        ((), {}, "no objective is recorded here."),
        (({"objective": -2.0},), {}, "objective −2.000, no gradient update here."),
        (
            ({"objective": -2.0}, {"objective": -1.5}),
            {},
            "objective gain +0.50 predicted, the true one is not recorded.",
        ),
        (
            ({"objective": -2.0}, {"objective": -1.5}),
            {"true_gain": 0.25},
            "objective gain +0.50 predicted, true +0.25; too few steps for evidence (n = 1).",
        ),
    ],
)
def test_the_verdict_says_whose_words_these_are(
    tmp_path: Path, updates: tuple[dict[str, Any], ...], facts: dict[str, Any], sentence: str
) -> None:
    moment = told(tmp_path, updates, **facts)
    run = RecordedRun(tmp_path / "my.trace")
    found = find_verdict(moment, run.history(0, 0))
    run.close()
    assert found.sentence.replace("\u00a0", " ") == f"Written by {LOOP}: {sentence}"


def test_a_task_known_by_its_sizes_has_no_body_and_the_scene_says_so(
    qtbot: QtBot, tmp_path: Path
) -> None:
    view = SceneView()
    qtbot.addWidget(view)
    view.show()
    view.show_moment(moment_of(write_bare(tmp_path / "bare.trace")))
    assert view.canvas.absence == "no body to draw: this loop recorded no MuJoCo states"
    assert view.process_id == 0
    view.shutdown()
