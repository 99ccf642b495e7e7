"""`replay`: digests, recomputation, forged values, damaged files."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Record,
    RunStarted,
    Snapshot,
)
from tests.core.command_line.fake_window import command_line


def test_replay_recomputes_every_record(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("replay", trace, "--verify", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    with TraceReader(trace) as reader:
        last = reader.last_seq()
    assert values == {
        "trace": str(trace),
        "origin": "psiscope",
        "records": last,
        "recomputed": last,
        "fingerprint_match": True,
        "first_difference": None,
    }


def test_replay_alone_checks_the_digests(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("replay", trace, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["recomputed"], values["fingerprint_match"]) == (0, None)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("EnvironmentStep", "reward"),
        ("GradientUpdate", "objective"),
        ("EpisodeStarted", "seed"),
    ],
)
def test_replay_names_the_record_and_field_of_a_forged_value(
    trace: Path, capsys: pytest.CaptureFixture[str], kind: str, column: str, verify: bool
) -> None:
    with sqlite3.connect(trace) as connection:
        ((seq,),) = connection.execute(f"SELECT max(seq) FROM {kind}")
        connection.execute(f"UPDATE {kind} SET {column} = {column} + 1 WHERE seq = {seq}")
    connection.close()
    words = ("replay", trace, "--json", *(("--verify",) if verify else ()))
    assert command_line(*words) == 1
    found = json.loads(capsys.readouterr().out)["first_difference"]
    assert list(found) == ["record", "kind", "field", "detail"]
    assert (found["record"], found["kind"], found["field"]) == (seq, kind, column)
    assert command_line("replay", trace) == 1
    assert f"record {seq} ({kind}), field {column}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("record_type", "change"),
    [
        (RunStarted, {"seed": -1}),
        (RunStarted, {"settings": '{"horizon": 99}'}),
        (RunStarted, {"checkpoint_digest": "0" * 64}),
        (EpisodeStarted, {"state": np.zeros(11)}),
        (Snapshot, {"twin_state": np.zeros(11)}),
        (GradientUpdate, {"imagined_actions": np.zeros((2, 3, 3), dtype=np.float32)}),
        (EnvironmentStep, {"reward": 1e-9}),
        (EpisodeEnded, {"frozen_length": 3}),
    ],
)
def test_replay_finds_a_forged_value_whose_digests_were_mended(
    trace: Path,
    capsys: pytest.CaptureFixture[str],
    record_type: type[Record],
    change: dict[str, Any],
) -> None:
    with TraceReader(trace) as reader:
        records = list(reader.records())
    seq = next(i for i, r in enumerate(records, start=1) if isinstance(r, record_type))
    records[seq - 1] = replace(records[seq - 1], **change)
    trace.unlink()
    started, *others = records
    assert isinstance(started, RunStarted)
    with TraceWriter.create(trace, started) as writer:
        for record in others:
            writer.append(record)
    assert command_line("replay", trace) == 0
    capsys.readouterr()
    assert command_line("replay", trace, "--verify", "--json") == 1
    found = json.loads(capsys.readouterr().out)["first_difference"]
    (name,) = change
    assert (found["record"], found["kind"], found["field"]) == (seq, record_type.__name__, name)


def test_replay_allows_another_machine_a_little(
    trace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.device.fingerprint", lambda: {"machine": "another"})
    assert command_line("replay", trace, "--verify") == 0
    assert "within 0.0001 (the trace was made on another machine" in capsys.readouterr().out


def test_replay_refuses_a_damaged_file_in_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = trace.read_bytes()
    for damaged in (b"", b"not a trace", content[: len(content) // 2], b"\0" * len(content)):
        trace.write_bytes(damaged)
        assert command_line("replay", trace, "--verify") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
