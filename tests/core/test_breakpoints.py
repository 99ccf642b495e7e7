"""Breakpoints: when a condition is asked, what is counted, and what a trace tells of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands import Breakpoint, Command
from core.errors import InputError
from core.session.breakpoints import Watch
from core.traces.archive import TraceReader, TraceWriter
from core.traces.quantities import OF_THE_GRADIENT, search_condition
from core.traces.search import find_moments
from core.traces.trace import BreakpointHit, GradientUpdate, Proposal, Record, RunStarted
from tests.branched_run import Fork, write_branches
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.motion import Sizes
from tests.records import make_command, make_run_started

SMALL = Sizes(particles=2, horizon=2, weights=5)
RNG = np.random.default_rng(0)


def update(k: int, **changes: Any) -> GradientUpdate:
    return make_update(RNG, k=k, sizes=SMALL, **changes)


def proposal(**changes: Any) -> Proposal:
    return make_proposal(RNG, sizes=SMALL, **changes)


def course(environment_steps: int = 1, ascent_steps: int = 1) -> Iterator[Record]:
    """Updates, proposal and environment step of each t; J is 10 t + k, true_gain -t."""
    for t in range(environment_steps):
        for k in range(ascent_steps + 1):
            yield update(k, t=t, ascent_steps=ascent_steps, objective=10.0 * t + k)
        yield proposal(t=t, k=ascent_steps, true_gain=-float(t), action_change=0.1 * t)
        yield make_environment_step(RNG, t=t)


def watch_for(condition: str, **options: Any) -> Watch:
    return Watch([Breakpoint(id="b1", condition=condition, **options)])


def check_all(watch: Watch, records: Iterable[Record]) -> list[BreakpointHit]:
    return [hit for record in records for hit in watch.check(record)]


def places(hits: Iterable[BreakpointHit]) -> list[tuple[int, int]]:
    return [(hit.t, hit.k) for hit in hits]


# When.


def test_a_condition_on_updates_is_asked_at_each_update() -> None:
    watch = watch_for("objective >= 10 and t < 2")
    asked = [(type(r).__name__, places(watch.check(r))) for r in course(3, ascent_steps=2)]
    held = [(kind, found) for kind, found in asked if found]
    assert held == [("GradientUpdate", [(1, k)]) for k in range(3)]


@pytest.mark.parametrize(
    "condition",
    [
        "true_gain < 0",
        "t == 1",
        "episode == 0 and t > 0",
        "t == 1 and k == 2 and objective == 12 and action_change > 0",
    ],
)
def test_every_other_condition_is_asked_once_before_the_action(condition: str) -> None:
    watch = watch_for(condition)
    held = [(type(r).__name__, places(watch.check(r))) for r in course(2, ascent_steps=2)]
    assert [each for each in held if each[1]] == [("Proposal", [(1, 2)])]


def test_a_condition_on_the_action_sees_the_update_that_acts() -> None:
    assert places(check_all(watch_for("k == 0 and true_gain <= 0"), course())) == []
    accepted = [update(0), update(1), proposal(k=0)]
    assert places(check_all(watch_for("k == 0 and true_gain > -9"), accepted)) == [(0, 0)]


def test_a_condition_on_the_action_can_ask_for_the_gradient_that_led_to_it() -> None:
    records = [update(0, gradient_norm=7.0), update(1, gradient_norm=math.nan), proposal()]
    (hit,) = check_all(watch_for("gradient_norm == 7 and true_gain > -9 and k == 1"), records)
    assert json.loads(hit.quantities)["gradient_norm"] == 7.0
    own = [update(0, gradient_norm=7.0), update(1, gradient_norm=8.0), proposal()]
    assert check_all(watch_for("gradient_norm == 8 and true_gain > -9"), own)


@pytest.mark.parametrize("other", [{"branch": 1}, {"t": 3}, {"episode": 1}])
def test_no_gradient_is_taken_from_elsewhere(other: dict[str, int]) -> None:
    records = [update(0, **other), update(1), proposal()]
    assert not check_all(watch_for("gradient_norm > 0 and true_gain > -9"), records)
    assert check_all(watch_for("not gradient_norm > 0 and true_gain > -9"), records)


def test_what_is_not_finite_can_be_broken_on() -> None:
    bad = update(0, objective=math.nan, finite=False)
    fell_back = proposal(k=0, fallback="objective was not finite")
    assert len(check_all(watch_for("not finite"), [update(0), bad])) == 1
    assert len(check_all(watch_for("fell_back and not finite"), [bad, fell_back])) == 1
    assert not check_all(watch_for("objective < 1e9"), [bad])


def test_a_refusal_of_the_trust_region_can_be_broken_on() -> None:
    watch = watch_for("refused")
    assert not check_all(watch, [update(1), proposal(trust_factor=1.0)])
    assert check_all(watch, [update(1), proposal(trust_factor=0.5)])


# What a hit says, and what is counted.


def test_a_hit_says_where_and_with_which_values() -> None:
    at = {"branch": 2, "episode": 1, "t": 5}
    condition = "t == 5 and finite and drift >= 0 and (true_gain < 9 or model_error > 0)"
    records = [
        update(1, **at, drift=0.25),
        proposal(**at, true_gain=-0.5, model_error=math.nan),
    ]
    (hit,) = check_all(watch_for(condition), records)
    assert (hit.branch, hit.episode, hit.t, hit.k) == (2, 1, 5, 1)
    assert (hit.breakpoint, hit.condition) == ("b1", condition)
    assert json.loads(hit.quantities) == {
        "t": 5, "finite": True, "drift": 0.25, "true_gain": -0.5, "model_error": None,
    }  # fmt: skip
    assert '"t": 5,' in hit.quantities


def test_hits_are_counted_and_the_first_can_be_ignored() -> None:
    watch = watch_for("t >= 1", ignore=2)
    hits = check_all(watch, course(5))
    assert [(hit.t, hit.hits, hit.paused) for hit in hits] == [
        (1, 1, False), (2, 2, False), (3, 3, True), (4, 4, True),
    ]  # fmt: skip
    assert watch.count("b1") == 4
    assert watch.count("another") == 0


def test_a_breakpoint_that_only_logs_never_pauses() -> None:
    hits = check_all(watch_for("t >= 0", log_only=True), course(3))
    assert [hit.paused for hit in hits] == [False] * 3


def test_a_disabled_breakpoint_is_not_asked() -> None:
    watch = watch_for("t >= 0", enabled=False)
    assert check_all(watch, course(3)) == []
    assert watch.count("b1") == 0


def test_hits_at_one_record_come_in_the_order_of_the_list() -> None:
    watch = Watch([Breakpoint(id=id, condition="t == 0") for id in ("z", "a", "m")])
    assert [hit.breakpoint for hit in check_all(watch, course())] == ["z", "a", "m"]


def test_counts_survive_other_changes_and_start_anew_with_another_condition() -> None:
    watch = Watch([Breakpoint(id=id, condition="t >= 0") for id in ("a", "b", "c")])
    check_all(watch, course(3))
    watch.set(
        [
            Breakpoint(id="a", condition="t >= 0", enabled=False, ignore=7),
            Breakpoint(id="b", condition="t >= 1"),
            Breakpoint(id="d", condition="t >= 0"),
        ]
    )
    assert [watch.count(id) for id in "abcd"] == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([("a", "t >")], "something is missing"),
        ([("a", "drfit > 3")], "did you mean drift"),
        ([("a", "reward < 0")], "a search can use it"),
        ([("a", "t == 1"), ("a", "t == 2")], "two breakpoints have the id 'a'"),
        ([("a", "t == 1"), ("b", "import os")], "there is no quantity 'import'"),
    ],
)
def test_an_unsound_list_is_refused_in_one_line_and_changes_nothing(
    wrong: list[tuple[str, str]], says: str
) -> None:
    breakpoints = [Breakpoint(id=id, condition=condition) for id, condition in wrong]
    with pytest.raises(InputError, match=says) as refused:
        Watch(breakpoints)
    assert str(refused.value).isprintable()
    watch = watch_for("t == 0")
    with pytest.raises(InputError):
        watch.set(breakpoints)
    assert len(check_all(watch, course())) == 1


# What a trace tells.

Doing = list[Breakpoint] | int
ids, texts = (
    st.sampled_from("ab"),
    st.sampled_from(
        [
            "t >= 0",
            "objective > 5",
            "gradient_norm > 0 and true_gain < 9",
            "k == 1",
            "drift > 1e9",
        ]
    ),
)
lists = st.lists(
    st.builds(
        Breakpoint,
        id=ids,
        condition=texts,
        enabled=st.booleans(),
        log_only=st.booleans(),
        ignore=st.integers(0, 2),
    ),
    unique_by=lambda each: each.id,
)


def written(path: Path, doings: list[Doing]) -> list[tuple[int, list[BreakpointHit]]]:
    """A trace of lists and of records; what one Watch said of each, with the next seq."""
    watch, said = Watch(), []
    todo = course(len(doings) + 9)
    started = make_run_started()
    assert isinstance(started, RunStarted)
    with TraceWriter.create(path, started) as writer:
        for number, doing in enumerate(doings):
            if isinstance(doing, int):
                for _ in range(doing):
                    record = next(todo)
                    hits = list(watch.check(record))
                    writer.append(record, *hits)
                    said.append((writer.last_seq - len(hits), hits))
                continue
            line = Command(
                id=str(number), name="breakpoints", breakpoints=tuple(doing)
            ).to_line()
            writer.append(make_command(command=line, accepted=number % 5 != 4))
            if number % 5 != 4:
                watch.set(doing)
    return said


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(doings=st.lists(lists | st.integers(1, 6), min_size=1, max_size=6))
def test_a_watch_taken_from_a_trace_goes_on_as_the_one_that_wrote_it(
    doings: list[Doing], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("watched") / "t.trace"
    said = written(path, doings)
    with TraceReader(path) as reader:
        for seq, hits in said:
            again = Watch.from_trace(reader, before_seq=seq).check(reader.read(seq))
            assert list(map(repr, again)) == list(map(repr, hits))
        last = Watch.from_trace(reader)
        counted = {hit.breakpoint: hit.hits for _, hits in said for hit in hits}
        for id in "ab":
            assert last.count(id) in {0, counted.get(id, 0)}


def test_a_note_about_breakpoints_is_no_list_of_them(tmp_path: Path) -> None:
    started = make_run_started()
    with TraceWriter.create(tmp_path / "t.trace", started) as writer:
        kept = Command(
            id="1", name="breakpoints", breakpoints=(Breakpoint(id="b1", condition="t >= 0"),)
        )
        note = Command(id="2", name="note", text='"breakpoints" are nice')
        for command in (kept, note):
            writer.append(make_command(command=command.to_line(), command_id=command.id))
    with TraceReader(tmp_path / "t.trace") as reader:
        assert len(check_all(Watch.from_trace(reader), course())) == 1


@pytest.mark.parametrize(
    "condition",
    ["objective > 240 and t > 1", "t == 4", "action_change > 0.02 and q_spread > -9", "k == 2"],
)
def test_a_search_finds_every_moment_that_a_breakpoint_hits(
    tmp_path: Path, condition: str
) -> None:
    path = write_branches(
        tmp_path / "t.trace", Fork(t=3, k=1), Fork(t=5, k=2, parent=1), ascent_steps=2
    )
    assert not OF_THE_GRADIENT & search_condition(condition).names
    with TraceReader(path) as reader:
        hits = check_all(watch_for(condition), reader.records())
        found = set()
        for branch in range(3):
            moments = find_moments(reader, search_condition(condition), branch=branch)
            found |= set(
                zip(
                    moments.branch.tolist(), moments.t.tolist(), moments.k.tolist(), strict=True
                )
            )
    assert hits
    assert {(hit.branch, hit.t, hit.k) for hit in hits} <= found
