"""The engine behind its protocol: in this process, and killed for real in the slow suite."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.traces.archive import TraceWriter
from core.traces.connection import TraceFull
from core.traces.reader import TraceReader
from core.traces.trace import (
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from core.traces.verify import compare_records
from tests.engine_served import FAST, Served, assert_verifies, line, records
from tests.runnable_checkpoint import write_runnable


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture
def served(tmp_path: Path, folder: Path) -> Iterator[Served]:
    served = Served(tmp_path / "run.trace", folder)
    yield served
    served.close()


def test_step_into_stops_after_each_update_and_at_the_proposal_and_step_out_applies_it(
    served: Served,
) -> None:
    for kind in (GradientUpdate, Proposal, EnvironmentStep, GradientUpdate, Proposal):
        if kind is EnvironmentStep:
            served.obey("step_out")
        else:
            served.obey("step_into")
        assert isinstance(served.records()[-1], kind)
    happened = [r for r in served.records() if isinstance(r, EnvironmentStep)]
    assert [r.t for r in happened] == [0]


def test_step_over_makes_one_environment_step_with_all_its_updates(served: Served) -> None:
    for _ in range(3):
        served.obey("step_over")
    found = served.records()
    assert [r.t for r in found if isinstance(r, EnvironmentStep)] == [0, 1, 2]
    assert [r.k for r in found if isinstance(r, GradientUpdate)] == [0, 1] * 3


def test_a_command_is_a_record_and_is_applied_once(served: Served, tmp_path: Path) -> None:
    edit = line("edit-1", "edit", particles=3)
    first = served.send(edit)
    again = served.send(edit)
    applied = [r for r in records(tmp_path / "run.trace") if isinstance(r, CommandApplied)]
    assert len(applied) == 1
    assert [m["effect"] for m in again if m["event"] == "applied"] == ["applied before"]
    assert [m["seq"] for m in first + again if m["event"] == "applied"] == [2, 2]


def test_run_sent_again_after_a_crash_before_its_acknowledgement_runs(
    tmp_path: Path, folder: Path
) -> None:
    first = Served(tmp_path / "run.trace", folder)
    first.send(line("1", "run"))
    first.close()
    second = Served(tmp_path / "run.trace", folder, resume=True)
    second.send(line("1", "run"))
    assert second.engine.running
    second.close()
    found = [r for r in records(tmp_path / "run.trace") if isinstance(r, CommandApplied)]
    assert len(found) == 1


def refuse(_: TraceWriter, *records: Record) -> int:
    raise TraceFull("the disk is full", "make room")


def test_an_edit_on_a_full_disk_takes_effect_with_its_record(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TraceWriter, "append", refuse)
    said = served.send(line("edit-1", "edit", ascent_steps=2))
    assert [m["event"] for m in said if m["event"] == "failed"]
    monkeypatch.undo()
    for _ in range(3):
        served.obey("step_over")
    assert_verifies(tmp_path / "run.trace")
    edits = [r for r in records(tmp_path / "run.trace") if isinstance(r, CommandApplied)]
    assert [e.command_id for e in edits].count("edit-1") == 1


def test_nonsense_on_the_input_is_answered_in_one_line_and_changes_nothing(
    served: Served,
) -> None:
    before = served.last_seq
    said = served.send(
        "nonsense", "[]", '{"id": 1}', '{"id": "1", "command": "fly"}', "x" * 70_000
    )
    failed = [m["line"] for m in said if m["event"] == "failed"]
    assert len(failed) == 5
    assert not any("\n" in text for text in failed)
    assert served.last_seq == before


def test_a_full_disk_pauses_says_so_and_loses_no_record(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.send(line("1", "run"))
    refused: list[Record] = []

    def refuse_and_note(writer: TraceWriter, *records: Record) -> int:
        refused.extend(records)
        return refuse(writer, *records)

    monkeypatch.setattr(TraceWriter, "append", refuse_and_note)
    served.engine.work()
    assert not served.engine.running
    monkeypatch.undo()
    served.obey("step_over")
    stored = records(tmp_path / "run.trace")
    assert compare_records(stored[2], refused[0], 3) is None
    assert_verifies(tmp_path / "run.trace")


def test_going_on_after_a_crash_gives_the_records_of_a_run_without_one(
    tmp_path: Path, folder: Path
) -> None:
    """Crashes among the first 60 records; the commands are neither lost nor doubled."""
    straight = Served(tmp_path / "straight.trace", folder)
    straight.send(line("1", "run"), line("2", "edit", ascent_steps=2))
    for _ in range(60):
        straight.engine.work()
    straight.close()
    wanted = records(tmp_path / "straight.trace")
    for crash in (1, 2, 3, 5, 8, 20, 33, 47, 59):
        trace = tmp_path / f"crash-{crash}.trace"
        first = Served(trace, folder)
        first.send(line("1", "run"), line("2", "edit", ascent_steps=2))
        for _ in range(crash):
            first.engine.work()
        first.close()
        second = Served(trace, folder, resume=True)
        second.send(line("1", "run"), line("2", "edit", ascent_steps=2), line("3", "run"))
        for _ in range(60 - crash):
            second.engine.work()
        second.close()
        found = [
            r
            for r in records(trace)
            if not (isinstance(r, CommandApplied) and r.command_id == "3")
        ]
        for seq, (one, other) in enumerate(zip(wanted, found, strict=True)):
            assert compare_records(one, other, seq) is None


def start(trace: Path, folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "core.engine", "--trace", str(trace),
         "--checkpoint", str(folder), "--settings", FAST.to_json(), "--seed", "3", *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_the_process_ends_when_its_input_closes_and_leaves_one_file(
    tmp_path: Path, folder: Path
) -> None:
    trace = tmp_path / "run.trace"
    with start(trace, folder) as process:
        output, errors = process.communicate(
            line("1", "step_over") + "\n" + line("2", "stop") + "\n"
        )
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output.splitlines()[0])["event"] == "ready"
    assert [path.name for path in tmp_path.iterdir()] == ["run.trace"]
    assert_verifies(trace)


def test_a_missing_checkpoint_ends_it_with_one_line(tmp_path: Path) -> None:
    with start(tmp_path / "run.trace", tmp_path / "nowhere") as process:
        _, errors = process.communicate("")
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_at_random_moments_lose_nothing_that_was_committed(
    tmp_path: Path, folder: Path
) -> None:
    trace, moments = tmp_path / "run.trace", random.Random(0)
    committed: list[bytes] = []
    for kill in range(20):
        with start(trace, folder, *(["--resume"] if kill else [])) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["event"] == "ready"
            process.stdin.write(line(f"run-{kill}", "run") + "\n")
            process.stdin.flush()
            wanted = len(committed) + moments.randrange(1, 120)
            while last_seq(trace) < wanted:
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        with TraceReader(trace) as reader:
            digests = [reader.digest(seq) for seq in range(1, reader.last_seq() + 1)]
        assert digests[: len(committed)] == committed
        committed = digests
    assert assert_verifies(trace) == len(committed)


def last_seq(trace: Path) -> int:
    with TraceReader(trace) as reader:
        return reader.last_seq()
