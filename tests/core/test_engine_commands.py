"""The debugger's commands through the protocol: pauses, breaks, crashes, full disks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.commands import Breakpoint, Command
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.connection import TraceFull
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.engine_served import Served, assert_verifies, line
from tests.runnable_checkpoint import write_runnable

TWO = Settings(horizon=1, particles=2, denoising_levels=1, ascent_steps=2)
BREAK = Breakpoint(id="b1", condition="t == 3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture
def served(tmp_path: Path, folder: Path) -> Iterator[Served]:
    """Paused at update 1 of t = 1; whatever happens then, the trace verifies."""
    served = Served(tmp_path / "run.trace", folder, TWO)
    served.obey("step_over")
    served.obey("step_into")
    served.obey("step_into")
    yield served
    served.close()
    assert_verifies(served.trace)


def last(served: Served) -> Record:
    return served.records()[-1]


def refuse(_: TraceWriter, *records: Record) -> int:
    raise TraceFull("the disk is full", "make room")


def test_after_a_reject_step_into_shows_the_next_update(served: Served) -> None:
    served.obey("reject", k=0)
    assert isinstance(last(served), BranchStarted)
    served.obey("step_into")
    update = last(served)
    assert isinstance(update, GradientUpdate)
    assert (update.branch, update.t, update.k) == (1, 1, 1)
    served.obey("step_into")
    assert isinstance(last(served), Proposal)


def test_in_a_branch_that_begins_at_the_head_step_into_shows_the_first_update(
    served: Served,
) -> None:
    served.obey("step_out")
    served.obey("fork", settings={"delta": 0.1})
    served.obey("step_into")
    update = last(served)
    assert isinstance(update, GradientUpdate)
    assert (update.branch, update.t, update.k) == (1, 2, 0)


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("accept", {}, EnvironmentStep),
        ("redo", {"settings": {"delta": 0.1}}, Proposal),
        ("redo", {"k": 0, "settings": {"horizon": 2}}, Proposal),
        ("step_out", {}, EnvironmentStep),
    ],
)
def test_what_runs_a_part_of_a_step_pauses_after_it(
    served: Served, name: str, given: dict[str, Any], kind: type[Record]
) -> None:
    assert served.obey(name, **given)["accepted"]
    record = last(served)
    assert isinstance(record, kind)
    assert record.t == 1


@pytest.mark.parametrize(
    ("name", "given"),
    [("reject", {}), ("fork", {"at": (0, 0, 0, 1)}), ("resume", {"at": (0, 0, 0, 2)})],
)
def test_what_goes_elsewhere_pauses_a_run_there(
    served: Served, name: str, given: dict[str, Any]
) -> None:
    served.send(line("r", "run"))
    served.engine.work()
    assert served.engine.running
    said = served.send(Command(id="f", name=name, **given).to_line())
    assert said[-1] == {"event": "state", "state": "paused"}
    assert isinstance(last(served), BranchStarted)


def test_a_refused_command_does_not_stop_a_run_and_is_refused_again(served: Served) -> None:
    served.send(line("r", "run"))
    asked = Command(id="f", name="fork", at=(7, 0, 0, 0)).to_line()
    first = [m for m in served.send(asked) if m["event"] == "applied"]
    again = [m for m in served.send(asked) if m["event"] == "applied"]
    assert served.engine.running
    assert [m["accepted"] for m in (*first, *again)] == [False, False]
    assert first[0]["seq"] == again[0]["seq"]
    served.obey("pause")


def test_a_break_is_before_the_action_and_continuing_goes_on(served: Served) -> None:
    served.obey("breakpoints", breakpoints=(BREAK,))
    served.obey("run")
    *_, proposal, hit = served.records()
    assert isinstance(proposal, Proposal)
    assert isinstance(hit, BreakpointHit)
    assert (proposal.t, hit.t, hit.paused) == (3, 3, True)
    served.run(1)
    steps = [r.t for r in served.records() if isinstance(r, EnvironmentStep)]
    assert steps == [0, 1, 2, 3]


def test_breakpoints_and_their_counts_outlive_a_crash(served: Served) -> None:
    twice = Breakpoint(id="b1", condition="k == 1", ignore=1)
    served.obey("breakpoints", breakpoints=(twice,))
    served.obey("step_over")
    served.obey("step_over")
    assert isinstance(served.records()[-4], BreakpointHit)
    served.crash()
    served.obey("run")
    hit = last(served)
    assert isinstance(hit, BreakpointHit)
    assert (hit.hits, hit.paused) == (2, True)


def test_run_sent_again_after_a_crash_does_not_run_past_a_committed_break(
    served: Served,
) -> None:
    served.obey("breakpoints", breakpoints=(BREAK,))
    served.obey("run", id="r")
    before = served.last_seq
    served.crash()
    served.obey("run", id="r")
    assert served.last_seq == before
    served.run(1)
    assert isinstance(last(served), CommandApplied)
    assert any(isinstance(r, EnvironmentStep) for r in served.records()[before:])


def test_breakpoints_told_on_a_full_disk_hold_with_their_record(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Command(id="b", name="breakpoints", breakpoints=(BREAK,)).to_line()
    monkeypatch.setattr(TraceWriter, "append", refuse)
    assert [m["event"] for m in served.send(asked)] == ["ready", "state", "failed"]
    monkeypatch.undo()
    served.obey("run")
    assert isinstance(last(served), BreakpointHit)


@pytest.mark.parametrize("name", ["step_over", "accept", "reject", "fork"])
def test_a_command_on_a_full_disk_is_obeyed_once_there_is_room(
    served: Served, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked = line("c", name)
    before = served.last_seq
    monkeypatch.setattr(TraceWriter, "append", refuse)
    assert served.send(asked)[-1]["event"] == "failed"
    assert served.send(asked)[-1]["event"] == "failed"
    monkeypatch.undo()
    served.send(asked)
    served.work_until_paused()
    new = served.records()[before:]
    assert [r.command_id for r in new if isinstance(r, CommandApplied)] == ["c"]
    moved = isinstance(new[-1], BranchStarted)
    assert moved == (name in {"reject", "fork"})
    assert moved or isinstance(new[-1], EnvironmentStep)


def test_stop_sent_again_stops(served: Served) -> None:
    served.send(line("s", "stop"))
    said = served.send(line("s", "stop"), line("r", "run"))
    assert [m["id"] for m in said if m["event"] == "applied"] == ["s"]


def test_where_the_trace_does_not_come_out_again_a_fork_is_refused_and_the_run_lives(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(tmp_path / "run.trace", folder, TWO)
    served.obey("step_over")
    advance = Session.advance

    def another_arithmetic(session: Session) -> Record:
        session.seed += 1
        return advance(session)

    monkeypatch.setattr(Session, "advance", another_arithmetic)
    applied = served.obey("fork", at=(0, 0, 0, 1))
    assert not applied["accepted"]
    assert "cannot be continued bit for bit" in applied["effect"]
    monkeypatch.undo()
    before = served.last_seq
    served.obey("step_over")
    assert served.last_seq > before
    served.close()


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "1", "command": "fork", "at": [0, 0, 0]}',
        '{"id": "1", "command": "fork", "at": [0, 0, 0, -1]}',
        '{"id": "1", "command": "fork", "at": [0, 0, 0, 1.5]}',
        '{"id": "1", "command": "fork", "at": "here"}',
        '{"id": "1", "command": "fork", "seed": -1}',
        '{"id": "1", "command": "fork", "seed": 9223372036854775808}',
        '{"id": "1", "command": "reject", "k": true}',
        '{"id": "1", "command": "note", "text": 5}',
        '{"id": "1", "command": "breakpoints", "breakpoints": [{"id": "b"}]}',
        json.dumps({"id": "1", "command": "breakpoints", "breakpoints": [{"id": "b"}] * 101}),
        json.dumps({"id": "é" * 30_000, "command": "pause"}, ensure_ascii=False),
    ],
)
def test_a_command_that_cannot_be_read_is_answered_in_one_line(
    served: Served, text: str
) -> None:
    before = served.last_seq
    said = served.send(text)
    (failed,) = [m for m in said if m["event"] == "failed"]
    assert "\n" not in failed["line"]
    assert served.last_seq == before
