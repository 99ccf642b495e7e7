"""`import` for tasks that are nowhere in the code: by id, by data set, by the base's facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.checkpoints.catalogue import read_manifest
from tests.core.command_line.fake_window import command_line
from tests.foreign_policies import td3_tensors
from tests.own_task import ENVIRONMENT
from tests.sb3_archives import write_archive

MODELS = """
import torch
class Still:
    def next_state(self, state, action, noise):
        return state + 0.01 * action.mean(1, keepdim=True)
    def reward(self, state, action, next_state):
        return 1.0 - next_state[:, 1].square()
    def alive(self, state):
        return torch.ones_like(state[:, 0])
def critic(task):
    return lambda state, action: -state[:, 1].square() - action.square().sum(1)
def world_model(task):
    return Still()
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A policy of another library, a critic and a world model of the user's."""
    (tmp_path / "models.py").write_text(MODELS)
    policy = write_archive(tmp_path / "td3.zip", td3_tensors((4, 8, 1)))
    found = ["--policy", str(policy)]
    for role in ("critic", "world_model"):
        found += [f"--{role.replace('_', '-')}", f"{tmp_path / 'models.py'}:{role}"]
    return [*found, "--trust-code"]


@pytest.mark.slow
def test_an_environment_by_its_id_then_by_its_checkpoint(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert command_line("import", "--task", ENVIRONMENT, *words, "--output", first) == 0
    assert "returns of the policy alone" in capsys.readouterr().out
    task = read_manifest(first).find_task()
    assert task.environment_id == ENVIRONMENT
    for named in ((), ("--task", ENVIRONMENT), ("--task", task.name)):
        base = ("import", *named, "--base", first, *words[:2], "--trust-code")
        assert command_line(*base, "--output", second) == 0
        assert read_manifest(second).find_task() == task
    command = read_manifest(second).commands[-1]
    assert command.endswith(f"--policy {words[1]} --output {second} --trust-code")
    run = ("run", second, "--steps", "2", "--trust-code", "--delta", "0.01")
    assert command_line(*run) == 0


def test_a_task_that_is_missing_or_named_twice_is_told(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "mine")
    assert command_line("import", *words, *output) == 2
    assert "missing: --task" in capsys.readouterr().err
    twice = ("--task", "hopper", "--dataset", "own/pendulum/random-v0")
    assert command_line("import", *twice, *words, *output) == 2
    assert "--dataset names the task: leave --task out" in capsys.readouterr().err
    assert command_line("import", "--task", "Hoper-v5", *words, *output) == 2
    assert "there is no task 'Hoper-v5'" in capsys.readouterr().err
    assert command_line("import", "--dataset", "own/none-v0", *words, *output) == 2
    assert "there is no local data set" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
