"""What a trace tells of its breakpoints, and that a search finds what they hit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands import Breakpoint, Command
from core.session.breakpoints import Watch
from core.traces.archive import TraceReader, TraceWriter
from core.traces.quantities import OF_THE_GRADIENT, search_condition
from core.traces.search import find_moments
from core.traces.trace import BreakpointHit, RunStarted
from tests.branched_run import Fork, write_branches
from tests.records import make_command, make_run_started
from tests.watching import check_all, course, watch_for

Doing = list[Breakpoint] | int
ids = st.sampled_from("ab")
texts = st.sampled_from(
    [
        "t >= 0",
        "objective > 5",
        "gradient_norm > 0 and true_gain < 9",
        "k == 1",
        "drift > 1e9",
    ]
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
