"""`evaluate`: the same episodes as `run`, tables, seeds, stopping and going on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints import catalogue
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


@pytest.fixture
def two(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two checkpoints and no shipped one; the folder they are in."""
    monkeypatch.setattr(catalogue, "SHIPPED", checkpoint.with_name("none shipped"))
    write_runnable(checkpoint.with_name("other"), seed=1)
    return checkpoint.parent


ALL = ("evaluate", "--all", "--episodes", 1, "--controllers", "frozen,adaptive", *SMALL)


def test_evaluate_all_gives_one_table_and_a_list(
    tmp_path: Path, two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    assert command_line(*ALL, "--json", path) == 0
    title, heading, *rows, _note = capsys.readouterr().out.splitlines()
    assert title == "2 checkpoints, preset safe"
    assert heading.split()[:2] == ["checkpoint", "controller"]
    assert [row.split()[:2] for row in rows] == [
        ["other", "frozen"], ["other", "adaptive"], ["tiny", "frozen"], ["tiny", "adaptive"],
    ]  # fmt: skip
    assert [values["checkpoint"] for values in json.loads(path.read_text())] == [
        "other",
        "tiny",
    ]
    assert command_line("evaluate", "--table", path, "--markdown") == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].startswith("| checkpoint | controller | return | score | success | gain")
    assert len(table) == 2 + 4 + 2
    assert sorted(p.name for p in tmp_path.glob("r.json*")) == ["r.json"]


def test_resume_without_json_keeps_everything_in_the_users_folder(
    tmp_path: Path,
    two: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from core.evaluation import episode

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    run_episode, runs = episode.run_episode, []

    def counted(*arguments: Any) -> Any:
        runs.append(arguments)
        if len(runs) == 4:
            raise KeyboardInterrupt
        return run_episode(*arguments)

    monkeypatch.setattr(episode, "run_episode", counted)
    kept = tmp_path / "data" / "psiscope" / "evaluations"
    assert command_line(*ALL, "--resume") == 130
    assert {path.name for path in kept.iterdir()} == {
        "all-safe.json.other.partial", "all-safe.json.tiny.partial",
    }  # fmt: skip
    assert "go on with the same command and --resume" in capsys.readouterr().err
    assert command_line(*ALL, "--resume") == 0
    assert len(runs) == 5, "only what was missing was run"
    assert [path.name for path in kept.iterdir()] == ["all-safe.json"]
    assert str(kept / "all-safe.json") in capsys.readouterr().out


def test_with_all_a_checkpoint_that_cannot_be_evaluated_is_left_out_and_told_of(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two / "other" / "policy.safetensors").write_bytes(b"broken")
    assert command_line(*ALL) == 2
    printed = capsys.readouterr()
    assert "other is left out" in printed.err
    assert "tiny (hopper), 1 episodes" in printed.out
    (two / "tiny" / "policy.safetensors").write_bytes(b"broken")
    assert command_line(*ALL) == 2
    assert "no checkpoint can be evaluated" in capsys.readouterr().err


def test_store_puts_the_summary_into_the_checkpoint_and_leaves_its_digest(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, before = tmp_path / "r.json", read_checkpoint(checkpoint)
    words = ("evaluate", "tiny", "--episodes", 2, "--controllers", "frozen,adaptive", *SMALL)
    assert command_line(*words, "--json", path, "--store") == 0
    after = read_checkpoint(checkpoint)
    assert after.digest == before.digest
    found = after.manifest.evaluation["compared"]["safe"]
    values = json.loads(path.read_text())
    assert found["seeds"] == [3, 4]
    assert found["n"] == 2
    frozen = found["controllers"]["frozen"]
    assert frozen["return_mean"] == sum(values["controllers"]["frozen"]["returns"]) / 2
    assert found["gains"]["adaptive"]["n"] == 2
    assert found["command"].endswith(
        "--controllers frozen,adaptive --preset safe --horizon 2 --particles 2"
        " --denoising-levels 2"
    )
    assert {**after.manifest.evaluation, "compared": None} == {
        **before.manifest.evaluation,
        "compared": None,
    }
    capsys.readouterr()
    assert command_line("checkpoints") == 0
    listed = capsys.readouterr().out
    assert f"{frozen['return_mean']:.1f}" in next(
        line for line in listed.splitlines() if line.startswith("tiny")
    )
    tuned = {"critic-only": Tuned(delta=0.02, seeds=(9000,))}
    changed = replace(after.manifest, tuned=tuned, files={})
    write_checkpoint(checkpoint, changed, after.tensors)
    assert command_line("evaluate", "--table", path, "--store") == 2
    assert "evaluate it again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["[]", "{}", "[1]", '{"seeds": [1], "controllers": {"a": {}}}', "not json"]
)
def test_a_table_of_something_else_is_refused_in_one_line(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    assert command_line("evaluate", "--table", path) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
