"""A small checkpoint that can be run: Hopper's sizes, random networks of a few units."""

from __future__ import annotations

import functools
from pathlib import Path

import torch
from torch import nn

from core.checkpoints.checkpoint import architecture
from core.checkpoints.store import write_checkpoint
from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.initialize import initialize
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from tests.checkpoint_files import small_manifest

S, A = 11, 3


def write_runnable(folder: Path, seed: int = 0) -> Path:
    """Write it and return its folder."""
    networks = _networks(seed)
    described = {name: architecture(network) for name, network in networks.items()}
    manifest = small_manifest(name=folder.name, networks=described)
    write_checkpoint(folder, manifest, {name: n.state_dict() for name, n in networks.items()})
    return folder


@functools.cache
def _networks(seed: int) -> dict[str, nn.Module]:
    networks: dict[str, nn.Module] = {
        "policy": MlpPolicy(S, A, hidden=(8, 8)),
        "critic": TwinCritic(S, A, hidden=(8, 8)),
        "dynamics": DiffusionDynamics(S, A, width=8, blocks=1),
        "reward": RewardModel(S, A, hidden=(8,)),
        "ensemble": DynamicsEnsemble(S, A, members=2, width=8),
    }
    draw = torch.Generator()
    draw.manual_seed(seed)
    for network in networks.values():
        initialize(network, draw)
    return networks
