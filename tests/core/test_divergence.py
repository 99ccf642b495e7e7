"""Where two branches part: every kind of record, every field, and where they do not."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from core.errors import InputError
from core.traces.archive import TraceWriter
from core.traces.branch_walk import Course
from core.traces.divergence import find_divergence
from core.traces.reader import TraceReader
from core.traces.schema import layout
from core.traces.trace import Record
from tests.branched_run import Fork, Plant, append_fork, compared, course, plant, write_branches
from tests.changed_values import other
from tests.records import make_breakpoint_hit, make_command, make_snapshot

FIELDS = [
    (record_type.__name__, name)
    for record_type in get_args(Course)
    for name in layout(record_type.__name__).deterministic
    if name not in ("branch", "episode", "t", "k")
]
PLACES = {"EpisodeStarted": (1,), "EpisodeEnded": (0,), "GradientUpdate": (0, 5, 0)}


def spoiled(kind: str, name: str) -> Plant:
    """Changes one field of one record of that kind by as little as possible."""
    place = PLACES.get(kind, (0, 5))

    def changed(record: Record) -> Record:
        names = ("episode", "t", "k")[: len(place)]
        if type(record).__name__ == kind and place == tuple(
            getattr(record, each) for each in names
        ):
            return dataclasses.replace(record, **{name: other(getattr(record, name), place=0)})
        return record

    return changed


def test_a_fork_with_nothing_changed_is_identical_as_far_as_both_go(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, k=1, until=6))
    comparison = compared(path)
    assert comparison.divergence is None
    assert comparison.note == "identical as far as both go: to t = 5"
    assert (comparison.begin, comparison.changes) == ((0, 3, 1), ())
    assert comparison.alike == 3 + 2 * 4


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[".".join(f) for f in FIELDS])
def test_a_difference_in_any_field_of_any_record_is_named(
    tmp_path: Path, kind: str, name: str
) -> None:
    fork = Fork(t=2, plant=spoiled(kind, name), ends=True)
    path = write_branches(tmp_path / "b.trace", fork, ends=True)
    with TraceReader(path) as reader:
        found = find_divergence(reader, 0, 1).divergence
        assert found is not None
        assert (found.kind, found.field) == (kind, name)
        ours, theirs = reader.read(found.seq_a), reader.read(found.seq_b)
    first, second = getattr(ours, name), getattr(theirs, name)
    if isinstance(first, np.ndarray):
        assert (found.a_value, found.b_value) == (None, None)
        told = f"1 of {first.size} differ" if first.size else "(0, 0) against float32 (1, 1)"
        assert told in found.detail
    else:
        assert str([found.a_value, found.b_value]) == str([first, second])
        assert " against " in found.detail


def test_the_address_of_a_difference_is_that_of_its_record(tmp_path: Path) -> None:
    path = write_branches(
        tmp_path / "b.trace",
        Fork(t=1, plant=plant("GradientUpdate", (0, 4, 1), drift=1.5)),
        Fork(t=1, plant=plant("EnvironmentStep", (0, 4), reward=1.5)),
        Fork(t=1, plant=plant("EpisodeStarted", (1,), seed=9), ends=True),
        ends=True,
    )
    places = [
        (found.episode, found.t, found.k)
        for b in (1, 2, 3)
        if (found := compared(path, 0, b).divergence)
    ]
    assert places == [(0, 4, 1), (0, 4, None), (1, 0, None)]


@pytest.mark.parametrize(
    ("a", "b", "differs"),
    [(math.nan, math.nan, False), (-0.0, 0.0, True), (math.nan, 0.0, True)],
)
def test_nan_is_nan_and_minus_zero_is_not_zero(
    tmp_path: Path, a: float, b: float, differs: bool
) -> None:
    def planted(value: float) -> Plant:
        scalar = plant("Proposal", (0, 3), model_error=value)
        array = plant("Proposal", (0, 3), true_objectives=np.full(3, value))
        return lambda record: array(scalar(record))

    path = write_branches(
        tmp_path / "b.trace", *(Fork(t=2, plant=planted(value)) for value in (a, b))
    )
    found = compared(path, 1, 2).divergence
    assert (found is not None) is differs
    if found is not None:
        assert found.field == "model_error"


def test_arrays_say_where_they_differ_and_by_how_much(tmp_path: Path) -> None:
    first = np.array([0.5, -0.0, 0.25], np.float32)
    second = np.array([0.5, 0.0, 0.75], np.float32)
    forks = [Fork(t=2, plant=plant("Proposal", (0, 3), action=a)) for a in (first, second)]
    found = compared(write_branches(tmp_path / "b.trace", *forks), 1, 2).divergence
    assert found is not None
    assert found.detail == "-0 against 0 at [1]; 2 of 3 differ, by at most 0.5"


def test_arrays_of_two_shapes_say_both(tmp_path: Path) -> None:
    forks = [
        Fork(t=2, plant=plant("Proposal", (0, 3), model_errors=np.zeros(n))) for n in (0, 2)
    ]
    found = compared(write_branches(tmp_path / "b.trace", *forks), 1, 2).divergence
    assert found is not None
    assert found.detail == "float64 (0,) against float64 (2,)"


def test_another_number_of_updates_is_a_difference(tmp_path: Path) -> None:
    """Branch 1 proposes after update k = 0, where the root makes update k = 1."""
    path = write_branches(tmp_path / "b.trace")
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=4, k=1, started={"reason": "accept"}), ascent_steps=0)
    found = compared(path).divergence
    assert found is not None
    assert (found.kind, found.field, found.t) == ("GradientUpdate", "kind", 4)
    assert found.detail == (
        "branch 0 makes gradient update k = 1 of t = 4, "
        "branch 1 proposes the action of t = 4 after update k = 0"
    )
    assert found.cause == "branch 1 began here: accept"


def test_an_end_of_the_episode_is_a_difference_from_another_step(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, until=6, ends=True))
    found = compared(path).divergence
    assert found is not None
    assert found.field == "kind"
    assert found.detail == (
        "branch 0 makes gradient update k = 0 of t = 6, "
        "branch 1 ends episode 0 after 6 environment steps"
    )


def test_commands_snapshots_and_hits_are_no_difference(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace")
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=2, until=4))
        writer.append(make_command(branch=1, t=4))
        writer.append(make_snapshot(np.random.default_rng(0), branch=1, t=4))
        writer.append(make_breakpoint_hit(branch=1, t=4))
        for record in course(1, 4, 6):
            writer.append(record)
    assert compared(path).note == "identical as far as both go: to t = 5"


def test_branches_of_branches_are_compared_along_their_paths(tmp_path: Path) -> None:
    path = write_branches(
        tmp_path / "b.trace",
        Fork(t=2, plant=plant("EnvironmentStep", (0, 5), reward=9.0)),
        Fork(t=4, parent=1),
        Fork(t=1, k=1, parent=2),
        Fork(t=6, parent=1),
    )
    with TraceReader(path) as reader:
        found = {
            (a, b): find_divergence(reader, a, b).divergence
            for a in range(5)
            for b in range(5)
            if a != b
        }
    odd = {1, 4}
    for (a, b), divergence in found.items():
        assert (divergence is not None) is ((a in odd) != (b in odd)), (a, b)
        assert divergence is None or divergence.t == 5


def test_a_branch_with_nothing_of_its_own_is_said_to_have_nothing(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, k=1, until=3))
    comparison = compared(path)
    assert (comparison.alike, comparison.divergence) == (0, None)
    assert comparison.note == "nothing to compare yet: one of them has no record of its own"


@pytest.mark.parametrize(
    ("a", "b", "fact", "remedy"),
    [
        (0, 2, "has no branch 2", "it has branches 0 to 1: name two of them"),
        (-1, 0, "has no branch -1", "it has branches 0 to 1: name two of them"),
        (1, 1, "branch 1 is no other branch than itself", "has branches 0 to 1"),
    ],
)
def test_branches_that_do_not_exist_are_refused_in_one_line(
    tmp_path: Path, a: int, b: int, fact: str, remedy: str
) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=2))
    with pytest.raises(InputError) as refused:
        compared(path, a, b)
    assert fact in refused.value.fact
    assert remedy in refused.value.remedy
