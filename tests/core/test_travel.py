"""To any recorded address and on from there: what was recorded comes again, bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.errors import InputError, TraceError
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at, session_at_head
from core.traces.reader import TraceReader
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    Record,
    Snapshot,
)
from tests.course import VARIANTS, Course, assert_same
from tests.runnable_checkpoint import write_runnable

LENGTH = 180
AHEAD = 9
"""Records compared after each address: nearly two environment steps."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load(write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny"))


@pytest.fixture(scope="module", params=VARIANTS)
def recorded(
    request: pytest.FixtureRequest,
    checkpoint: Checkpoint,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Course]:
    """More than an episode of the tiny policy."""
    path = tmp_path_factory.mktemp("recorded") / "run.trace"
    course = Course(path, checkpoint, VARIANTS[request.param])
    course.go(LENGTH)
    yield course
    course.close()


def addresses(records: list[Record]) -> list[tuple[int, tuple[int, int, int, int]]]:
    """(place in records, address) of every update."""
    return [
        (place, (record.branch, record.episode, record.t, record.k))
        for place, record in enumerate(records)
        if isinstance(record, GradientUpdate)
    ]


def at(course: Course, address: tuple[int, int, int, int]) -> Session:
    before = course.reader.last_seq() + 1
    return session_at(course.reader, address, course.shelf, before=before)


def test_the_course_holds_what_these_tests_are_about(recorded: Course) -> None:
    records = recorded.made()
    ended = [r for r in records if isinstance(r, EpisodeEnded)]
    assert ended
    assert sum(isinstance(r, Snapshot) for r in records) >= 3
    assert {address[3] for _, address in addresses(records)} == {0, 1, 2}


def test_from_any_recorded_address_the_recorded_future_comes_again_bit_for_bit(
    recorded: Course,
) -> None:
    records = recorded.made()
    places = addresses(records)[::11]
    assert len({address[3] for _, address in places}) == 3
    for place, address in places:
        session = at(recorded, address)
        ahead = records[place : place + AHEAD]
        assert_same(ahead, [session.advance() for _ in ahead])


def test_the_whole_recorded_future_comes_again_over_the_end_of_the_episode(
    recorded: Course,
) -> None:
    records = recorded.made()
    place, address = next((p, a) for p, a in addresses(records) if a[2:] == (7, 1))
    session = at(recorded, address)
    assert_same(records[place:], [session.advance() for _ in records[place:]])


def test_an_address_is_reached_without_what_stands_after_it_in_the_trace(
    recorded: Course,
) -> None:
    """Records from `before` on are as good as unwritten."""
    records = list(recorded.reader.records())
    seq = next(
        seq
        for seq, r in enumerate(records, start=1)
        if isinstance(r, GradientUpdate) and (r.t, r.k) == (9, 1)
    )
    session = session_at(recorded.reader, (0, 0, 9, 1), recorded.shelf, before=seq)
    assert_same(records[seq - 1 : seq + 5], [session.advance() for _ in range(6)])
    with pytest.raises(InputError, match="nothing recorded at episode 0, t = 9, k = 2"):
        session_at(recorded.reader, (0, 0, 9, 2), recorded.shelf, before=seq)


@pytest.mark.parametrize(
    "address",
    [
        (0, 0, 5, 3),
        (0, 0, 5, 2**62),
        (0, 0, 4000, 0),
        (0, 7, 0, 0),
        (0, 2**63 - 1, 2**63 - 1, 2**63 - 1),
        (1, 0, 0, 0),
        (2**63 - 1, 0, 0, 0),
    ],
)
def test_an_address_that_the_trace_does_not_hold_is_refused_in_one_line(
    recorded: Course, address: tuple[int, int, int, int]
) -> None:
    with pytest.raises(InputError, match=r"no branch|nothing recorded") as refusal:
        at(recorded, address)
    assert "\n" not in str(refusal.value)


def test_the_moment_after_an_episode_is_no_address_to_go_on_from(recorded: Course) -> None:
    ended = next(r for r in recorded.made() if isinstance(r, EpisodeEnded))
    with pytest.raises(InputError, match="nothing recorded"):
        at(recorded, (0, ended.episode, ended.t, 0))


def test_the_update_after_the_last_one_is_no_address_even_at_the_head(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    course = Course(tmp_path / "run.trace", checkpoint)
    course.go_to(Proposal, t=3)
    with pytest.raises(InputError, match="nothing recorded at episode 0, t = 3, k = 3"):
        at(course, (0, 0, 3, 3))
    assert at(course, (0, 0, 3, 2)).updates_made == 2
    course.close()


@pytest.mark.parametrize("kind", [GradientUpdate, Proposal, EnvironmentStep, EpisodeStarted])
def test_the_head_is_reached_wherever_the_trace_ends(
    checkpoint: Checkpoint, tmp_path: Path, kind: type[Record]
) -> None:
    course = Course(tmp_path / "run.trace", checkpoint)
    course.go(30)
    course.go_to(kind)
    session = session_at_head(course.reader, Shelf())
    assert session.stand == course.session.stand
    assert_same(course.go(AHEAD), [session.advance() for _ in range(AHEAD)])
    course.close()


def test_with_a_checkpoint_that_was_trained_again_no_trace_is_continued(tmp_path: Path) -> None:
    """Though its last record, a snapshot, is followed by none that could come out otherwise."""
    folder = write_runnable(tmp_path / "tiny")
    course = Course(tmp_path / "run.trace", load(folder))
    course.go_to(Snapshot)
    assert session_at_head(course.reader, Shelf()).stand == course.session.stand
    shutil.rmtree(folder)
    write_runnable(folder, seed=3)
    with pytest.raises(TraceError, match="tiny is not what it was when the trace was made"):
        session_at_head(course.reader, Shelf())
    course.close()


def test_a_trace_that_does_not_come_out_the_same_is_not_continued(
    recorded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine with another arithmetic."""
    advance = Session.advance

    def another_arithmetic(session: Session) -> Record:
        session.seed += 1
        return advance(session)

    monkeypatch.setattr(Session, "advance", another_arithmetic)
    with pytest.raises(TraceError, match="cannot be continued bit for bit here: record"):
        at(recorded, (0, 0, 7, 1))


def test_travel_needs_the_trace_and_the_checkpoint_alone(
    recorded: Course, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.trace"
    recorded.writer._connection.execute(f"VACUUM INTO '{copy}'")
    records = recorded.made()
    place, address = addresses(records)[20]
    with TraceReader(copy) as reader:
        session = session_at(reader, address, Shelf(), before=reader.last_seq() + 1)
    assert_same(records[place : place + AHEAD], [session.advance() for _ in range(AHEAD)])
