"""Hits of breakpoints as a trace tells of them: counted, marked, and the one it stands at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.state.hits import MOST_MARKS, HitLog, break_sentence
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import BreakpointHit, Record
from tests.records import make_branch_started, make_command, make_run_started


def hit(t: int, k: int = 0, **changes: Any) -> BreakpointHit:
    values: dict[str, Any] = {
        "branch": 0, "episode": 0, "t": t, "k": k, "breakpoint": "b1", "condition": "drift > 1",
        "hits": 1, "paused": False, "quantities": json.dumps({"drift": 1.5}),
    }  # fmt: skip
    return BreakpointHit(**values | changes)


def trace_of(path: Path, *records: Record) -> TraceWriter:
    writer = TraceWriter.create(path, make_run_started())
    for record in records:
        writer.append(record)
    return writer


def test_the_newest_count_of_each_breakpoint_is_told_and_only_new_hits_are_read(
    tmp_path: Path,
) -> None:
    log = HitLog()
    path = tmp_path / "a.trace"
    with trace_of(path, hit(1), hit(2, hits=2)) as writer, TraceReader(path) as reader:
        assert log.refresh(reader, 0, 0).counts == {("b1", "drift > 1"): 2}
        writer.append(hit(5, hits=3), hit(5, breakpoint="b2", condition="t == 5"))
        found = log.refresh(reader, 0, 0)
        assert found.counts == {("b1", "drift > 1"): 3, ("b2", "t == 5"): 1}
        assert found.ts == (1, 2, 5)
        assert "drift &gt; 1<br>logged at t = 5, k = 0: t == 5" in found.tips[2]
        assert log.refresh(reader, 0, 0).ts is found.ts


def test_a_condition_that_was_edited_counts_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    with (
        trace_of(path, hit(1, hits=9), hit(2, condition="drift > 2")),
        TraceReader(path) as reader,
    ):
        counts = HitLog().refresh(reader, 0, 0).counts
    assert counts == {("b1", "drift > 1"): 9, ("b1", "drift > 2"): 1}


def test_only_the_hits_on_the_path_to_the_shown_branch_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    records = (
        hit(3), hit(8), hit(8, episode=1),
        make_branch_started(branch=1, parent=0, episode=0, t=5, k=1),
        hit(5, k=1, branch=1), hit(6, branch=1),
    )  # fmt: skip
    with trace_of(path, *records), TraceReader(path) as reader:
        log = HitLog()
        assert log.refresh(reader, 0, 0).ts == (3, 8)
        assert log.refresh(reader, 0, 1).ts == (8,)
        assert log.refresh(reader, 1, 0).ts == (3, 5, 6)
        assert log.refresh(reader, 1, 1).ts == ()


def test_the_run_is_at_a_break_until_it_records_something_of_its_course(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    here = [hit(4, 1, breakpoint=b, paused=b != "b2") for b in ("b1", "b2", "b3")]
    with (
        trace_of(path, hit(2, paused=True), make_command(), *here) as writer,
        TraceReader(path) as reader,
    ):
        log = HitLog()
        assert [h.breakpoint for h in log.refresh(reader, 0, 0).broken] == ["b1", "b3"]
        writer.append(make_command())
        assert len(log.refresh(reader, 0, 0).broken) == 2, "a command changes nothing"
        writer.append(make_branch_started(branch=1, parent=0, episode=0, t=4, k=0))
        assert log.refresh(reader, 0, 0).broken == ()


def test_logged_hits_are_no_break(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    with trace_of(path, hit(2), hit(3)), TraceReader(path) as reader:
        assert HitLog().refresh(reader, 0, 0).broken == ()


def test_of_very_many_hits_all_are_marked_and_the_first_named(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    with TraceWriter.create(path, make_run_started()) as writer:
        writer.append(*[hit(t) for t in range(MOST_MARKS + 50)])
        with TraceReader(path) as reader:
            found = HitLog().refresh(reader, 0, 0)
    assert len(found.ts) == MOST_MARKS + 50
    assert found.tips[-1] == ""
    assert found.tips[0]


def test_the_sentence_says_where_and_why_with_the_values_that_led_there() -> None:
    values = {"action_change": 0.1234, "refused": True, "t": 64, "true_gain": None, "k": 1}
    one = hit(64, 1, condition="action_change > 0.1", quantities=json.dumps(values))
    assert break_sentence((one,)) == (
        "Break before the action at t = 64, k = 1: "
        "action_change > 0.1 (action_change = 0.123, refused = yes, true_gain = missing)"
    )
    two = (hit(3, 0, episode=1, branch=2, quantities="{}", hits=4), hit(3, quantities="{}"))
    assert break_sentence(two) == (
        "Break before the action at branch 2, episode 1, t = 3, k = 0: "
        "drift > 1 (hit 4); drift > 1"
    )
    assert break_sentence(()) == ""


def test_values_that_cannot_be_read_are_left_out_of_the_sentence() -> None:
    for junk in ("", "[", "[1]", "[" * 100_000, '{"drift": {"a": 1}}'):
        assert break_sentence((hit(3, quantities=junk),)).startswith("Break before the action")
