"""`sweep`: what it takes, prints, keeps and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.pretraining import rebrac
from core.pretraining.collect import Part, collect
from core.tasks import TASKS
from tests.core.command_line.fake_window import command_line
from tests.quick_training import small_training

DATASET = "psiscope/hopper/random-v8"
PLAIN = "psiscope/hopper/mine-v0"
"""Its name says no kind of data."""
SWEEP = (
    "sweep", "hopper", "--dataset", DATASET, "--beta-actor", "0.001,10", "--updates", 4,
    "--episodes", 3,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small data set, networks of a few units, one real episode in training."""
    folder = tmp_path_factory.mktemp("sweep")
    with small_training(folder):
        for name in (DATASET, PLAIN):
            collect(TASKS["hopper"], (Part(policy="random"),), transitions=100, dataset_id=name)
        yield folder


def test_a_sweep_is_stopped_gone_on_with_and_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, count, update = tmp_path / "s.json", 0, rebrac.Rebrac.update

    def stopped(self: rebrac.Rebrac, number: int) -> Any:
        nonlocal count
        count += 1
        if count == 6:
            raise KeyboardInterrupt
        return update(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(rebrac.Rebrac, "update", stopped)
        assert command_line(*SWEEP, "--json", path) == 130
    assert [entry.name for entry in tmp_path.glob("s.json*")] == ["s.json.sweep"]
    assert "--resume" in capsys.readouterr().err
    assert command_line(*SWEEP, "--json", path) == 2
    assert "--resume" in capsys.readouterr().err
    assert command_line(*SWEEP, "--json", path, "--resume") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("beta_actor 10: return "), "the first one was done"
    assert lines[1].startswith(f"hopper, {DATASET}: beta_critic 0.01, recipe cpu, 4 updates")
    assert lines[3].startswith("0.001 (reference)")
    assert "no interval below n = 5" in lines[4]
    assert lines[-1] == f"wrote {path}"
    assert [entry.name for entry in tmp_path.glob("s.json*")] == ["s.json"]
    found = json.loads(path.read_text())
    assert found["default_beta_actor"] == 0.001
    assert [point["beta_actor"] for point in found["points"]] == [0.001, 10.0]
    assert command_line("sweep", "--markdown", path) == 0
    page = capsys.readouterr().out
    assert page.startswith("# Bases")
    assert f"--dataset {DATASET} --recipe cpu --beta-actor 0.001,10" in page
    assert command_line(*SWEEP, "--json", path) == 2
    assert "add to it with --resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sweep"], "missing: TASK, --dataset, --beta-actor, --json"),
        ([*SWEEP], "missing: --json"),
        ([*SWEEP, "--json", "s.json", "--first-seed", "9999"], "were seen in training"),
        (
            ["sweep", "hopper", "--dataset", PLAIN, "--beta-actor", "1", "--json", "s"],
            f"no beta_critic is known for hopper (the data set is called {PLAIN}): give "
            "--beta-critic",
        ),
        (["sweep", "hopper", "--beta-actor", "0.1,0.1"], "repeats a number"),
        (["sweep", "hopper", "--beta-actor", "0.1,x"], "'x' is not a number from 0 to 100"),
        (["sweep", "hopper", "--markdown", "s.json"], "--markdown trains nothing"),
        (["sweep", "--markdown", "no-such.json"], "no-such.json"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    words: list[object], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(*words) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("content", ["{}", '{"points": [], "goal": 0}', "[]", "junk"])
def test_what_is_no_sweep_is_refused_in_one_line(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    assert command_line("sweep", "--markdown", path) == 2
    assert capsys.readouterr().err.count("\n") == 1
