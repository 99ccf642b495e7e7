"""A task that is nowhere in the code: every command, from data to a recomputed run."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.checkpoint import load
from core.data.environment_spec import task_of_dataset
from core.data.source import load_dataset
from core.envs.mujoco import Environment
from core.tasks import TASKS
from core.traces.reader import TraceReader
from core.traces.task import task_of
from tests.core.command_line.fake_window import SMALL, FakeWindow, command_line
from tests.own_task import DATA, ENVIRONMENT, train_pendulum

PrintedJson = Callable[[], Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_pendulum(tmp_path_factory.mktemp("own"))


@pytest.fixture
def pendulum(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy that has a name."""
    capsys.readouterr()
    return Path(shutil.copytree(trained, tmp_path / "checkpoints" / "pendulum"))


def test_the_code_does_not_know_it() -> None:
    assert ENVIRONMENT not in {task.environment_id for task in TASKS.values()}


def test_the_data_hold_the_environment_s_actions_and_are_read_as_the_models_see_them(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(trained.parent / "minari"))
    task = task_of_dataset(DATA)
    dataset = load_dataset(DATA, task)
    stored = np.concatenate([e.actions for e in minari.load_dataset(DATA).iterate_episodes()])
    assert 2 < np.abs(stored).max() <= 3
    np.testing.assert_allclose(dataset.actions * 3, stored, atol=1e-6)
    environment = Environment(task)
    environment.reset(0)
    transition = environment.apply(dataset.actions[0])
    np.testing.assert_allclose(transition.next_state, dataset.next_states[0], atol=1e-6)


def test_the_checkpoint_holds_the_task_and_says_how_it_was_made(pendulum: Path) -> None:
    manifest = read_manifest(pendulum)
    task = load(pendulum).task
    assert (manifest.task, task.environment_id) == ("invertedpendulum", ENVIRONMENT)
    assert task.action_high == (3.0,)
    assert "score" not in manifest.evaluation["frozen"]
    assert manifest.hyperparameters["rebrac_updates"] == 2
    assert manifest.hyperparameters["dynamics"]["updates"] == 2
    betas = ("beta_actor", "beta_critic")
    assert {manifest.hyperparameters["rebrac"][beta] for beta in betas} == {0.01}
    assert "train dataset --dataset" in manifest.commands[0]
    assert "--updates 2" in manifest.commands[0]


def test_it_is_listed_without_a_score(
    pendulum: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("checkpoints") == 0
    rows = capsys.readouterr().out.splitlines()
    (row,) = [row.split() for row in rows if row.startswith("pendulum")]
    assert row[1:3] == ["invertedpendulum", DATA]
    assert row[4] == "-"


def test_it_runs_and_the_run_is_recomputed_bit_for_bit(
    pendulum: Path, tmp_path: Path, printed_json: PrintedJson
) -> None:
    trace = tmp_path / "p.trace"
    run = ("run", "pendulum", "--steps", 12, "--trace", trace, *SMALL, "--json")
    assert command_line(*run) == 0
    values = printed_json()
    assert values["task"] == "invertedpendulum"
    assert set(values["scores"]) == {None}
    assert len(values["scores"]) == values["episodes"] >= 1
    with TraceReader(trace) as reader:
        assert task_of(reader.started()) == load(pendulum).task
    assert command_line("replay", trace, "--verify") == 0
    moment = ("repro", trace, "--at", "0,0,1,1", "--output", tmp_path / "moment")
    assert command_line(*moment) == 0
    assert command_line("replay", tmp_path / "moment" / "moment.trace", "--verify") == 0


def test_people_read_a_dash_where_there_is_no_score(
    pendulum: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("run", "pendulum", "--steps", 12, *SMALL) == 0
    printed = capsys.readouterr().out
    assert "scores: -" in printed
    assert "nan" not in printed


def test_it_is_evaluated_stopped_and_resumed_without_a_score(
    pendulum: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.evaluation.score import Episode

    path = tmp_path / "e.json"
    words = ("evaluate", "pendulum", "--episodes", 2, "--controllers", "frozen,adaptive")
    assert command_line(*words, *SMALL, "--json", path) == 0
    for values in json.loads(path.read_text())["controllers"].values():
        assert values["scores"] == [None, None]
        assert len(values["returns"]) == 2
    assert "nan" not in capsys.readouterr().out
    kept = {"controller": "frozen", "seed": 0, "episode_return": 1.0, "score": None}
    kept |= {"length": 3, "success": False, "total_ms": 1.0}
    assert math.isnan(Episode.from_dict(kept).score)


@pytest.mark.slow
def test_its_steps_are_tuned(pendulum: Path) -> None:
    assert command_line("tune", "pendulum", "--episodes", 1, "--jobs", 1) == 0
    tuned = read_manifest(pendulum).tuned
    assert set(tuned) == {"adaptive", "critic-only"}


def test_the_window_is_asked_to_open_it(pendulum: Path) -> None:
    window = FakeWindow()
    assert command_line("gui", "pendulum", window=window) == 0
    assert window.asked["target"] == "pendulum"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("swimmer", "(Swimmer-v5"),
        ("Swimer-v5", "Swimmer-v5"),
        ("json:Hopper-v5", "known tasks: antmaze-large"),
    ],
)
def test_an_unknown_task_is_refused_with_the_nearest_ids(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--policy", "random", "--steps", 9, "--dataset", "own/data-v0")
    assert command_line("collect", name, *asked) == 2
    line = capsys.readouterr().err
    assert words in line
    assert line.count("\n") == 1


def test_an_id_of_a_known_task_is_that_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    words = ("--policy", "random", "--steps", 20, "--dataset", "own/data-v0")
    assert command_line("collect", "Hopper-v5", *words) == 0
    printed = capsys.readouterr()
    assert "transitions of hopper" in printed.out
    assert "psiscope: " not in printed.err
    assert task_of_dataset("own/data-v0") is TASKS["hopper"]
