"""`repro`: a moment as a folder, and what it refuses."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from core.repro.folder import read_repro
from core.traces.reader import TraceReader
from tests.core.command_line.fake_window import command_line


def test_the_folder_is_named_after_the_moment_and_can_be_replayed(
    trace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line("repro", trace, "--at", "0,0,5,1") == 0
    folder = tmp_path / "repro-hopper-b0-e0-t5-k1"
    printed = capsys.readouterr().out
    records = read_repro(folder).document.records
    assert f"branch 0, episode 0, t = 5, k = 1; {records} records" in printed
    assert "make it again: python -m pytest repro-hopper-b0-e0-t5-k1" in printed
    assert command_line("replay", folder / "moment.trace", "--verify") == 0
    assert f"{records} recomputed, to the last bit; no difference" in capsys.readouterr().out
    assert read_repro(folder).at == (0, 0, 5, 1)


def test_repro_tells_as_json_what_it_wrote(
    trace: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "new" / "moment"
    words = ("repro", trace, "--at", "0,1,0,0", "--output", output, "--json")
    assert command_line(*words) == 0
    values = json.loads(capsys.readouterr().out)
    size = sum(path.stat().st_size for path in output.iterdir())
    with TraceReader(output / "moment.trace") as reader:
        digest = reader.started().checkpoint_digest
        records = reader.last_seq()
    assert values == {
        "folder": str(output),
        "task": "hopper",
        "branch": 0,
        "episode": 1,
        "t": 0,
        "k": 0,
        "checkpoint": "tiny",
        "checkpoint_digest": digest,
        "records": records,
        "bytes": size,
    }


@pytest.mark.parametrize(
    "at",
    ["", "0", "0,0,1", "0,0,1,1,1", "0,0,-1,1", "0,0,1.5,1", "0,0,t,1", "0,0,²,1", "9" * 5000],
)
def test_what_is_no_address_is_refused_in_one_line(
    trace: Path, at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("repro", trace, f"--at={at}") == 2
    printed = capsys.readouterr().err
    assert "is not an address BRANCH,EPISODE,T,K" in printed
    assert printed.count("\n") == 1
    assert len(printed) < 400


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("7,0,0,0", "there is no branch 7: the newest is 0"),
        ("0,0,999,0", "branch 0 has no gradient update at episode 0, t = 999"),
        ("0,0,1,9", "branch 0 has k = 0 .. 1, not k = 9, at episode 0, t = 1"),
        (f"0,0,{2**62 - 1},0", "branch 0 has no gradient update"),
    ],
)
def test_a_moment_that_is_not_recorded_is_refused_in_one_line(
    trace: Path, tmp_path: Path, at: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("repro", trace, "--at", at, "--output", tmp_path / "moment") == 2
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "moment").exists()


def test_an_existing_folder_is_refused_in_one_line(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("repro", trace, "--at", "0,0,1,0", "--output", tmp_path) == 2
    printed = capsys.readouterr().err
    assert f"{tmp_path} exists: choose another name or remove it" in printed


def test_a_trace_of_an_unknown_task_names_no_folder(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(trace) as connection:
        connection.execute("UPDATE RunStarted SET task = '../../elsewhere'")
    connection.close()
    assert command_line("repro", trace, "--at", "0,0,1,0") == 2
    assert "the trace's task has two names" in capsys.readouterr().err


def test_a_checkpoint_that_is_gone_is_named(
    trace: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(trace) as connection:
        connection.execute("UPDATE RunStarted SET checkpoint_path = '/nowhere'")
    connection.close()
    shutil.rmtree(checkpoint)
    words = ("repro", trace, "--at", "0,0,1,0", "--output", tmp_path / "moment")
    assert command_line(*words) == 2
    printed = capsys.readouterr().err
    assert "checkpoint 'tiny', digest" in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "moment").exists()
