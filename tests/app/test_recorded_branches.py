"""A trace with branches, read as the window reads it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from app.bridge.branch_tally import BranchTally
from app.bridge.recorded_run import RecordedRun
from app.readouts import setting
from app.state import navigation
from app.state.branch_facts import BranchFacts, Progress, in_tree_order, name_of
from app.state.cursor import Address
from core.settings import Settings
from core.traces.archive import TraceWriter
from tests.branched_run import Fork, append_fork, course, write_branches
from tests.records import make_command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The root to t = 7; 1 leaves it at (3, 1) and comes to 5, 2 leaves 1 at (4, 0)."""
    return write_branches(
        tmp_path / "branched.trace",
        Fork(t=3, k=1, until=6, settings=Settings(delta=0.1), started={"reason": "redo"}),
        Fork(t=4, until=9, parent=1, settings=Settings(delta=0.1), started={"seed": 7}),
    )


def opened(path: Path) -> RecordedRun:
    run = RecordedRun(path)
    run.refresh()
    return run


def test_the_newest_branch_is_the_head(path: Path) -> None:
    assert opened(path).newest() == opened(path).newest_complete() == (2, 0, 8)


def test_a_moment_before_a_branch_is_its_parents_and_shown_as_its_own(path: Path) -> None:
    run = opened(path)
    moment = run.moment(Address(branch=2, t=1), live=False)
    assert moment is not None
    assert moment.branch == 2
    assert {update.branch for update in moment.updates} == {0}
    assert moment.proposal is not None
    assert moment.environment_step is not None
    own = run.moment(Address(branch=2, t=3), live=False)
    assert own is not None
    assert [update.branch for update in own.updates] == [0, 1]


def test_a_walk_along_a_branch_begins_with_the_root(path: Path) -> None:
    run, address = opened(path), Address(branch=2, t=8)
    visited = [address.t]
    while (before := navigation.back(run, address)) is not None:
        address = before
        visited.append(address.t)
    assert address.branch == 2
    assert visited == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert run.step_after((1, 0, 5)) is None, "branch 1 ends there although 2 goes on"
    assert run.last_t(1, 0) == 5


def test_the_history_of_a_branch_is_that_of_its_path(path: Path) -> None:
    run = opened(path)
    history = run.history(2, 0)
    assert history.t.tolist() == list(range(9))
    assert np.all(np.diff(history.seq) > 0)
    assert len(run.history(0, 0)) == 8
    assert len(run.history(1, 0)) == 6


def test_the_history_of_a_growing_branch_reads_only_what_is_new(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, until=6))
    run = opened(path)
    assert len(run.history(1, 0)) == 6
    with TraceWriter.open(path) as writer:
        for record in course(1, 6, 8):
            writer.append(record)
        assert len(run.history(1, 0)) == 8
        append_fork(writer, 2, Fork(t=5, until=6, parent=1))
        assert run.history(2, 0).t.tolist() == list(range(6))
        assert len(run.history(1, 0)) == 8
        updates = [r for r in course(2, 6, 7) if type(r).__name__ != "EnvironmentStep"]
        for record in updates:
            writer.append(record)
        proposed = run.history(2, 0)
    assert proposed.t.tolist() == list(range(7))
    assert np.isfinite(proposed.true_gain[-1]), "known before the action is applied"
    assert np.isnan(proposed.reward[-1])


def test_a_branch_has_the_settings_it_began_with_and_its_own_edits(path: Path) -> None:
    line = json.dumps({"id": "e", "command": "edit", "settings": {"horizon": 3}})
    edit = make_command(branch=2, t=8, k=1, command_id="e", command=line)
    with TraceWriter.open(path) as writer:
        writer.append(dataclasses.replace(edit, t=6))
    run = opened(path)
    deltas = [run.settings_at((2, 0, t)).delta for t in range(9)]
    assert deltas == [0.05] * 3 + [0.1] * 6
    horizons = [run.settings_at((2, 0, t)).horizon for t in range(9)]
    assert horizons == [5] * 7 + [3] * 2
    assert run.settings_at((1, 0, 5)).horizon == 5
    assert run.settings_at((0, 0, 7)).delta == 0.05


def test_a_redo_in_a_fresh_branch_brings_waiting_edits_to_its_t(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, k=1, until=3))
    with TraceWriter.open(path) as writer:
        for number, (name, settings) in enumerate(
            [("edit", {"delta": 0.2}), ("redo", {"gradient_clip": 5.0})]
        ):
            line = json.dumps({"id": str(number), "command": name, "settings": settings})
            command = make_command(branch=1, t=3, k=1, command_id=str(number), command=line)
            writer.append(command)
        run = opened(path)
        settings = run.settings_at((1, 0, 3))
    assert (settings.delta, settings.gradient_clip) == (0.2, 5.0)


def test_a_branch_is_named_by_what_its_updates_were_made_with_after_a_redo_in_place(
    tmp_path: Path,
) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, k=1, until=3))
    with TraceWriter.open(path) as writer:
        run = opened(path)
        tally = BranchTally(run)
        assert tally.facts()[1].changed == run.branch_changes(1) == ()
        told = []
        for number, (name, settings) in enumerate(
            [("edit", {"step_size": 1e-5}), ("redo", {})]
        ):
            line = json.dumps({"id": str(number), "command": name, "settings": settings})
            command = make_command(branch=1, t=3, k=1, command_id=str(number), command=line)
            writer.append(command)
            run.refresh()
            told.append(tally.facts()[1].changed)
    step_size = setting(Settings().step_size)
    assert told == [
        (f"later step size {step_size} → 1e−5",),
        (f"step size {step_size} → 1e−5",),
    ]


def test_the_tree_says_where_branches_began_what_they_changed_and_how_far_they_came(
    path: Path,
) -> None:
    tally = BranchTally(opened(path))
    root, first, second = tally.facts()
    assert (root.title, root.origin, root.grows) == ("0  root", "from the start", False)
    assert first.title == "1  redone"
    assert first.origin == "t = 3, k = 1: delta 0.05 → 0.1"
    assert first.length == "3 steps, return 15.0"
    assert (second.parent, second.depth, second.grows) == (1, 2, True)
    assert second.origin == "t = 4, k = 0: seed 0 → 7"
    assert second.gain == "+22.5"
    assert [tally.end_of(n).place for n in range(3)] == [(0, 0, 7), (1, 0, 5), (2, 0, 8)]


def test_the_tally_of_a_growing_branch_goes_on_counting(path: Path) -> None:
    tally = BranchTally(opened(path))
    assert tally.facts()[2].progress.environment_steps == 5
    with TraceWriter.open(path) as writer:
        for record in course(2, 9, 11):
            writer.append(record)
        append_fork(writer, 3, Fork(t=2, until=2))
        facts = {each.number: each for each in tally.facts()}
    assert facts[2].progress.environment_steps == 7
    assert facts[3].length == "no step of its own yet"
    assert facts[3].gain == ""
    assert tally.end_of(3).place == (3, 0, 2)


def test_branches_stand_below_the_one_they_leave(path: Path) -> None:
    with TraceWriter.open(path) as writer:
        append_fork(writer, 3, Fork(t=2, until=3))
        append_fork(writer, 4, Fork(t=3, until=4, parent=1))
    assert in_tree_order(opened(path).branches()) == [(0, 0), (1, 1), (2, 2), (4, 2), (3, 1)]


def test_one_branch_needs_no_name() -> None:
    assert name_of(0, 1) == ""
    assert name_of(2, 3) == "branch 2 of 3"


def test_an_episode_is_named_where_it_is_not_the_first() -> None:
    facts = BranchFacts(
        number=1, depth=1, parent=0, reason="fork", begun=(0, 3, 1), changed=(),
        progress=Progress(), grows=True,
    )  # fmt: skip
    assert facts.origin == "t = 3, k = 1: nothing changed"
    later = dataclasses.replace(facts, begun=(2, 3, 1), reason="rejected")
    assert later.origin == "episode 2, t = 3, k = 1"
