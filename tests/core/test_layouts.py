"""What a checkpoint's networks must hold is told without torch, and is what torch builds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.checkpoints import checkpoint, layouts
from core.checkpoints.checkpoint import architecture, load
from core.checkpoints.store import read_checkpoint, write_checkpoint
from core.errors import CheckpointError
from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from tests.checkpoint_files import forge_manifest
from tests.core.command_line.fake_window import command_line
from tests.runnable_checkpoint import write_runnable

S, A = 11, 3
NETWORKS: list[nn.Module] = [
    MlpPolicy(S, A),
    MlpPolicy(S, A, hidden=(7,)),
    TwinCritic(S, A, hidden=(9, 8, 7)),
    TwinCritic(S, A, hidden=(5,)),
    RewardModel(S, A, hidden=(6, 4)),
    DiffusionDynamics(S, A, width=8, blocks=1),
    DiffusionDynamics(S, A, width=16, blocks=4),
    DynamicsEnsemble(S, A, members=2, width=8),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda each: type(each).__name__)
def test_the_layout_is_that_of_the_network(network: nn.Module) -> None:
    described = architecture(network)
    layout, defaults = layouts._LAYOUTS[described.pop("kind")]
    assert described.keys() == defaults.keys()
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert layout(S, A, **described) == shapes


def test_every_kind_has_a_layout_of_the_same_defaults() -> None:
    for kind, build in checkpoint._KINDS.items():
        layout, defaults = layouts._LAYOUTS[kind]
        found = build(S, A).state_dict()
        assert layout(S, A, **defaults) == {k: tuple(v.shape) for k, v in found.items()}
    assert checkpoint._KINDS.keys() == layouts._LAYOUTS.keys()


Change = Callable[[dict[str, torch.Tensor]], Any]
SPOILT: dict[str, tuple[str, Change, str]] = {
    "double precision": (
        "policy",
        lambda t: t.update({name: value.double() for name, value in t.items()}),
        "is float64 (11,), not float32 (11,)",
    ),
    "whole numbers": (
        "critic",
        lambda t: t.update({"first.0.bias": torch.zeros(8, dtype=torch.int64)}),
        "first.0.bias in the critic of good is int64 (8,), not float32 (8,)",
    ),
    "another shape": (
        "ensemble",
        lambda t: t.update({"biases.0": torch.zeros(8)}),
        "biases.0 in the ensemble of good is float32 (8,), not float32 (2, 1, 8)",
    ),
    "a tensor less": ("dynamics", lambda t: t.pop("input.bias"), "lacks tensor 'input.bias'"),
    "a tensor more": (
        "reward",
        lambda t: t.update(odd=torch.zeros(1)),
        "has a foreign tensor 'odd'",
    ),
    "no spread": (
        "policy",
        lambda t: t["normalizer.std"].zero_(),
        "normalizer.std in the policy of good is not above 0",
    ),
    "hardly any spread": (
        "reward",
        lambda t: t["rewards.std"].fill_(1e-42),
        "rewards.std in the reward of good is not above 0",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_tensors_that_no_network_has_are_refused_by_file_and_by_name(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    network, spoil, says = SPOILT[case]
    write_runnable(tmp_path / "good")
    stored = read_checkpoint(tmp_path / "good")
    spoil(stored.tensors[network])
    write_checkpoint(tmp_path / "good", stored.manifest, stored.tensors)
    with pytest.raises(CheckpointError) as refused:
        load(tmp_path / "good")
    assert says in refused.value.fact
    assert refused.value.remedy == "copy, train or import it again"
    for words in (("run", "--steps", 1), ("gui",), ("evaluate",)):
        assert command_line(words[0], tmp_path / "good", *words[1:]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == f"psiscope {words[0]}: {refused.value}"


@pytest.mark.parametrize(
    ("network", "changes", "says"),
    [
        ("policy", {"hidden": [9, 9]}, "not float32 (9, 11)"),
        ("policy", {"hidden": [10**9]}, "has [1000000000] for hidden"),
        ("policy", {"hidden": []}, "has [] for hidden"),
        ("policy", {"hidden": 8}, "has 8 for hidden"),
        ("policy", {"hidden": [True]}, "has [True] for hidden"),
        ("policy", {"depth": 3}, "is described by 'depth'"),
        ("policy", {"kind": "reward"}, "has no policy"),
        ("dynamics", {"blocks": [1, 2]}, "has [1, 2] for blocks"),
        ("dynamics", {"blocks": 8192}, "lacks tensor 'blocks.1"),
        ("ensemble", {"members": 0}, "has 0 for members"),
        ("ensemble", {"width": "wide"}, "has wide for width"),
    ],
)
def test_a_description_that_fits_nothing_is_refused(
    tmp_path: Path, network: str, changes: dict[str, Any], says: str
) -> None:
    write_runnable(tmp_path / "good")
    forge_manifest(tmp_path / "good", lambda v: v["networks"][network].update(changes))
    with pytest.raises(CheckpointError) as refused:
        load(tmp_path / "good")
    assert says in str(refused.value)
    assert refused.value.remedy
