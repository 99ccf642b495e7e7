"""How trainings on disk stand: told from their files, their locks and their processes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from app.bridge import training_watch
from app.bridge.training_process import lives, log_of
from app.bridge.training_watch import look_at
from app.state.trainings import Training, duration, row, words
from core.checkpoints.training import (
    LOCK_FILE,
    StageProgress,
    TrainingProgress,
    TrainingRequest,
    training_folder,
    write_progress,
)
from core.traces import lock

GONE = 2**22 + 1
"""No process has this id: it is above Linux's largest."""
REQUEST = TrainingRequest(task="hopper", dataset="a/b-v0", recipe="cpu")
STAGES = (
    StageProgress(name="dynamics", number=100, of=100),
    StageProgress(name="ReBRAC", number=150, of=300),
)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def say(output: Path, state: str, *, process: int = 7, line: str = "") -> TrainingProgress:
    folder = training_folder(output)
    folder.mkdir(exist_ok=True)
    (folder / LOCK_FILE).touch()
    said = TrainingProgress(
        state=state, request=REQUEST, stage=1, stages=STAGES, rate=15.0, line=line,
        process=process,
    )  # fmt: skip
    write_progress(folder, said)
    return said


def stand(output: Path, started: dict[Path, int] | None = None) -> Training:
    (found,) = look_at(output.parent, started or {})
    return found


def test_one_that_says_so_and_holds_its_lock_runs(output: Path) -> None:
    said = say(output, "running")
    held = lock.take(training_folder(output) / LOCK_FILE)
    assert held is not None
    found = stand(output)
    os.close(held)
    assert (found.state, found.progress, found.share) == ("running", said, 0.625)
    assert row(found) == ("mine", "a/b-v0", "running", "62%")
    assert words(found) == (
        "ReBRAC (stage 2 of 2), update 150 of 300, 15 a second, about 10 s left in this stage."
    )


def test_one_that_says_it_runs_without_its_lock_was_killed(output: Path) -> None:
    say(output, "running")
    found = stand(output)
    assert found.state == "killed"
    assert words(found).startswith("Its process was ended from outside, at ReBRAC (stage 2")


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_how_it_ended_is_what_it_said(output: Path, state: str) -> None:
    say(output, state, line="the disk is full")
    found = stand(output)
    assert (found.state, found.line) == (state, "the disk is full")


def test_one_that_was_started_and_is_gone_before_it_said_anything_has_failed(
    output: Path,
) -> None:
    log_of(output).write_text("a warning\npsiscope train: no such data: list them\n\n")
    found = stand(output, {output: GONE})
    assert (found.state, found.line) == ("failed", "no such data: list them")
    assert words(found) == "Failed: no such data: list them"
    say(output, "stopped", process=GONE - 1)
    assert stand(output, {output: GONE}).line == "no such data: list them"


def test_one_that_is_still_reading_its_data_starts(output: Path) -> None:
    assert stand(output, {output: os.getpid()}).state == "starting"
    say(output, "stopped", process=GONE)
    assert stand(output, {output: os.getpid()}).state == "starting"


def test_one_that_was_stopped_before_it_began_has_not_failed(output: Path) -> None:
    log_of(output).write_text("psiscope train: stopped\n")
    assert stand(output, {output: GONE}).state == "stopped"


def test_a_finished_one_is_remembered_with_its_curves(output: Path) -> None:
    said = say(output, "running")
    before = stand(output)
    output.mkdir()
    (output / "checkpoint.json").touch()
    for path in training_folder(output).iterdir():
        path.unlink()
    training_folder(output).rmdir()
    (found,) = look_at(output.parent, {}, (before,))
    assert (found.state, found.progress, found.share) == ("finished", said, 1.0)
    assert look_at(output.parent, {}) == (), "other checkpoints are not trainings"


@pytest.mark.parametrize(
    ("asked", "process"), [("lives", GONE), ("exists", GONE), ("read_progress", None)]
)
def test_one_that_finishes_while_it_is_looked_at_has_finished(
    output: Path, monkeypatch: pytest.MonkeyPatch, asked: str, process: int | None
) -> None:
    said = say(output, "running", process=GONE)
    before = stand(output)
    ask = getattr(training_watch, asked)

    def meanwhile(about: Path | int) -> object:
        (output / "checkpoint.json").parent.mkdir()
        (output / "checkpoint.json").touch()
        shutil.rmtree(training_folder(output))
        return ask(about)

    monkeypatch.setattr(training_watch, asked, meanwhile)
    started = {} if process is None else {output: process}
    (found,) = look_at(output.parent, started, (before,))
    assert (found.state, found.progress) == ("finished", said)


def test_two_that_ask_at_once_are_not_taken_for_a_training(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    say(output, "stopped")
    folder, flock, answers = training_folder(output), fcntl.flock, []

    def meanwhile(descriptor: int, how: int) -> None:
        flock(descriptor, how)
        monkeypatch.setattr(fcntl, "flock", flock)
        answers.append(lives(folder))

    monkeypatch.setattr(fcntl, "flock", meanwhile)
    answers.append(lives(folder))
    assert answers == [False, False]


def test_progress_that_cannot_be_read_is_a_fault_and_others_are_still_listed(
    output: Path,
) -> None:
    say(output, "stopped")
    broken = training_folder(output.with_name("broken"))
    broken.mkdir()
    (broken / "progress.json").write_text('{"state": "running", "request": 1}')
    first, second = look_at(output.parent, {})
    assert (first.state, second.state) == ("failed", "stopped")
    assert "should be" in first.line or "is not" in first.line
    assert first.request is None


def test_times_are_written_as_people_say_them() -> None:
    assert [duration(s) for s in (0.2, 40, 100, 3600, 90_000)] == [
        "1 s", "40 s", "2 min", "60 min", "25.0 h",
    ]  # fmt: skip
