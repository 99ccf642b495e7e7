"""The map of the compare workspace: both branches' ways in one maze."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.rendering.client import RenderClient
from app.state.cursor import Address
from app.state.walk import Walk
from app.theme import DARK, LIGHT
from app.views.pair_map import PairMap
from app.views.sides import Side
from core.traces.archive import TraceWriter
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal
from tests.app.comparing import compare_of, settle
from tests.app.layout_check import clipped_texts
from tests.app.maze_moments import (
    UMAZE,
    maze_history,
    maze_moment,
    maze_proposal,
    maze_update,
    place_at,
    write_maze_trace,
)
from tests.app.maze_view import points
from tests.app.view_moments import make_moment
from tests.app.window_fixtures import Windows
from tests.moment_records import make_environment_step
from tests.records import make_branch_started, make_command

T, PARTED = 60, 25
OURS = maze_history(101, task=UMAZE).walk
"""The way of A."""
THEIRS = dataclasses.replace(
    OURS, real=OURS.real + np.where(OURS.t > PARTED, 0.5, 0.0)[:, None]
)


@pytest.fixture
def pair(qtbot: QtBot) -> PairMap:
    """Both at T; B half a metre further right and up since they parted."""
    view = PairMap(LIGHT)
    qtbot.addWidget(view)
    view.set_theme(LIGHT)
    view.resize(250, 160)
    a, b = maze_moment(T, task=UMAZE), maze_moment(T, task=UMAZE)
    assert b.proposal is not None
    shifted = b.proposal.state.copy()
    shifted[:2] += 0.5
    b = dataclasses.replace(b, proposal=dataclasses.replace(b.proposal, state=shifted))
    view.show_moments({"A": a, "B": b})
    view.show_walks(OURS, THEIRS, PARTED)
    view.show()
    QApplication.processEvents()
    return view


def test_both_ways_lead_to_the_bodies_of_the_moment(pair: PairMap) -> None:
    a, b = (points(pair.ways[side].line) for side in ("A", "B"))
    np.testing.assert_allclose(a, [place_at(UMAZE, t) for t in range(T + 1)], atol=1e-5)
    np.testing.assert_allclose(a[: PARTED + 1], b[: PARTED + 1], atol=1e-6)
    np.testing.assert_allclose(b[-1] - a[-1], 0.5, atol=1e-5)
    assert pair.header.readout() == "0.707 m apart"
    pens = [pair.ways[side].line.opts["pen"] for side in ("A", "B")]
    assert pens[0].style() != pens[1].style()
    assert pens[0].color() != pens[1].color()
    assert pair.labels_fit()


def test_the_parting_is_marked_where_the_ways_part(pair: PairMap) -> None:
    np.testing.assert_allclose(points(pair.parting), [place_at(UMAZE, PARTED)], atol=1e-5)
    pair.show_walks(OURS, OURS, None)
    assert len(points(pair.parting)) == 0


def test_a_word_that_a_letter_would_cover_makes_room(pair: PairMap) -> None:
    words = pair.surface.ground.labels
    assert words["start"].opacity() == 1.0
    pair.show_moments({"A": maze_moment(0, task=UMAZE), "B": None})
    assert words["start"].opacity() == 0.0
    pair.surface._look_at(pair.surface.frame.zoomed(60.0, place_at(UMAZE, 0)))
    pair.show_moments({"A": maze_moment(T, task=UMAZE), "B": None})
    assert words["start"].opacity() == 1.0
    assert not pair.surface.plot.item.getAxis("left").isVisible()


@pytest.mark.parametrize(("side", "edge"), [("A", 1), ("B", -1)])
def test_a_letter_at_the_edge_of_the_map_is_not_cut_off(
    pair: PairMap, side: Side, edge: int
) -> None:
    way, frame = pair.ways[side], pair.surface.frame
    assert way.body is not None
    x, y = way.body.place.tolist()
    near = frame.zoomed(8.0, (x, y))
    pair.surface._look_at(dataclasses.replace(near, centre=(x, y)))
    half = 0.5 * (near.ranges[1][1] - near.ranges[1][0])
    pair.surface._look_at(dataclasses.replace(near, centre=(x, y - edge * 0.9 * half)))
    QApplication.processEvents()
    box = pair.surface.plot.item.vb
    letter = way.letter.mapRectToItem(box, way.letter.boundingRect())
    assert box.rect().adjusted(0, -0.5, 0, 0.5).contains(letter)


def test_a_branch_that_has_no_such_moment_is_shown_to_its_end(pair: PairMap) -> None:
    short = Walk(t=OURS.t[:40], real=OURS.real[:40], twin=OURS.twin[:40])
    pair.show_walks(OURS, short, PARTED)
    pair.show_moments({"A": maze_moment(T, task=UMAZE), "B": None})
    assert len(points(pair.ways["B"].line)) == 40
    assert not pair.ways["B"].arrow.isVisible()
    assert pair.header.readout() == "only A is here"


def test_a_task_without_a_maze_has_no_map(pair: PairMap) -> None:
    pair.show_moments({"A": make_moment(), "B": make_moment()})
    assert pair.isHidden()
    pair.show_moments({"A": maze_moment(T), "B": maze_moment(T)})
    assert not pair.isHidden()


def test_the_floor_has_the_colours_of_the_theme(pair: PairMap) -> None:
    light = np.asarray(pair.surface.ground.image.image).copy()
    pair.set_theme(DARK)
    assert (light != np.asarray(pair.surface.ground.image.image)).any()


def test_the_whole_maze_is_in_sight_and_comes_back_after_zooming(pair: PairMap) -> None:
    whole = pair.surface.frame
    assert whole.whole
    pair.surface._look_at(whole.zoomed(3.0, (1.0, 1.0)))
    assert not pair.surface.frame.whole
    pair.surface.fit()
    assert pair.surface.frame == whole


def write_two_ways(path: Path) -> Path:
    """The root walks to t = 29; from t = 10 a branch walks half as fast again."""
    write_maze_trace(path, 30, task=UMAZE)
    rng = np.random.default_rng(1)
    with TraceWriter.open(path) as writer:
        writer.append(make_command(branch=0, t=10, command_id="fork-1"))
        writer.append(make_branch_started(branch=1, t=10, k=0, parent=0))
        for t in range(10, 30):
            ahead = 10 + round(1.5 * (t - 10))
            updates = [maze_update(rng, UMAZE, ahead, k) for k in (0, 1)]
            proposal = maze_proposal(rng, UMAZE, ahead, updates[0], updates[1])
            step = make_environment_step(rng, t=t, next_state=proposal.state)
            records: list[GradientUpdate | Proposal | EnvironmentStep] = [
                *updates,
                proposal,
                step,
            ]
            for record in records:
                writer.append(dataclasses.replace(record, branch=1, t=t))
    return path


def test_the_compare_workspace_of_a_maze_has_one_map_of_both(
    qtbot: QtBot,
    windows: Windows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RenderClient, "draw", lambda _client, _picture: None)
    path = write_two_ways(tmp_path / "maze.trace")
    application = windows.open(trace=path, workspace="compare")
    application.driver.go_to(Address(branch=1, t=20))
    two = settle(qtbot, application)
    qtbot.waitUntil(lambda: len(points(two.maze.ways["B"].line)) == 21)
    a, b = (points(two.maze.ways[side].line) for side in ("A", "B"))
    np.testing.assert_allclose(a[-1], place_at(UMAZE, 20), atol=1e-5)
    np.testing.assert_allclose(b[-1], place_at(UMAZE, 25), atol=1e-5)
    assert two.maze.isVisible()
    assert compare_of(application).view.labels_fit()
    assert clipped_texts(application.window) == []
    assert two.maze.surface.plot.item.vb.height() > 100
