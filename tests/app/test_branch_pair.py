"""Which two branches, what they are called, where to look; looks at a growing trace."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.bridge.branch_study import BranchStudy
from app.rendering.client import RenderClient
from app.rendering.wire import Picture
from app.state.branch_pair import absence, address_of, branch_with, usual_pair, with_branch
from app.state.branch_words import branch_words, changed
from app.state.cursor import Address
from app.state.moment import History
from app.theme import LIGHT
from app.views.compare_scene import ScenePair
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.divergence import find_divergence
from core.traces.reader import TraceReader
from tests.app.view_moments import make_history, make_moment
from tests.branched_run import Fork, append_fork, course, plant, write_branches
from tests.records import make_branch_started, make_run_started


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[TraceReader]:
    """1 leaves the root, 2 leaves 1, 3 leaves the root."""
    path = write_branches(
        tmp_path / "b.trace", Fork(t=2), Fork(t=3, parent=1), Fork(t=1, until=6, ends=True)
    )
    with TraceReader(path) as opened:
        yield opened


@pytest.mark.parametrize(("shown", "pair"), [(0, (0, 3)), (1, (0, 1)), (2, (1, 2))])
def test_a_branch_is_compared_with_its_parent_and_the_root_with_its_newest_fork(
    reader: TraceReader, shown: int, pair: tuple[int, int]
) -> None:
    assert usual_pair(reader.branches(), shown) == pair


@pytest.mark.parametrize(
    ("place", "branch", "pair"),
    [(0, 3, (3, 2)), (1, 3, (1, 3)), (0, 2, (2, 1)), (1, 1, (2, 1)), (0, 1, (1, 2))],
)
def test_the_branch_of_the_other_side_changes_places(
    place: int, branch: int, pair: tuple[int, int]
) -> None:
    assert with_branch((1, 2), place, branch) == pair


def test_where_a_branch_ended_its_last_environment_step_is_looked_at(
    reader: TraceReader,
) -> None:
    found = find_divergence(reader, 3, 0).divergence
    assert found is not None
    assert (found.kind, found.t) == ("EpisodeEnded", 6)

    def recorded(place: tuple[int, int, int]) -> object:
        return reader.updates(*place)

    assert address_of(found, 3, recorded) == Address(branch=3, t=5)
    assert address_of(found, 0, recorded) == Address(branch=0, t=6, k=0)


def test_a_missing_moment_is_explained() -> None:
    moment, history = make_moment(t=9), make_history(5)
    assert absence(2, moment, history, grows=False) == "Branch 2 ended at t = 4."
    assert absence(2, moment, history, grows=True) == "Branch 2 has come to t = 4 so far."
    unknown = absence(2, moment, History.empty(), grows=False)
    assert unknown == "Branch 2 has no record of episode 0, t = 9."


@pytest.mark.parametrize(
    ("t", "shown", "branch"), [(3, 1, 1), (3, 2, 2), (7, 1, 2), (3, 5, 1), (99, 1, 1)]
)
def test_the_shown_branch_is_kept_where_it_has_that_t(t: int, shown: int, branch: int) -> None:
    assert branch_with(t, (1, 2), (make_history(5), make_history(9)), shown) == branch


def test_a_branch_in_words() -> None:
    started = make_branch_started(
        branch=2, t=64, k=1, settings=Settings(delta=0.1, trust_radius=None).to_json(), seed=3
    )
    begun = Settings.from_json(started.settings)
    changes = changed(started, make_run_started(), Settings(), begun)
    assert branch_words(2, started, changes) == (
        "2: fork of 0 at t = 64, k = 1; delta 0.05 → 0.1, trust radius 0.1 → none, seed 0 → 3"
    )
    same = dataclasses.replace(
        started, settings=Settings().to_json(), seed=0, episode=1, checkpoint_digest="1"
    )
    words = branch_words(2, same, changed(same, make_run_started(), Settings(), Settings()))
    assert words == "2: fork of 0 at episode 1, t = 64, k = 1; checkpoint synthetic → synthetic"
    assert branch_words(0, None, ()) == "0: the run as it began"


def test_a_study_goes_on_where_it_was_and_begins_anew_for_another_pair(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=2, until=4))
    with TraceWriter.open(path) as writer, closing(BranchStudy()) as study:
        append_fork(writer, 2, Fork(t=2, until=2))
        with TraceReader(path) as opened:
            assert study.look(opened, 0, 2, 0).comparison.alike == 0
            for record in course(2, 2, 5):
                writer.append(plant("EnvironmentStep", (0, 4), reward=9.0)(record))
            looked = study.look(opened, 0, 2, 0)
            assert looked.comparison.divergence is not None
            assert looked.comparison.divergence.t == 4
            assert len(looked.history_of(2, 0)) == 5
            assert len(looked.history_of(2, 1)) == len(looked.history_of(1, 0)) == 0
            assert study.look(opened, 0, 2, 0).comparison is looked.comparison
            assert study.look(opened, 1, 2, 0).comparison.divergence is None
        with TraceReader(path) as again:
            assert study.look(again, 0, 2, 1).comparison.divergence is not None


def test_a_picture_that_cannot_be_drawn_makes_room_for_the_other_side(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Picture] = []
    monkeypatch.setattr(RenderClient, "draw", lambda _client, picture: asked.append(picture))
    pair = ScenePair(LIGHT)
    for canvas in pair.canvases.values():
        qtbot.addWidget(canvas)
        with qtbot.waitExposed(canvas):
            canvas.show()
    pair.show_moment("A", make_moment(t=1))
    pair.show_moment("B", make_moment(t=2))
    assert len(asked) == 1
    pair._client.trouble.emit("this moment cannot be drawn in 3D: no body")
    assert len(asked) == 2
    assert pair.canvases["A"].message == "this moment cannot be drawn in 3D: no body"
    assert not np.array_equal(asked[0].state, asked[1].state)
    pair.show_moment("A", None)
    pair._client.trouble.emit("again")
    assert len(asked) == 2
    pair.shut_down()
