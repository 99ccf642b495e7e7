"""What waits for the next environment step, an edit or a reset, is lost by nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from core.adaptation import guards
from core.checkpoints.checkpoint import Checkpoint, load
from core.commands import Command
from core.session.session import Session
from core.settings import Settings
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    GradientUpdate,
    Proposal,
    Snapshot,
)
from core.traces.verify import compare_records
from tests.course import EPISODE, STEP, Course, assert_same
from tests.runnable_checkpoint import write_runnable
from tests.tiny_world import use_tiny_world

FAST = Settings(horizon=2, particles=3, denoising_levels=2)
Start = Callable[..., Course]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load(write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny"))


@pytest.fixture
def start(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Begins a course, goes on to update k of t = 2, and edits E to 4 there."""
    use_tiny_world(monkeypatch)
    monkeypatch.setattr("core.session.session.snapshot_every", lambda settings: 2)
    begun: list[Course] = []

    def start(k: int = 1) -> Course:
        course = Course(tmp_path / "run.trace", checkpoint)
        begun.append(course)
        course.go_to(GradientUpdate, t=2, k=k)
        course.tell("edit", settings={"ascent_steps": 4})
        return course

    yield start
    for course in begun:
        course.verify()
        course.close()


def counts(course: Course) -> dict[int, int]:
    """Updates beyond k = 0 at t = 2 and the next, in the newest branch; the run goes on."""
    course.go_to(EnvironmentStep, t=3)
    newest = course.reader.branches().newest
    return {t: len(course.reader.updates(newest, 0, t)) - 1 for t in (2, 3)}


def test_a_snapshot_holds_the_edit_that_waits_for_the_next_environment_step(
    checkpoint: Checkpoint,
) -> None:
    session = Session(checkpoint, FAST, seed=5)
    session.advance()
    session.apply(Command(id="1", name="edit", settings={"ascent_steps": 3}))
    snapshot = session.advance()
    assert isinstance(snapshot, Snapshot)
    followed = [session.advance() for _ in range(5)]
    assert [r.k for r in followed if isinstance(r, GradientUpdate)] == [0, 1, 2, 3]
    resumed = Session(checkpoint, FAST, seed=5)
    resumed.restore(snapshot)
    for record in followed:
        assert compare_records(record, resumed.advance(), 1) is None


def test_an_edit_waits_for_the_next_environment_step(start: Start) -> None:
    assert counts(start()) == {2: 2, 3: 4}


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize(("k", "updates"), [(0, 0), (1, 1)])
def test_an_edit_still_waits_after_an_accept(
    start: Start, k: int, updates: int, crash: bool
) -> None:
    course = start(k)
    course.tell("accept")
    if crash:
        course.crash()
    assert counts(course) == {2: updates, 3: 4}


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("k", [0, 1])
def test_an_edit_still_waits_after_a_reject(start: Start, k: int, crash: bool) -> None:
    course = start(2)
    course.tell("reject", k=k)
    if crash:
        course.crash()
    assert counts(course) == {2: 2, 3: 4}


def test_an_edit_that_was_taken_back_does_not_come_again_with_a_reject(start: Start) -> None:
    course = start(1)
    course.go()
    course.tell("edit", settings={"ascent_steps": 2})
    course.tell("reject", k=1)
    assert counts(course) == {2: 2, 3: 2}


def test_a_redo_uses_up_what_waits(start: Start) -> None:
    course = start(1)
    course.go()
    course.tell("edit", settings={"ascent_steps": 3})
    course.tell("redo", k=1)
    assert counts(course) == {2: 3, 3: 3}


@pytest.mark.parametrize("changed", [{}, {"delta": 0.1}, {"horizon": 2}])
def test_an_edit_that_waits_at_an_address_waits_in_a_fork_from_there(
    start: Start, changed: dict[str, object]
) -> None:
    course = start(1)
    course.go_to(EnvironmentStep, t=4)
    course.tell("fork", at=(0, 0, 2, 2), settings=changed)
    course.crash()
    assert counts(course) == {2: 2, 3: 4}
    assert course.session.settings == STEP.replace(ascent_steps=4, **changed)


def test_what_a_fork_asks_for_wins_over_what_waits(start: Start) -> None:
    course = start(1)
    course.tell("fork", at=(0, 0, 2, 2), settings={"ascent_steps": 3})
    assert counts(course) == {2: 3, 3: 3}


def test_a_fork_from_before_the_edit_knows_nothing_of_it(start: Start) -> None:
    course = start(1)
    course.go_to(EnvironmentStep, t=4)
    course.tell("resume", at=(0, 0, 2, 1))
    assert counts(course) == {2: 2, 3: 2}


def test_an_edit_where_a_branch_begins_waits_too(start: Start) -> None:
    course = start(1)
    course.tell("resume", at=(0, 0, 2, 0))
    course.tell("edit", settings={"ascent_steps": 1})
    assert counts(course) == {2: 2, 3: 1}


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("accept", {}),
        ("reject", {"k": 0}),
        ("redo", {"k": 0}),
        ("redo", {"settings": {"horizon": 2}}),
        ("fork", {"at": (0, 0, 2, 2), "settings": {"horizon": 2}}),
        ("resume", {"at": (0, 0, 2, 2)}),
    ],
)
def test_a_reset_still_waits_for_the_end_of_the_environment_step(
    start: Start, name: str, given: dict[str, object], crash: bool
) -> None:
    course = start(1)
    course.tell("reset")
    if crash:
        course.crash()
    assert course.tell(name, **given).accepted
    if crash:
        course.crash()
    made = [type(r) for r in course.go(12) if not isinstance(r, GradientUpdate)]
    assert made[:3] == [Proposal, EnvironmentStep, EpisodeEnded]


@pytest.mark.parametrize("crash", [False, True])
def test_a_reset_before_the_first_update_of_t_ends_the_episode_there_in_a_branch_too(
    start: Start, crash: bool
) -> None:
    course = start(1)
    course.go_to(EnvironmentStep)
    course.tell("reset")
    course.tell("resume")
    if crash:
        course.crash()
    ended = course.go(1)[0]
    assert isinstance(ended, EpisodeEnded)
    assert (ended.branch, ended.t, ended.reason) == (1, 3, "reset")


def test_travel_comes_through_updates_that_are_not_finite(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some gradients, chosen by their bits, lead to weights that are no numbers."""

    def sometimes_broken(gradient: torch.Tensor, largest: float | None) -> torch.Tensor:
        clipped = guards.clip(gradient, largest)
        return clipped * float("nan") if int(gradient.abs().sum() * 1e6) % 3 == 0 else clipped

    monkeypatch.setattr("core.adaptation.ascent.clip", sometimes_broken)
    course = Course(tmp_path / "run.trace", checkpoint, EPISODE)
    course.go(70)
    root = course.made()
    broken = [u for u in root if isinstance(u, GradientUpdate) and not u.finite]
    assert {u.k for u in broken} == {1, 2}
    for branch, update in enumerate(broken[:4], start=1):
        course.tell("resume", at=(0, 0, update.t, update.k))
        place = root.index(update)
        assert_same(root[place : place + 8], course.go(8), branch=branch)
    broken_now = course.go_to(GradientUpdate, finite=False)
    course.crash()
    course.tell("accept")
    proposal, step = course.go(2)
    assert isinstance(proposal, Proposal)
    assert isinstance(step, EnvironmentStep)
    assert (proposal.t, proposal.fallback != "") == (broken_now.t, True)
    course.go_to(GradientUpdate, finite=False)
    assert course.tell("reject").accepted
    course.go(9)
    course.verify()
    course.close()
