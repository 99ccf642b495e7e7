"""Branches: what they share with their parent, what is their own, and how they nest."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.settings import Settings
from core.traces.trace import (
    BranchStarted,
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.course import ADAM, EPISODE, STEP, VARIANTS, Course, assert_same
from tests.runnable_checkpoint import write_runnable

Start = Callable[..., Course]


@pytest.fixture(autouse=True)
def _close_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the ways are short."""
    monkeypatch.setattr("core.session.session.snapshot_every", lambda settings: 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkpoints of one task, `tiny` and `other`."""
    folder = tmp_path_factory.mktemp("checkpoints")
    write_runnable(folder / "tiny")
    write_runnable(folder / "other", seed=9)
    return folder


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Checkpoint:
    return load(folder / "tiny")


@pytest.fixture
def start(checkpoint: Checkpoint, tmp_path: Path) -> Iterator[Start]:
    """Begins a course and records until t = 6 has two updates."""
    begun: list[Course] = []

    def start(settings: Settings = STEP) -> Course:
        course = Course(tmp_path / "run.trace", checkpoint, settings)
        begun.append(course)
        course.go_to(GradientUpdate, t=6, k=1)
        return course

    yield start
    for course in begun:
        course.verify()
        course.close()


def after(records: list[Record], t: int, k: int) -> list[Record]:
    """From update k of t on."""
    return list(
        itertools.dropwhile(
            lambda r: not (isinstance(r, GradientUpdate) and (r.t, r.k) == (t, k)), records
        )
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_going_on_unchanged_in_a_branch_repeats_the_parent_bit_for_bit(
    start: Start, name: str
) -> None:
    course = start(VARIANTS[name])
    root = course.made(0)
    for branch, (t, k) in enumerate(((2, 0), (4, 1), (5, 2), (0, 0), (6, 1)), start=1):
        course.tell("resume", at=(0, 0, t, k))
        future = after(root, t, k)
        assert_same(future, course.go(len(future)), branch=branch)
        assert course.branch_started().parent == 0


def test_a_branch_shares_the_updates_before_k_and_the_weights_at_k(start: Start) -> None:
    course = start(EPISODE)
    course.tell("fork", at=(0, 0, 3, 2), settings={"ascent_steps": 4})
    course.go_to(Proposal)
    updates = course.reader.updates(1, 0, 3)
    assert [(u.branch, u.k) for u in updates] == [(0, 0), (0, 1), (1, 2), (1, 3), (1, 4)]
    (parents,) = [u for u in course.reader.updates(0, 0, 3) if u.k == 2]
    own = updates[2]
    assert (own.objective, own.drift) == (parents.objective, parents.drift)
    assert np.array_equal(own.action, parents.action)
    assert (parents.last, own.last) == (True, False)


def test_until_a_branch_makes_its_first_update_the_parents_stands_for_it(start: Start) -> None:
    course = start()
    course.tell("fork", at=(0, 0, 3, 1))
    assert [(u.branch, u.k) for u in course.reader.updates(1, 0, 3)] == [(0, 0), (0, 1)]
    course.go()
    assert [(u.branch, u.k) for u in course.reader.updates(1, 0, 3)] == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    "changed",
    [
        {"settings": {"horizon": 2}},
        {"settings": {"particles": 3}},
        {"settings": {"denoising_levels": 2}},
        {"settings": {"survival": "smooth"}},
        {"settings": {"controller": "critic-only"}},
        {"seed": 77},
        {"checkpoint": "other"},
    ],
    ids=lambda changed: str(*changed.values()),
)
def test_what_changes_the_objective_begins_before_the_first_update_of_t(
    start: Start, folder: Path, changed: dict[str, Any]
) -> None:
    course = start()
    if "checkpoint" in changed:
        changed = {"checkpoint": str(folder / "other")}
    applied = course.tell("fork", at=(0, 0, 4, 2), **changed)
    assert (applied.accepted, applied.effect) == (
        True,
        "branch 1 begins at episode 0, t = 4, k = 0",
    )
    assert course.branch_started().k == 0
    course.go_to(EnvironmentStep, t=5)
    assert {u.branch for u in course.reader.updates(1, 0, 4)} == {1}


@pytest.mark.parametrize(
    "changed", [{"delta": 0.2}, {"ascent_steps": 5}, {"trust_radius": None}, {}]
)
def test_what_leaves_the_objective_alone_begins_at_the_k_that_is_asked_for(
    start: Start, changed: dict[str, Any]
) -> None:
    course = start()
    course.tell("fork", at=(0, 0, 4, 2), settings=changed)
    started = course.branch_started()
    assert (started.t, started.k) == (4, 2)
    assert Settings.from_json(started.settings) == STEP.replace(**changed)


def test_another_seed_draws_other_noise_and_resets_later_episodes_on_it(start: Start) -> None:
    course = start()
    course.tell("fork", at=(0, 0, 4, 0), seed=500)
    (old, new) = course.reader.updates(0, 0, 4)[0], course.go()[0]
    assert isinstance(new, GradientUpdate)
    assert np.array_equal(new.action, old.action)
    assert not np.array_equal(new.imagined_states, old.imagined_states)
    ended = course.go_to(EpisodeEnded)
    began = course.go_to(EpisodeStarted)
    assert isinstance(ended, EpisodeEnded)
    assert isinstance(began, EpisodeStarted)
    assert (ended.seed, began.seed) == (5, 501)


def test_another_checkpoint_acts_from_its_own_weights_beside_its_own_twin(
    start: Start, folder: Path
) -> None:
    course = start(ADAM)
    other = load(folder / "other")
    course.tell("fork", at=(0, 0, 4, 1), checkpoint=str(folder / "other"))
    assert course.branch_started().checkpoint_digest == other.digest
    first = course.go()[0]
    assert isinstance(first, GradientUpdate)
    assert first.drift == 0.0
    proposal = course.go_to(Proposal)
    assert isinstance(proposal, Proposal)
    assert np.array_equal(proposal.frozen_action, first.action)
    assert not np.array_equal(
        proposal.frozen_action, course.reader.proposal(0, 0, 4).frozen_action
    )
    future = course.go(40)
    course.tell("resume", at=(1, 0, 4, 0))
    course.go_to(Proposal, t=4)
    assert_same(future, course.go(40), branch=2)


def test_going_on_in_a_branch_that_an_accept_began_accepts_again(start: Start) -> None:
    course = start(EPISODE)
    course.tell("accept")
    future = course.go(12)
    course.tell("resume", at=(1, 0, 6, 1))
    assert_same(future, course.go(12), branch=2)
    course.tell("fork", at=(1, 0, 6, 1))
    proposal = course.go_to(Proposal)
    assert isinstance(proposal, Proposal)
    assert proposal.k == 2


def test_a_fork_of_a_fork_before_its_own_beginning_is_a_fork_of_the_ancestor(
    start: Start,
) -> None:
    course = start()
    course.tell("fork", at=(0, 0, 5, 1), settings={"delta": 0.2})
    course.go_to(EnvironmentStep, t=7)
    course.tell("fork", at=(1, 0, 5, 0), settings={"delta": 0.3})
    assert course.branch_started().parent == 0
    course.go_to(EnvironmentStep, t=6)
    course.tell("fork", at=(2, 0, 2, 2), settings={"delta": 0.1})
    assert course.branch_started().parent == 0
    assert Settings.from_json(course.branch_started().settings) == STEP.replace(delta=0.1)
    course.tell("resume", at=(1, 0, 6, 1))
    assert course.branch_started().parent == 1
    course.go_to(EnvironmentStep, t=7)
    branches = course.reader.branches()
    assert [branches.parent(b) for b in range(5)] == [None, 0, 0, 0, 1]
    assert branches.children(0) == (1, 2, 3)
    assert branches.common(4, 2) == (0, 5, 0)
    assert branches.common(1, 4) == (0, 6, 1)
    assert branches.common(2, 2) is None
    assert_same(
        after(course.made(1), 6, 1),
        course.made(4),
        branch=4,
    )


def test_a_branch_can_begin_where_its_parent_has_just_begun(start: Start) -> None:
    course = start()
    for branch in range(1, 5):
        course.tell("resume", at=(branch - 1, 0, 3, 1))
        assert course.branch_started().parent == branch - 1
    future = after(course.made(0), 3, 1)
    assert_same(future, course.go(len(future)), branch=4)
    course.tell("resume", at=(2, 0, 3, 1))
    assert_same(future, course.go(len(future)), branch=5)


def test_forks_from_the_head_of_an_older_branch_go_on_where_it_was_left(start: Start) -> None:
    course = start()
    left = course.session.stand
    course.tell("fork", at=(0, 0, 2, 0), settings={"delta": 0.3})
    course.go(12)
    course.tell("resume", at=(0, 0, 6, 2))
    assert (left.t, left.k) == (6, 1)
    assert course.branch_started().parent == 0
    proposal = course.go(2)[1]
    assert isinstance(proposal, Proposal)
    assert (proposal.t, proposal.k) == (6, 2)


def test_only_the_newest_branch_grows_and_no_address_occurs_twice(start: Start) -> None:
    course = start()
    for branch, at in enumerate(((0, 0, 3, 1), (1, 0, 4, 0), (0, 0, 1, 2), (2, 0, 4, 1)), 1):
        course.tell("fork", at=at, settings={"delta": 0.05 * branch})
        course.go(17)
    records = [r for r in course.reader.records(first=2) if not isinstance(r, BranchStarted)]
    made = course.made()
    assert [r.branch for r in made] == sorted(r.branch for r in made)
    for kind in (GradientUpdate, Proposal, EnvironmentStep):
        found = [
            (r.branch, r.episode, r.t, getattr(r, "k", 0))
            for r in records
            if isinstance(r, kind)
        ]
        keys = [key[:3] for key in found] if kind is not GradientUpdate else found
        assert len(keys) == len(set(keys))
