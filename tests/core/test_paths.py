"""Reading along the path to a branch: the parents' records until it begins, then its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import TraceError
from core.traces.archive import TraceWriter
from core.traces.lineage import Branches
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.eventful_course import write_eventful
from tests.records import make_branch_started, make_run_started, make_update
from tests.tiny_world import use_tiny_world

Clock = tuple[int, int, int]


@pytest.fixture(scope="module", autouse=True)
def _tiny_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        yield


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TraceReader]:
    with TraceReader(write_eventful(tmp_path_factory.mktemp("eventful"))) as opened:
        yield opened


def clock(record: Record) -> Clock:
    """Where a record of the course stands; a proposal after all updates of its t."""
    last = {GradientUpdate: 0, Proposal: 10**6, EnvironmentStep: 10**6 + 1}
    return (
        record.episode,
        record.t,
        last[type(record)] + (record.k if isinstance(record, GradientUpdate) else 0),
    )


def path(reader: TraceReader, branch: int) -> list[Record]:
    """The updates, proposals and steps that lead to a branch, by walking the records."""
    records = list(reader.records())
    started = {r.branch: r for r in records if isinstance(r, BranchStarted)}
    kinds = (GradientUpdate, Proposal, EnvironmentStep)
    own = [r for r in records if isinstance(r, kinds) and r.branch == branch]
    if branch == 0:
        return own
    begun = started[branch]
    end = (begun.episode, begun.t, begun.k)
    return [*(r for r in path(reader, begun.parent) if clock(r) < end), *own]


BRANCHES = range(9)


@pytest.mark.parametrize("branch", BRANCHES)
def test_records_are_found_by_their_address_along_the_path(
    reader: TraceReader, branch: int
) -> None:
    assert len(reader.branches()) == len(BRANCHES)
    walked = path(reader, branch)
    assert walked
    for (episode, t), group in itertools.groupby(walked, key=lambda r: (r.episode, r.t)):
        here = list(group)
        updates = reader.updates(branch, episode, t)
        made = [r for r in here if isinstance(r, GradientUpdate)]
        assert [u.k for u in updates] == list(range(len(updates)))
        assert [(u.branch, u.k) for u in updates[: len(made)]] == [
            (u.branch, u.k) for u in made
        ]
        proposal, step = (
            reader.proposal(branch, episode, t),
            reader.environment_step(branch, episode, t),
        )
        found = [(type(r), r.branch) for r in (proposal, step) if r is not None]
        assert found == [(type(r), r.branch) for r in here[len(made) :]]


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_path_is_one_course_of_the_world(reader: TraceReader, branch: int) -> None:
    """Each action leads to the state in which the next one is proposed."""
    reached: dict[int, np.ndarray] = {}
    for record in path(reader, branch):
        if isinstance(record, EnvironmentStep):
            reached = {record.t + 1: record.next_state}
        elif record.t in reached:
            state = (
                record.state
                if isinstance(record, Proposal)
                else record.imagined_states[0, 0].astype(np.float64)
            )
            exact = reached[record.t]
            expected = exact if isinstance(record, Proposal) else exact.astype(np.float32)
            assert np.array_equal(state, expected)


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("kind", [GradientUpdate, Proposal, EnvironmentStep])
def test_columns_along_a_path_are_those_of_its_records(
    reader: TraceReader, branch: int, kind: type[Record]
) -> None:
    walked = [r for r in path(reader, branch) if isinstance(r, kind)]
    columns = reader.path_columns(kind.__name__, ["branch"], branch)
    wanted = ["episode", "t", *(["k"] if kind is not EnvironmentStep else []), "branch"]
    assert list(columns) == ["seq", *wanted]
    for name in wanted:
        assert columns[name].tolist() == [getattr(r, name) for r in walked]
    first = reader.path_columns(kind.__name__, ["branch"], branch, episode=0)
    assert first["t"].tolist() == [r.t for r in walked if r.episode == 0]


def test_commands_along_a_path_are_those_given_on_the_way(reader: TraceReader) -> None:
    columns = reader.path_columns("CommandApplied", ["command_id", "branch"], 3)
    given = list(zip(columns["branch"].tolist(), columns["command_id"].tolist(), strict=True))
    assert given == [(0, "c1"), (1, "c4/edit"), (1, "c5"), (1, "c6"), (3, "c11")]
    told = [r for r in reader.records() if isinstance(r, CommandApplied) and r.branch == 0]
    assert [r.command_id for r in told] == ["c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(BRANCHES, 2)))
def test_two_branches_share_everything_before_their_first_own_address(
    reader: TraceReader, a: int, b: int
) -> None:
    common = reader.branches().common(a, b)
    assert common == reader.branches().common(b, a)
    assert common is not None
    ours, theirs = path(reader, a), path(reader, b)
    shared = [r for r in ours if clock(r) < common]
    assert [clock(r) for r in theirs if clock(r) < common] == [clock(r) for r in shared]
    assert [r.branch for r in theirs if clock(r) < common] == [r.branch for r in shared]
    beyond = [{(r.branch, *clock(r)) for r in p if clock(r) >= common} for p in (ours, theirs)]
    assert not beyond[0] & beyond[1]


def test_a_branch_that_is_not_there_holds_nothing(reader: TraceReader) -> None:
    for branch in (-1, 9, 2**62):
        assert reader.branches().path(branch) == ()
        assert reader.updates(branch, 0, 0) == ()
        assert reader.proposal(branch, 0, 0) is None
        assert reader.environment_step(branch, 0, 0) is None
        assert len(reader.path_columns("Proposal", ["true_gain"], branch)["seq"]) == 0


def test_a_reader_sees_a_branch_as_soon_as_it_is_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "run.trace"
    with TraceWriter.create(path, make_run_started()) as writer, TraceReader(path) as reader:
        writer.append(make_update(rng, t=0))
        for branch in range(1, 4):
            seq = writer.append(make_branch_started(branch=branch, parent=branch - 1))
            assert reader.branches().newest == branch
            assert reader.branches_before(seq).newest == branch - 1
            assert reader.branches_before(seq + 1).newest == branch
            assert reader.latest_moment() == (branch, 0, 0)
            assert [u.branch for u in reader.updates(branch, 0, 0)] == [0]


@pytest.mark.parametrize(
    "wrong", [{"branch": 0}, {"branch": 2}, {"parent": 1}, {"parent": -1}, {"branch": -1}]
)
def test_a_tree_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(TraceError, match="out of order"):
        Branches([(2, make_branch_started(**wrong))])
