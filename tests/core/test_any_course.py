"""Whatever is commanded and wherever it crashes, the state is that of going straight,
bit for bit, and no command is lost or applied twice.

Random sequences of 30 commands on a tiny exact world, the engine in this process behind its
protocol; over all of them a crash falls before and after every commit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import jaxtyping
import pytest

from core.checkpoints.checkpoint import Checkpoint
from core.session.replay import first_difference
from core.session.shelf import Shelf
from core.session.travel import session_at, session_at_head
from core.traces.reader import TraceReader
from core.traces.trace import BreakpointHit, CommandApplied, GradientUpdate, Record
from core.traces.verify import check_integrity
from tests.any_course import AnyCourse, FragileWriter
from tests.course import assert_same
from tests.straight import go_straight, state_of
from tests.tiny_world import tiny_checkpoints, use_tiny_world

# Each is forty seconds of work: on a busy machine the usual limit would be near.
pytestmark = pytest.mark.timeout(1500)

Crashes = Callable[[int], str]
COMMANDS = 30
EVERY = 12
"""Of so many commits one crashes; which one, and on which side, goes with the seed."""


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, Checkpoint]:
    return tiny_checkpoints(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The tiny world, without the checks of shapes that other tests make on every call."""
    use_tiny_world(monkeypatch)
    jaxtyping.config.update("jaxtyping_disable", True)
    yield monkeypatch
    jaxtyping.config.update("jaxtyping_disable", False)


def crash_now_and_then(seed: int) -> Crashes:
    """At one commit of twelve; over the seeds before and after every one."""

    def when(commit: int) -> str:
        if commit % EVERY != seed % EVERY:
            return ""
        return ("before", "after")[(seed // EVERY + commit // EVERY) % 2]

    return when


def crash_once(at: int, side: str) -> Crashes:
    return lambda commit: side if commit == at else ""


def check(trace: Path, sent: list[str], known: Mapping[str, Checkpoint], seed: int) -> None:
    with TraceReader(trace) as reader:
        records = list(reader.records())
        assert check_integrity(reader) is None
        assert first_difference(reader, Shelf(*known.values()), 0.0) is None
        told = [r.command_id for r in records if isinstance(r, CommandApplied)]
        assert [name for name in told if "/" not in name] == sent
        check_states(reader, records, known, seed)


def check_states(
    reader: TraceReader, records: list[Record], known: Mapping[str, Checkpoint], seed: int
) -> None:
    """The head, and two of the recorded addresses."""
    head = state_of(session_at_head(reader, Shelf(*known.values())))
    assert head == state_of(go_straight(records, None, known))
    updates = [r for r in records if isinstance(r, GradientUpdate)]
    for chosen in updates[seed % 7 :: max(len(updates) // 2, 1)]:
        at = (chosen.branch, chosen.episode, chosen.t, chosen.k)
        there = session_at(reader, at, Shelf(*known.values()), before=len(records) + 1)
        assert state_of(there) == state_of(go_straight(records, at, known))
        future = uncommanded(records[records.index(chosen) :])
        assert_same(future, [there.advance() for _ in future])


def uncommanded(records: list[Record]) -> list[Record]:
    """What was recorded before the next command."""
    until = itertools.takewhile(lambda r: not isinstance(r, CommandApplied), records)
    return [r for r in until if not isinstance(r, BreakpointHit)]


def one_course(
    seed: int,
    folder: Path,
    checkpoints: tuple[Checkpoint, Checkpoint],
    patch: pytest.MonkeyPatch,
    crashes: Crashes,
    commands: int = COMMANDS,
) -> FragileWriter:
    """Play it, check it; a failure says what was commanded."""
    patch.setattr("core.session.session.snapshot_every", lambda settings: 1 + seed % 4)
    writer = FragileWriter(patch, crashes)
    paths = (checkpoints[0].path, checkpoints[1].path)
    course = AnyCourse(folder / "run.trace", paths, seed)
    try:
        course.play(commands)
        live = state_of(course.served.engine._session)
        course.served.close()
        known = {checkpoint.digest: checkpoint for checkpoint in checkpoints}
        check(course.served.trace, course.sent, known, seed)
        with TraceReader(course.served.trace) as reader:
            assert live == state_of(session_at_head(reader, Shelf(*checkpoints)))
    except BaseException as error:
        error.add_note(f"seed {seed}:\n" + "\n".join(course.log))
        raise
    course.served.trace.unlink()
    return writer


SLOW = [pytest.param(first, marks=pytest.mark.slow) for first in range(60, 300, 15)]


@pytest.mark.parametrize("first", [0, 15, 30, 45, *SLOW])
def test_fifteen_of_three_hundred_courses_are_as_if_nothing_had_crashed(
    first: int,
    checkpoints: tuple[Checkpoint, Checkpoint],
    tmp_path: Path,
    patch: pytest.MonkeyPatch,
) -> None:
    happened = 0
    for seed in range(first, first + 15):
        with patch.context() as own:
            crashes = crash_now_and_then(seed)
            happened += one_course(seed, tmp_path, checkpoints, own, crashes).happened
    assert happened > 15


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("seed", [3, pytest.param(11, marks=pytest.mark.slow)])
def test_one_course_survives_a_crash_at_each_of_its_commits(
    seed: int,
    side: str,
    checkpoints: tuple[Checkpoint, Checkpoint],
    tmp_path: Path,
    patch: pytest.MonkeyPatch,
) -> None:
    with patch.context() as own:
        commits = one_course(seed, tmp_path, checkpoints, own, lambda commit: "", 12).commits
    for at in range(1, commits + 1):
        with patch.context() as own:
            course = one_course(seed, tmp_path, checkpoints, own, crash_once(at, side), 12)
        assert course.happened == 1
