"""A repro: written whole, made again bit for bit, here and in other processes."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.commands import At
from core.errors import CheckpointError
from core.repro.folder import read_repro
from core.repro.write import Written, write_repro
from core.session.replay import first_difference
from core.traces.reader import TraceReader
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal
from tests.engine_served import Served, assert_verifies
from tests.kept_moments import (
    BEFORE_ACTION,
    ON_THE_FORK,
    ON_THE_WAY,
    SETTINGS,
    change_json,
    check,
    record_run,
    run,
)
from tests.runnable_checkpoint import write_runnable

NAMES = {
    "README.md",
    "moment.json",
    "moment.safetensors",
    "moment.trace",
    "pytest.ini",
    "test_moment.py",
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runnable(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def trace(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_run(tmp_path_factory.mktemp("run") / "t.trace", checkpoint)


@pytest.fixture(scope="module")
def kept(trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_repro(trace, ON_THE_FORK, tmp_path_factory.mktemp("repro") / "moment")


@pytest.fixture
def written(kept: Written, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(kept.folder, tmp_path / "moment"))


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


def test_no_text_of_a_trace_enters_the_generated_test(kept: Written) -> None:
    text = (kept.folder / "test_moment.py").read_text()
    compile(text, "test_moment.py", "exec")
    assert "tiny" not in text
    assert "hopper" not in text
    assert "branch 1, episode 0, t = 4, k = 1" in text
