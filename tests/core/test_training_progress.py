"""A training says how far it is, in a file that others read while it works."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path

import pytest

from core.checkpoints.training import (
    LOCK_FILE,
    PROGRESS_FILE,
    TrainingProgress,
    TrainingRequest,
    list_trainings,
    output_of,
    read_progress,
    training_folder,
    write_progress,
)
from core.errors import CheckpointError, DataError
from core.pretraining import progress as progress_module
from core.pretraining.loop import Interrupted
from core.pretraining.progress import Progress, followed
from core.traces import lock

REQUEST = TrainingRequest(task="hopper", dataset="a/b-v0", recipe="cpu", seed=3)
STAGES = [("dynamics", 100), ("ReBRAC", 1000)]


def test_what_is_written_is_read_back_and_what_is_not_finite_is_none(tmp_path: Path) -> None:
    curves: dict[str, dict[str, tuple[float | None, ...]]] = {"ReBRAC": {"q": (1.5, math.nan)}}
    said = TrainingProgress(state="stopped", request=REQUEST, line="<b>x</b>", curves=curves)
    write_progress(tmp_path, said)
    assert read_progress(tmp_path) == dataclasses.replace(
        said, curves={"ReBRAC": {"q": (1.5, None)}}
    )
    assert [path.name for path in tmp_path.iterdir()] == [PROGRESS_FILE]


def test_it_follows_updates_evaluations_and_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [10.0]
    monkeypatch.setattr("core.pretraining.progress.time.monotonic", lambda: clock[0])
    with followed(tmp_path / "x.training", REQUEST, STAGES, command="python main.py") as told:
        told.begin(20, {})
        clock[0] += 0.4
        told.advance(30)
        assert read_progress(tmp_path / "x.training").stages[0].number == 20, "too soon"
        clock[0] += 0.6
        told.advance(40)
        said = read_progress(tmp_path / "x.training")
        assert (said.state, said.process, said.command) == (
            "running", os.getpid(), "python main.py",
        )  # fmt: skip
        assert (said.stage, said.stages[0].number, said.stages[0].of) == (0, 40, 100)
        assert said.rate == pytest.approx(20.0)
        told.note(100, {"loss": [0.5]})
        told.end_stage()
        told.begin(0, {})
        said = read_progress(tmp_path / "x.training")
        assert (said.stage, said.rate) == (1, 0.0)
        assert said.curves == {"dynamics": {"loss": (0.5,)}, "ReBRAC": {}}
        told.end_stage()
    assert read_progress(tmp_path / "x.training").state == "finished"


@pytest.mark.parametrize(
    ("error", "state", "line"),
    [
        (Interrupted("ReBRAC stopped", "go on"), "stopped", "ReBRAC stopped: go on"),
        (DataError("no rows", "collect"), "failed", "no rows: collect"),
        (ZeroDivisionError("by\nzero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_how_it_ended_is_said_in_one_line(
    tmp_path: Path, error: BaseException, state: str, line: str
) -> None:
    def fail() -> None:
        with followed(tmp_path, REQUEST, STAGES) as told:
            told.begin(0, {})
            raise error

    with pytest.raises(type(error)):
        fail()
    said = read_progress(tmp_path)
    assert (said.state, said.line, said.process) == (state, line, os.getpid())


def test_one_that_never_began_leaves_what_was_said_before(tmp_path: Path) -> None:
    before = TrainingProgress(state="stopped", request=REQUEST)
    write_progress(tmp_path, before)
    other = dataclasses.replace(REQUEST, dataset="other-v0")
    with pytest.raises(DataError), followed(tmp_path, other, STAGES):
        raise DataError("other data or settings")
    assert read_progress(tmp_path) == before


def test_two_never_work_in_one_folder_and_the_lock_goes_with_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "_PAUSE", 0.0)
    with followed(tmp_path, REQUEST, STAGES):
        with (
            pytest.raises(DataError, match="runs already"),
            followed(tmp_path, REQUEST, STAGES),
        ):
            pytest.fail("a second one began")
        assert lock.take(tmp_path / LOCK_FILE) is None
    held = lock.take(tmp_path / LOCK_FILE)
    assert held is not None
    os.close(held)


def test_a_refusing_disk_costs_the_progress_and_not_the_training(tmp_path: Path) -> None:
    told = Progress(tmp_path / "gone", REQUEST, STAGES)
    told.begin(0, {})
    told.note(5, {"loss": [1.0]})
    told.end("finished")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"state": "exploded"},
        {"process": -1},
        {"stage": 7},
        {"rate": -1.0},
        {"stages": [{"name": "x", "number": 9, "of": 3}]},
        {"request": {"task": "t", "dataset": "d", "recipe": "rm -rf"}},
        {"curves": {"x": {"y": ["1"]}}},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_file_that_contradicts_itself_is_refused_in_one_line(
    tmp_path: Path, change: dict[str, object]
) -> None:
    write_progress(tmp_path, TrainingProgress(state="stopped", request=REQUEST))
    path = tmp_path / PROGRESS_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CheckpointError) as caught:
        read_progress(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_huge_or_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        read_progress(tmp_path)
    (tmp_path / PROGRESS_FILE).write_bytes(b" " * (2**20 + 1))
    with pytest.raises(CheckpointError, match="at most"):
        read_progress(tmp_path)


def test_trainings_are_found_by_the_name_of_their_folder(tmp_path: Path) -> None:
    output = tmp_path / "mine"
    folder = training_folder(output)
    folder.mkdir()
    (tmp_path / ".hidden.training").mkdir()
    (tmp_path / "a-file.training").touch()
    (tmp_path / "link.training").symlink_to(folder)
    assert list_trainings(tmp_path) == [folder]
    assert output_of(folder) == output
    assert list_trainings(tmp_path / "nowhere") == []
