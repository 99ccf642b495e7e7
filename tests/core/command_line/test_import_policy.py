"""`import`: policies of other libraries, read as data, on a base of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.checkpoints.checkpoint import load
from tests.core.command_line.fake_window import command_line
from tests.foreign_policies import packed, rebrac_params, td3_tensors, write_td3_bc
from tests.sb3_archives import write_archive

HOPPER = ("import", "--task", "hopper", "--base", "tiny")


def test_an_archive_becomes_a_checkpoint_that_needs_no_trust(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_archive(tmp_path / "td3.zip", td3_tensors())
    output = tmp_path / "mine"
    assert command_line(*HOPPER, "--policy", path, "--output", output) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "policy: as data" in lines
    assert lines[-2].startswith("returns of the policy alone, seeds 0, 1, 2: ")
    checkpoint = load(output)
    assert checkpoint.manifest.networks["policy"] == {"kind": "policy", "hidden": [16, 8]}
    imported = checkpoint.manifest.hyperparameters["imported"]
    assert imported["policy_source"] == "Stable-Baselines3 TD3"
    assert len(imported["policy_sha256"]) == 64


@pytest.mark.parametrize("normalizer", ["none", "file"])
def test_td3_bc_comes_with_its_normalizer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], normalizer: str
) -> None:
    path = tmp_path / "normalizer.json"
    path.write_text(json.dumps({"mean": [0.5] * 11, "std": [2.0] * 11}))
    told = normalizer if normalizer == "none" else str(path)
    words = ("--policy", write_td3_bc(tmp_path / "a.pt"), "--normalizer", told)
    assert command_line(*HOPPER, *words, "--output", tmp_path / "mine") == 0
    policy = load(tmp_path / "mine").policy
    expected = 0.0 if normalizer == "none" else 0.5
    assert policy.normalizer.mean.tolist() == [expected] * 11
    assert f"--normalizer {told}" in load(tmp_path / "mine").manifest.commands[-1]


def test_flax_parameters_become_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "actor.msgpack").write_bytes(packed(rebrac_params()))
    words = ("--policy", tmp_path / "actor.msgpack", "--output", tmp_path / "mine")
    assert command_line(*HOPPER, *words) == 0


def test_what_is_refused_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--policy", write_td3_bc(tmp_path / "a.pt"), "--output", tmp_path / "mine")
    assert command_line(*HOPPER, *words) == 2
    line = capsys.readouterr().err.strip()
    assert "does not hold the mean and std" in line
    assert "\n" not in line
    assert not (tmp_path / "mine").exists()


def test_a_policy_of_another_task_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_archive(tmp_path / "td3.zip", td3_tensors((17, 8, 6)))
    assert command_line(*HOPPER, "--policy", path, "--output", tmp_path / "mine") == 2
    assert "maps 17 numbers to 6 actions: hopper has 11 and 3" in capsys.readouterr().err
