"""Accept, reject, redo, fork and resume: what each does, where it is refused, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.settings import Settings
from core.traces.trace import (
    CommandApplied,
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
)
from tests.course import EPISODE, STEP, Course, assert_same
from tests.runnable_checkpoint import write_runnable

Start = Callable[..., Course]


@pytest.fixture(autouse=True)
def _close_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the ways are short."""
    monkeypatch.setattr("core.session.session.snapshot_every", lambda settings: 2)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load(write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny"))


@pytest.fixture
def start(checkpoint: Checkpoint, tmp_path: Path) -> Iterator[Start]:
    """Begins a course and goes on to update k of t = 2."""
    begun: list[Course] = []

    def start(settings: Settings = STEP, *, k: int = 1) -> Course:
        course = Course(tmp_path / "run.trace", checkpoint, settings)
        begun.append(course)
        course.go_to(GradientUpdate, t=2, k=k)
        return course

    yield start
    for course in begun:
        course.verify()
        course.close()


def updates(course: Course, t: int) -> list[tuple[int, int]]:
    """(branch, k) of the updates of t along the newest branch."""
    newest = course.reader.branches().newest
    return [(u.branch, u.k) for u in course.reader.updates(newest, 0, t)]


@pytest.mark.parametrize("k", [0, 1])
def test_accept_lets_the_weights_at_an_earlier_k_act(start: Start, k: int) -> None:
    course = start(EPISODE, k=k)
    seen = course.reader.updates(0, 0, 2)[k]
    assert course.tell("accept").accepted
    update, proposal, step = course.go(3)
    assert isinstance(update, GradientUpdate)
    assert (update.k, update.last, update.objective) == (k, True, seen.objective)
    assert np.isnan(update.gradient_norm)
    assert isinstance(proposal, Proposal)
    assert proposal.k == k
    assert np.array_equal(proposal.action, seen.action)
    assert isinstance(step, EnvironmentStep)
    following = course.go_to(GradientUpdate, t=3, k=0)
    assert isinstance(following, GradientUpdate)
    assert following.drift == pytest.approx(seen.drift, abs=1e-12)
    assert [k for _, k in updates(course, 3)][:1] == [0]


def test_accept_at_the_proposal_needs_no_branch(start: Start) -> None:
    course = start()
    course.go_to(Proposal)
    assert course.tell("accept").effect == "the weights at k = 2 act"
    assert isinstance(course.go()[0], EnvironmentStep)
    assert len(course.reader.branches()) == 1


def test_the_guard_bounds_the_action_that_is_accepted(start: Start) -> None:
    loud = STEP.replace(step_rule="plain", step_size=2.0, trust_radius=0.02)
    course = start(loud)
    course.tell("accept")
    update, proposal = course.go(2)
    assert isinstance(update, GradientUpdate)
    assert isinstance(proposal, Proposal)
    assert update.trust_factor < 1.0
    assert proposal.action_change <= 0.02


@pytest.mark.parametrize(("given", "k"), [({}, 0), ({"k": 0}, 0)])
def test_reject_goes_back_to_an_earlier_k(start: Start, given: dict[str, int], k: int) -> None:
    course = start()
    course.tell("reject", **given)
    assert (course.session.stand.k, course.session.stand.fresh) == (k, True)
    assert (course.branch_started().t, course.branch_started().k) == (2, k)
    root = course.made(0)
    assert_same(root[-2:], course.go(2), branch=1)


def test_a_rejected_step_can_be_gone_back_again_and_again(start: Start) -> None:
    course = start()
    course.go_to(Proposal)
    for branch, k in enumerate((1, 0), start=1):
        assert course.tell("reject").effect == (
            f"branch {branch} begins at episode 0, t = 2, k = {k}"
        )
    assert updates(course, 2) == [(0, 0)]
    refused = course.tell("reject")
    assert (refused.accepted, refused.effect) == (
        False,
        "k = -1 is not before k = 0: k = 0 is the first",
    )


def test_redo_makes_the_updates_again_with_the_edited_settings(start: Start) -> None:
    course = start()
    course.tell("edit", settings={"delta": 0.01, "ascent_steps": 3})
    course.tell("redo", k=0)
    assert [getattr(r, "k", None) for r in course.go(5)] == [0, 1, 2, 3, 3]
    first, _, _, last = course.reader.updates(1, 0, 2)
    before = course.reader.updates(0, 0, 2)
    assert first.objective == before[0].objective
    assert first.step_size == pytest.approx(0.2 * before[0].step_size, rel=1e-3)
    assert last.last
    assert len(course.go_to(Proposal, t=3).action) == 3
    assert [k for _, k in updates(course, 3)] == [0, 1, 2, 3]


def test_after_a_reject_an_edit_and_a_redo_need_no_further_branch(start: Start) -> None:
    course = start()
    course.go_to(Proposal)
    course.tell("reject", k=1)
    course.tell("edit", settings={"delta": 0.01})
    applied = course.tell("redo")
    assert applied.effect == "the updates are made again from k = 1 on"
    course.go_to(Proposal)
    assert updates(course, 2) == [(0, 0), (1, 1), (1, 2)]
    assert course.reader.updates(1, 0, 2)[1].step_size == pytest.approx(
        0.2 * course.reader.updates(0, 0, 2)[1].step_size, rel=1e-3
    )


def test_a_redo_with_another_objective_begins_at_k_0(start: Start) -> None:
    course = start()
    course.tell("redo", settings={"horizon": 2})
    assert course.branch_started().k == 0
    course.tell("redo", settings={"horizon": 3})
    assert len(course.reader.branches()) == 2
    update = course.go()[0]
    assert isinstance(update, GradientUpdate)
    assert update.imagined_rewards.shape[1] == 3


def test_lifting_the_guard_and_redoing_takes_the_whole_update(start: Start) -> None:
    loud = STEP.replace(step_rule="plain", step_size=2.0, trust_radius=0.02)
    course = start(loud)
    course.go_to(Proposal)
    course.tell("redo", settings={"trust_radius": None})
    update, proposal = course.go(2)
    assert isinstance(update, GradientUpdate)
    assert isinstance(proposal, Proposal)
    assert (update.k, update.trust_factor) == (2, 1.0)
    assert proposal.action_change > 0.02


def test_a_fork_without_an_address_begins_at_the_head(start: Start) -> None:
    course = start()
    course.tell("fork", settings={"ascent_steps": 4})
    assert (course.branch_started().t, course.branch_started().k) == (2, 2)
    course.go_to(Proposal)
    course.tell("fork", settings={"ascent_steps": 5})
    assert (course.branch_started().t, course.branch_started().k) == (2, 4)
    course.go_to(Proposal)
    assert updates(course, 2) == [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
    course.go_to(EnvironmentStep)
    course.tell("resume")
    assert (course.branch_started().t, course.branch_started().k) == (3, 0)
    assert isinstance(course.go(1)[0], GradientUpdate)


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("reject", {"k": 1}, "k = 1 is not before k = 1: name one from 0 to 0"),
        ("reject", {"k": 2**62}, "is not before k = 1"),
        ("redo", {"k": 3}, "nothing recorded at episode 0, t = 2, k = 3"),
        ("redo", {"settings": {"horizon": -1}}, "horizon is -1"),
        ("fork", {"settings": {"self": 1}}, "self"),
        ("fork", {"settings": {"nonsense": 1}}, "there is no setting 'nonsense'"),
        ("fork", {"settings": {"delta": float("nan")}}, "delta is nan"),
        ("fork", {"checkpoint": "nowhere"}, "nowhere"),
        ("fork", {"checkpoint": "a\0b"}, ""),
        ("fork", {"checkpoint": "/dev/null"}, ""),
        ("fork", {"seed": 2**63 - 1}, "seed"),
        ("fork", {"at": (0, 0, 9, 0)}, "nothing recorded"),
        ("resume", {"at": (1, 0, 0, 0)}, "there is no branch 1"),
        ("reject", {"at": (3, 0, 0, 0)}, "there is no branch 3"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_and_changes_nothing(
    start: Start, name: str, given: dict[str, Any], line: str
) -> None:
    course = start()
    stand, settings = course.session.stand, course.session.settings
    applied = course.tell(name, **given)
    assert not applied.accepted
    assert applied.effect
    assert line in applied.effect
    assert "\n" not in applied.effect
    assert (course.session.stand, course.session.settings) == (stand, settings)
    assert len(course.reader.branches()) == 1


@pytest.mark.parametrize("name", ["accept", "reject", "redo"])
def test_before_the_first_update_of_t_there_is_nothing_to_take_back(
    start: Start, name: str
) -> None:
    course = start()
    course.go_to(EnvironmentStep)
    applied = course.tell(name)
    assert not applied.accepted
    assert applied.effect == "no update of t = 3 has been made yet: step into it first"


@pytest.mark.parametrize("name", ["fork", "resume"])
def test_where_no_episode_runs_no_branch_can_begin(
    checkpoint: Checkpoint, tmp_path: Path, name: str
) -> None:
    course = Course(tmp_path / "run.trace", checkpoint)
    assert "no episode runs" in course.tell(name).effect
    ended = course.go_to(EnvironmentStep, terminated=True)
    assert "no episode runs" in course.tell(name).effect
    course.go_to(EpisodeEnded)
    assert "no episode runs" in course.tell(name).effect
    assert course.tell(name, at=(0, 0, ended.t, 1)).accepted
    course.go_to(EpisodeStarted)
    assert course.tell(name).accepted
    assert isinstance(course.go(1)[0], GradientUpdate)
    course.verify()
    course.close()


def test_a_refused_address_of_a_branch_to_come_stays_refused_when_recomputed(
    start: Start,
) -> None:
    course = start()
    assert not course.tell("fork", at=(1, 0, 2, 1)).accepted
    course.tell("fork", at=(0, 0, 2, 1))
    course.go(3)
    assert course.tell("fork", at=(1, 0, 2, 1)).accepted


def test_every_command_is_a_record_with_the_address_where_it_was_given(start: Start) -> None:
    course = start()
    course.tell("reject", k=0)
    course.go(2)
    course.tell("edit", settings={"delta": 0.02})
    told = [r for r in course.reader.records() if isinstance(r, CommandApplied)]
    assert [(r.branch, r.t, r.k) for r in told] == [(0, 2, 2), (1, 2, 2)]
    assert all(r.accepted for r in told)
