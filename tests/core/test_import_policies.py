"""Starting policies from other libraries become our own MlpPolicy, bit for bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core.checkpoints.importers import ImportedPolicy, read_policy
from core.checkpoints.importers_normalizer import Normalization, find_normalization
from core.errors import CheckpointError
from core.models.policy import MlpPolicy
from core.tasks import find_task
from tests.foreign_policies import (
    SIZES,
    network,
    packed,
    rebrac_params,
    td3_bc,
    td3_tensors,
    write_td3_bc,
)
from tests.sb3_archives import sac_tensors, saved, write_archive

HOPPER_ARCHIVE = Path(__file__).parents[3] / "shared" / "policies" / "sac-Hopper.zip"
"""Of DLR-RM/rl-trained-agents, where it lies beside the project."""
STATES = torch.randn(7, SIZES[0], generator=torch.Generator().manual_seed(1))
RAW = Normalization()


def built(imported: ImportedPolicy) -> MlpPolicy:
    """The policy as a checkpoint of it would be loaded."""
    policy = MlpPolicy(SIZES[0], SIZES[-1], imported.architecture["hidden"])
    policy.load_state_dict(imported.tensors)
    return policy


def same(imported: ImportedPolicy, states: torch.Tensor = STATES) -> None:
    assert torch.allclose(built(imported)(STATES), network()(states), atol=1e-6)


def test_a_td3_archive_acts_like_its_actor(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "td3.zip", td3_tensors())
    imported = read_policy(path)
    same(imported)
    assert imported.source == "Stable-Baselines3 TD3"
    assert imported.architecture == {"kind": "policy", "hidden": [16, 8]}
    assert imported.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_sac_archive_acts_like_its_mean(tmp_path: Path) -> None:
    imported = read_policy(write_archive(tmp_path / "sac.zip", sac_tensors()))
    assert imported.source == "Stable-Baselines3 SAC or TQC"
    assert built(imported)(STATES).shape == (7, 3)


def test_td3_bc_acts_like_its_actor_on_states_standardised_as_told(tmp_path: Path) -> None:
    path = write_td3_bc(tmp_path / "checkpoint_999.pt")
    same(read_policy(path, RAW))
    told = Normalization(mean=(0.5,) * 11, std=(2.0,) * 11)
    same(read_policy(path, told), (STATES - 0.5) / 2.0)


def test_td3_bc_without_a_normalizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not hold the mean and std") as refusal:
        read_policy(write_td3_bc(tmp_path / "checkpoint_999.pt"))
    assert "--normalizer" in str(refusal.value)


def test_a_normalizer_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has 2 numbers, the policy in .* sees 11"):
        read_policy(write_td3_bc(tmp_path / "a.pt"), Normalization(mean=(0, 0), std=(1, 1)))


@pytest.mark.parametrize(
    "tree",
    [
        rebrac_params(),
        rebrac_params(prefix="layers"),
        {
            "step": 1000,
            "params": rebrac_params(),
            "target_params": rebrac_params(seed=1),
            "opt_state": {"0": {"mu": rebrac_params(seed=2)}},
        },
    ],
)
def test_rebrac_acts_like_its_actor(tmp_path: Path, tree: dict[str, Any]) -> None:
    path = tmp_path / "actor.msgpack"
    path.write_bytes(packed(tree))
    imported = read_policy(path)
    same(imported)
    assert imported.source == "parameters of flax, as of CORL's ReBRAC"


def test_a_layer_norm_is_refused(tmp_path: Path) -> None:
    tree = rebrac_params()
    bias = tree["params"]["Dense_0"]["bias"]
    tree["params"]["LayerNorm_0"] = {"scale": bias, "bias": bias}
    path = tmp_path / "actor.msgpack"
    path.write_bytes(packed(tree))
    with pytest.raises(CheckpointError, match="has layer norms, our policy has none"):
        read_policy(path)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"actor": {"mean.0.weight": torch.zeros(3)}}, "is not of TD3+BC (mean.0.weight)"),
        ({"actor": {}}, "is not of TD3+BC ()"),
        ({"actor": torch.zeros(3)}, "is not of CORL's TD3+BC"),
        ({"actor": td3_bc()["actor"] | {"log_std": torch.zeros(3)}}, "is not of TD3+BC"),
    ],
)
def test_other_algorithms_of_corl_are_refused(
    tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    with pytest.raises(CheckpointError) as refusal:
        read_policy(write_td3_bc(tmp_path / "a.pt", **changes), RAW)
    assert line in str(refusal.value)


def test_any_other_file_of_torch_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(saved({"weights": torch.zeros(3)}))
    with pytest.raises(CheckpointError, match="is not of CORL's TD3"):
        read_policy(tmp_path / "a.pt", RAW)


def test_a_normalizer_is_read_from_json(tmp_path: Path) -> None:
    path = tmp_path / "normalizer.json"
    path.write_text(json.dumps({"mean": [0.5] * 11, "std": [2.0] * 11}))
    found = find_normalization(str(path), find_task("hopper"))
    assert found == Normalization(mean=(0.5,) * 11, std=(2.0,) * 11)
    assert find_normalization("none", find_task("hopper")) == RAW


@pytest.mark.parametrize(
    "values",
    [
        {"mean": [0.0] * 11, "std": [0.0] * 11},
        {"mean": [0.0] * 2, "std": [1.0] * 2},
        {"mean": [0.0] * 11},
        {"mean": "0", "std": [1.0]},
        [1.0],
    ],
)
def test_a_normalizer_that_is_none_is_refused(tmp_path: Path, values: Any) -> None:
    path = tmp_path / "normalizer.json"
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError) as refusal:
        find_normalization(str(path), find_task("hopper"))
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(not HOPPER_ARCHIVE.exists(), reason="the public archive is not here")
def test_a_public_archive_is_read() -> None:
    imported = read_policy(HOPPER_ARCHIVE)
    assert imported.architecture == {"kind": "policy", "hidden": [256, 256]}
    assert len(imported.tensors["normalizer.mean"]) == 11
