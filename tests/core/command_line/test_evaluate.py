"""`evaluate`: the same episodes as `run`, tables, seeds, stopping and going on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.manifest import Tuned
from core.checkpoints.store import read_checkpoint, write_checkpoint
from tests.core.command_line.fake_window import SMALL, command_line
from tests.runnable_checkpoint import write_runnable


def test_evaluate_and_run_agree_on_an_episode(
    tmp_path: Path, printed_json: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    words = ("evaluate", "tiny", "--episodes", 2, "--first-seed", 5, "--json", path, *SMALL)
    assert command_line(*words, "--controllers", "frozen,adaptive") == 0
    values = json.loads(path.read_text())
    assert values["seeds"] == [5, 6]
    capsys.readouterr()
    command_line("run", "tiny", "--steps", 40, "--seed", 5, "--json", *SMALL)
    run = printed_json()
    assert run["episode_returns"][0] == values["controllers"]["adaptive"]["returns"][0]
    assert run["frozen_returns"][0] == values["controllers"]["frozen"]["returns"][0]


def test_evaluate_prints_a_table_and_leaves_only_its_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    assert command_line("evaluate", "tiny", "--episodes", 5, "--json", path, *SMALL) == 0
    title, heading, *rows = capsys.readouterr().out.splitlines()
    assert title == "tiny (hopper), 5 episodes, reset seeds 3..7, one trained policy"
    assert "gain over frozen [95 % CI]" in heading
    assert [row.split()[0] for row in rows] == ["frozen", "critic-only", "adaptive"]
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json"]
    values = json.loads(path.read_text())
    low, high = values["paired"]["adaptive"]["gain_ci95"]
    assert low <= values["paired"]["adaptive"]["gain_mean"] <= high


def test_evaluate_refuses_the_seeds_of_the_tuning(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("evaluate", "tiny", "--first-seed", 0) == 2
    assert "--first-seed 3" in capsys.readouterr().err


def test_critic_only_has_the_step_it_was_tuned_to(checkpoint: Path, tmp_path: Path) -> None:
    stored = read_checkpoint(checkpoint)
    tuned = {"critic-only": Tuned(delta=0.02, step_size=1e-4, seeds=(9000,))}
    manifest = replace(read_manifest(checkpoint), tuned=tuned, files={})
    write_checkpoint(checkpoint, manifest, stored.tensors)
    path = tmp_path / "r.json"
    words = ("evaluate", "tiny", "--episodes", 1, "--json", path, *SMALL)
    assert command_line(*words) == 0
    controllers = json.loads(path.read_text())["controllers"]
    deltas = {name: values["settings"]["delta"] for name, values in controllers.items()}
    assert deltas == {"frozen": 0.05, "critic-only": 0.02, "adaptive": 0.05}
    assert command_line(*words, "--delta", 0.03) == 0
    controllers = json.loads(path.read_text())["controllers"]
    assert controllers["critic-only"]["settings"]["delta"] == 0.03


def test_a_step_size_that_was_never_tuned_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_line("evaluate", "tiny", "--preset", "paper") == 2
    assert "give --step-size" in capsys.readouterr().err


def test_a_stopped_evaluation_goes_on_with_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.evaluation import episode

    path, run_episode, runs = tmp_path / "r.json", episode.run_episode, []

    def interrupted(*arguments: Any) -> Any:
        runs.append(arguments)
        if len(runs) == 4:
            raise KeyboardInterrupt
        return run_episode(*arguments)

    words = ("evaluate", "tiny", "--episodes", 2, "--json", path, *SMALL)
    with monkeypatch.context() as patched:
        patched.setattr(episode, "run_episode", interrupted)
        assert command_line(*words) == 130
    printed = capsys.readouterr()
    assert "3 finished episodes are kept" in printed.err
    assert "1 episodes, reset seeds 3..3" in printed.out
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json.partial"]
    assert command_line(*words) == 2
    assert "--resume" in capsys.readouterr().err
    assert command_line(*words, "--particles", 3, "--resume") == 2
    assert "another settings" in capsys.readouterr().err
    assert command_line(*words, "--resume") == 0
    resumed = json.loads(path.read_text())
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json"]
    assert command_line(*words) == 0
    assert _without_times(resumed) == _without_times(json.loads(path.read_text()))


def _without_times(values: dict[str, Any]) -> dict[str, Any]:
    for controller in values["controllers"].values():
        del controller["ms_per_step"]
    return values


def test_evaluate_all_writes_a_list(tmp_path: Path, checkpoint: Path) -> None:
    write_runnable(checkpoint.with_name("other"), seed=1)
    path = tmp_path / "r.json"
    words = ("--episodes", 1, "--controllers", "frozen", "--json", path)
    assert command_line("evaluate", "--all", *words) == 0
    names = {values["checkpoint"] for values in json.loads(path.read_text())}
    assert names >= {"other", "tiny"}
