"""A repro: written whole or not at all, made again bit for bit, read with suspicion."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from core.commands import At, Breakpoint
from core.errors import CheckpointError, InputError, TraceError
from core.repro.folder import Repro, read_repro
from core.repro.write import Written, write_repro
from core.session.replay import first_difference
from core.session.travel import session_at
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal
from tests.architecture.tree import ROOT
from tests.engine_served import Served, assert_verifies
from tests.runnable_checkpoint import write_runnable

SETTINGS = Settings(horizon=2, particles=2, ascent_steps=3, denoising_levels=2)
NAMES = {
    "README.md",
    "moment.json",
    "moment.safetensors",
    "moment.trace",
    "pytest.ini",
    "test_moment.py",
}
ON_THE_FORK: At = (1, 0, 4, 1)
"""What the fork at t = 3 recorded itself."""
ON_THE_WAY: At = (1, 0, 3, 0)
"""What the fork shares with the root."""
BEFORE_ACTION: At = (2, 0, 5, 2)
"""Where the last branch stands: rejected, two updates made again, nothing proposed."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runnable(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def trace(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Edits, a breakpoint that only logs, a fork, a reject."""
    path = tmp_path_factory.mktemp("run") / "t.trace"
    served = Served(path, checkpoint, SETTINGS, seed=3)
    logged = Breakpoint(id="b", condition="t >= 2", log_only=True)
    served.obey("breakpoints", breakpoints=(logged,))
    for _ in range(4):
        served.obey("step_over")
    served.obey("edit", settings={"delta": 0.08})
    for _ in range(3):
        served.obey("step_over")
    served.obey("fork", at=(0, 0, 3, 1), settings={"delta": 0.02})
    for name in ("step_over", "step_over", "step_into", "step_into", "step_into"):
        served.obey(name)
    served.obey("reject", k=1)
    served.obey("step_into")
    served.engine.close()
    return path


@pytest.fixture(scope="module")
def kept(trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_repro(trace, ON_THE_FORK, tmp_path_factory.mktemp("repro") / "moment")


@pytest.fixture
def written(kept: Written, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(kept.folder, tmp_path / "moment"))


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Another process, in the folder of Psiscope."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def change_json(folder: Path, **changes: Any) -> None:
    path = folder / "moment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def check(repro: Repro, folder: Path) -> None:
    """What the generated test does, but for recomputing the trace."""
    with TraceReader(folder / "moment.trace") as reader:
        shelf, before = repro.checkpoints(), repro.document.records + 1
        first = session_at(reader, (*repro.home[:3], 0), shelf, before=before)
        assert repro.difference(first.snapshot()) is None
        update = session_at(reader, repro.home, shelf, before=before).advance()
        assert repro.difference(update) is None
        for record in repro.stored_in(reader):
            assert repro.difference(record) is None


def test_a_moment_on_a_fork_comes_out_again_in_other_processes(kept: Written) -> None:
    replay = run("main.py", "replay", kept.folder / "moment.trace", "--verify", "--json")
    assert replay.returncode == 0, replay.stderr
    assert json.loads(replay.stdout)["recomputed"] == kept.document.records
    tested = run("-m", "pytest", kept.folder)
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout


def test_the_generated_test_fails_where_a_value_was_changed(written: Path) -> None:
    values = json.loads((written / "moment.json").read_text())["values"]
    values["GradientUpdate"]["objective"] += 1e-6
    change_json(written, values=values)
    tested = run("-m", "pytest", written)
    assert tested.returncode == 1
    assert "field='objective'" in tested.stdout
    with sqlite3.connect(written / "moment.trace") as connection:
        connection.execute("UPDATE Proposal SET objective_gain = 1.5 WHERE t = 2")
    connection.close()
    assert run("main.py", "replay", written / "moment.trace", "--verify").returncode == 1


def test_the_folder_holds_what_it_says_and_nothing_else(kept: Written) -> None:
    assert {path.name for path in kept.folder.iterdir()} - {"__pycache__"} == NAMES
    assert {path.name for path in kept.folder.parent.iterdir()} == {"moment"}
    arrays = safetensors.numpy.load_file(kept.folder / "moment.safetensors")
    with TraceReader(kept.folder / "moment.trace") as reader:
        proposal = reader.proposal(*ON_THE_FORK[:3])
        assert reader.last_seq() == kept.document.records
    assert proposal is not None
    np.testing.assert_array_equal(arrays["physics_state"], proposal.physics_state)
    np.testing.assert_array_equal(arrays["state"], proposal.state)


def test_the_document_tells_the_way_to_the_moment(kept: Written) -> None:
    document = kept.document
    assert [(leg.branch, leg.parent, leg.reason, leg.t, leg.k) for leg in document.path] == [
        (0, None, "run", 0, 0),
        (1, 0, "fork", 3, 1),
    ]
    assert document.settings["delta"] == document.path[1].settings["delta"] == 0.02
    assert (document.seed, document.episode_seed) == (3, 3)
    assert document.path[1].checkpoint.name == "tiny"
    given = [command.command["command"] for command in document.commands]
    assert given == ["breakpoints", *["step_over"] * 4, *["step_over"] * 2]
    read_me = (kept.folder / "README.md").read_text()
    assert document.path[1].checkpoint.digest in read_me
    assert "python -m pytest FOLDER" in read_me


@pytest.mark.parametrize(
    ("at", "home", "kinds"),
    [
        (ON_THE_FORK, 1, ["GradientUpdate", "Proposal", "EnvironmentStep"]),
        (ON_THE_WAY, 0, ["GradientUpdate", "Proposal", "EnvironmentStep"]),
        ((0, 0, 0, 0), 0, ["GradientUpdate", "Proposal", "EnvironmentStep"]),
        ((0, 0, 5, 2), 0, ["GradientUpdate", "Proposal", "EnvironmentStep"]),
        (BEFORE_ACTION, 2, ["GradientUpdate"]),
    ],
)
def test_any_recorded_address_can_be_written_and_comes_out_again(
    trace: Path, tmp_path: Path, at: At, home: int, kinds: list[str]
) -> None:
    document = write_repro(trace, at, tmp_path / "new" / "moment").document
    repro = read_repro(tmp_path / "new" / "moment")
    assert repro.document == document
    assert (repro.at, repro.home) == (at, (home, *at[1:]))
    assert list(repro.records) == kinds
    assert repro.tolerance == 0
    check(repro, tmp_path / "new" / "moment")


def test_the_trace_ends_with_its_moment(kept: Written, trace: Path) -> None:
    with TraceReader(kept.folder / "moment.trace") as reader, TraceReader(trace) as whole:
        last = reader.last_seq()
        assert last < whole.last_seq()
        assert [reader.digest(n) for n in (1, last)] == [whole.digest(n) for n in (1, last)]
        record = reader.read(last)
    assert isinstance(record, EnvironmentStep)
    assert (record.branch, record.t) == (1, 4)


def test_a_moment_before_the_action_ends_with_its_update(trace: Path, tmp_path: Path) -> None:
    write_repro(trace, BEFORE_ACTION, tmp_path / "moment")
    with TraceReader(tmp_path / "moment" / "moment.trace") as reader:
        record = reader.read(reader.last_seq())
        assert isinstance(record, GradientUpdate)
        assert (record.branch, record.episode, record.t, record.k) == BEFORE_ACTION
        assert not any(isinstance(r, Proposal) and r.branch == 2 for r in reader.records())


def test_a_run_that_goes_on_can_be_written_from(checkpoint: Path, tmp_path: Path) -> None:
    served = Served(tmp_path / "live.trace", checkpoint, SETTINGS)
    served.run(20)
    written = write_repro(tmp_path / "live.trace", (0, 0, 1, 2), tmp_path / "moment")
    served.run(10)
    served.close()
    check(read_repro(written.folder), written.folder)
    assert {path.name for path in written.folder.iterdir()} == NAMES
    assert_verifies(tmp_path / "live.trace")


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ((3, 0, 0, 0), "there is no branch 3: the newest is 2"),
        ((0, 0, 99, 0), "branch 0 has no gradient update at episode 0, t = 99"),
        ((0, 7, 0, 0), "branch 0 has no gradient update at episode 7, t = 0"),
        ((0, 0, 1, 4), "branch 0 has k = 0 .. 3, not k = 4, at episode 0, t = 1"),
    ],
)
def test_an_address_that_is_not_recorded_is_refused_and_leaves_nothing(
    trace: Path, tmp_path: Path, at: At, says: str
) -> None:
    with pytest.raises(InputError, match=says.replace(".", r"\.")):
        write_repro(trace, at, tmp_path / "deep" / "moment")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_refused_and_left_alone(trace: Path, tmp_path: Path) -> None:
    (tmp_path / "moment").mkdir()
    (tmp_path / "file").touch()
    for name in ("moment", "file"):
        with pytest.raises(InputError, match="exists: choose another name or remove it"):
            write_repro(trace, ON_THE_FORK, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"moment", "file"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_leaves_nothing_and_says_so_in_one_line(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    monkeypatch.setattr("core.repro.write.write_file", refuse)
    with pytest.raises(InputError, match="the disk is full: free some space"):
        write_repro(trace, ON_THE_FORK, tmp_path / "moment")
    assert list(tmp_path.iterdir()) == []


def test_a_trace_whose_digests_do_not_hold_is_no_source(trace: Path, tmp_path: Path) -> None:
    forged = shutil.copy(trace, tmp_path / "t.trace")
    with sqlite3.connect(forged) as connection:
        connection.execute("UPDATE EnvironmentStep SET reward = 9.5 WHERE t = 1")
    connection.close()
    with pytest.raises(TraceError, match=r"the digests of .* do not hold: see `python"):
        write_repro(Path(forged), ON_THE_FORK, tmp_path / "moment")
    assert not (tmp_path / "moment").exists()


def test_a_checkpoint_is_known_by_its_digest_wherever_it_is(
    written: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads((written / "moment.json").read_text())
    (reference,) = document["checkpoints"]
    for other in ("/nowhere", str(write_runnable(tmp_path / "other", seed=1))):
        change_json(written, checkpoints=[reference | {"path": other}])
        with pytest.raises(
            CheckpointError, match=r"'tiny', digest .*, is not here: put it into"
        ):
            read_repro(written).checkpoints()
    shutil.copytree(checkpoint, tmp_path / "own" / "renamed")
    monkeypatch.setenv("PSISCOPE_CHECKPOINTS", str(tmp_path / "own"))
    check(read_repro(written), written)


def test_without_its_checkpoint_the_generated_test_is_skipped_with_the_reason(
    written: Path,
) -> None:
    document = json.loads((written / "moment.json").read_text())
    change_json(written, checkpoints=[document["checkpoints"][0] | {"path": "/nowhere"}])
    tested = run("-m", "pytest", "-rs", written)
    assert tested.returncode == 0, tested.stdout
    assert "3 skipped" in tested.stdout
    assert "'tiny', digest" in tested.stdout


def test_another_arithmetic_may_differ_a_little(
    kept: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.device.fingerprint", lambda: {"machine": "another"})
    repro = read_repro(kept.folder)
    assert repro.tolerance == 1e-4
    check(repro, kept.folder)
    with TraceReader(kept.folder / "moment.trace") as reader:
        assert first_difference(reader, repro.checkpoints(), repro.tolerance) is None


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"moment",
    "no object": b"[]",
    "no keys": b"{}",
    "deep": b"[" * 100_000,
    "not finite": b'{"t": NaN}',
    "twice": b'{"t": 1, "t": 2}',
    "not UTF-8": b"\xff\xfe",
    "large": b" " * (16 * 2**20 + 1),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_one_line(written: Path, content: bytes) -> None:
    (written / "moment.json").write_bytes(content)
    assert refusal(written).count("\n") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 99},
        {"format_version": "1"},
        {"more": 1},
        {"path": [{}]},
        {"t": 1.5},
        {"values": {}},
        {"values": {"GradientUpdate": {}}},
        {"values": {"RunStarted": {}}},
        {"values": {"GradientUpdate": None}},
        {"arrays_digest": "0" * 64},
    ],
    ids=str,
)
def test_a_document_with_other_fields_is_refused_in_one_line(
    written: Path, changes: dict[str, Any]
) -> None:
    change_json(written, **changes)
    assert refusal(written).count("\n") == 0


@pytest.mark.parametrize("value", ["nan", [], {}, True, "1.0", 10**400])
def test_a_value_of_another_type_is_refused_in_one_line(written: Path, value: Any) -> None:
    values = json.loads((written / "moment.json").read_text())["values"]
    values["GradientUpdate"]["objective"] = value
    change_json(written, values=values)
    assert "objective" in refusal(written) or "too large" in refusal(written)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02", b"\xff" * 100])
def test_hostile_arrays_are_refused_in_one_line(written: Path, content: bytes) -> None:
    (written / "moment.safetensors").write_bytes(content)
    assert refusal(written).count("\n") == 0


def test_arrays_of_other_names_are_refused(written: Path) -> None:
    import hashlib

    for arrays in ({}, {"GradientUpdate.action": np.zeros(3, np.float32)}):
        content = safetensors.numpy.save(arrays)
        (written / "moment.safetensors").write_bytes(content)
        change_json(written, arrays_digest=hashlib.sha256(content).hexdigest())
        assert "lacks or adds GradientUpdate." in refusal(written)


def test_no_text_of_a_trace_enters_the_generated_test(kept: Written) -> None:
    text = (kept.folder / "test_moment.py").read_text()
    compile(text, "test_moment.py", "exec")
    assert "tiny" not in text
    assert "hopper" not in text
    assert "branch 1, episode 0, t = 4, k = 1" in text


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_repro(folder)
    assert len(str(refused.value)) < 600
    return str(refused.value)
