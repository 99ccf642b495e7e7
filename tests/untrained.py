"""Checkpoints of any task with the real classes and random weights: what runs before training.

`python -m tests.untrained TASK FOLDER` writes one for a look at the window.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.checkpoints.checkpoint import architecture
from core.checkpoints.store import write_checkpoint
from core.checkpoints.task_facts import task_facts
from core.data.normalizer import Normalizer
from core.envs.mujoco import Environment
from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.initialize import initialize
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from core.tasks import TASKS, Task, find_task
from tests.checkpoint_files import small_manifest

SEEN = 200
"""Environment steps of random actions from which the normalisers know the task's units."""


def write_untrained(folder: Path, task: Task, *, seed: int = 0, width: int = 32) -> Path:
    """Write it and return its folder. Its imagination drifts by what random actions do."""
    networks = _networks(task, seed, width)
    states, changes = _random_play(task, seed)
    for network in networks.values():
        for name, module in network.named_modules():
            if isinstance(module, Normalizer) and name != "rewards":
                module.fit(changes if name == "changes" else states)
    manifest = small_manifest(
        name=folder.name,
        task=task.name,
        task_facts=None if task.name in TASKS else task_facts(task),
        state_size=task.state_size,
        action_size=task.action_size,
        critic_reward_scale=task.critic_reward_scale,
        networks={name: architecture(network) for name, network in networks.items()},
        dataset=None,
        tuned={},
    )
    write_checkpoint(folder, manifest, {name: n.state_dict() for name, n in networks.items()})
    return folder


def _networks(task: Task, seed: int, width: int) -> dict[str, nn.Module]:
    sizes = task.state_size, task.action_size
    networks: dict[str, nn.Module] = {
        "policy": MlpPolicy(*sizes, hidden=(width, width)),
        "critic": TwinCritic(*sizes, hidden=(width, width)),
        "dynamics": DiffusionDynamics(*sizes, width=width, blocks=1),
        "ensemble": DynamicsEnsemble(*sizes, members=2, width=width),
    }
    if task.goal is None:
        networks["reward"] = RewardModel(*sizes, hidden=(width,))
    draw = torch.Generator()
    draw.manual_seed(seed)
    for network in networks.values():
        initialize(network, draw)
    return networks


def _random_play(task: Task, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """States (N, S) under random actions, and how they changed (N, S)."""
    environment, draw = Environment(task), np.random.default_rng(seed)
    states = [environment.reset(seed)]
    changes: list[Any] = []
    while len(changes) < SEEN:
        transition = environment.apply(draw.uniform(-1, 1, task.action_size))
        changes.append(transition.next_state - states[-1])
        again = transition.terminated or transition.truncated
        states.append(
            environment.reset(seed + len(changes)) if again else transition.next_state
        )
    environment.close()
    return torch.as_tensor(np.array(states)).float(), torch.as_tensor(np.array(changes)).float()


def main() -> None:
    """For the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write_untrained(arguments.folder, find_task(arguments.task), width=64)


if __name__ == "__main__":
    main()
