"""A checkpoint in memory: frozen networks, rebuilt from their architecture and tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.checkpoints.catalogue import find_checkpoint
from core.checkpoints.foreign import ROLES, build
from core.checkpoints.layouts import check_networks, needed_networks
from core.checkpoints.manifest import Manifest
from core.checkpoints.store import StoredCheckpoint, read_checkpoint
from core.errors import CheckpointError
from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.foreign import ForeignWorldModel
from core.models.interfaces import AdaptablePolicy, Critic, WorldModel
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from core.models.world_model import LearnedWorldModel
from core.settings import Settings
from core.tasks import Task
from core.trust import UNTRUSTED, Program, Trust, TrustedCode

_KINDS: dict[str, Callable[..., nn.Module]] = {
    "policy": MlpPolicy,
    "critic": TwinCritic,
    "dynamics": DiffusionDynamics,
    "reward": RewardModel,
    "ensemble": DynamicsEnsemble,
}
_AGAIN = "import it again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """Pretrained networks of one task. No weight requires a gradient; adaptation copies psi."""

    task: Task
    manifest: Manifest
    digest: str
    path: Path
    policy: AdaptablePolicy
    critic: Critic
    dynamics: DiffusionDynamics | None = None
    """None where the user brought the world model."""
    reward: RewardModel | None = None
    """None where the task's goal gives the reward, or the user's world model."""
    ensemble: DynamicsEnsemble | None = None
    """None where the user brought the world model: there is no doubt to show."""
    foreign_model: ForeignWorldModel | None = None
    trust: Trust = UNTRUSTED
    """Whether programs may run beside it."""
    programs: tuple[TrustedCode, ...] = ()
    """The networks that are programs of the user."""

    def updater(self, settings: Settings) -> Program | None:
        """The update rule of the user's own; None for the built-in one. InputError."""
        return self.trust.load("updater", settings.updater) if settings.updater else None

    def change_std(self) -> NDArray[np.float32]:
        """Standard deviation of the change of state over the data, (S,); NaN where unknown."""
        if self.ensemble is None:
            return np.full(self.task.state_size, np.nan, np.float32)
        known: NDArray[np.float32] = self.ensemble.changes.std.numpy()
        return known

    def world_model(self, settings: Settings) -> WorldModel:
        """Dynamics, reward and the survival rule of the settings."""
        if self.foreign_model is not None:
            return self.foreign_model.with_survival(settings.survival == "smooth")
        if self.dynamics is None:
            raise CheckpointError(f"{self.manifest.name} has no world model", "import one")
        bounds = self.task.bounds if settings.survival == "smooth" else ()
        return LearnedWorldModel(self.dynamics, self.reward, bounds, self.task.goal)

    def settle(self, settings: Settings) -> Settings:
        """The settings with the tuned step size and delta filled in where they are left open.

        Raises CheckpointError where the checkpoint was not tuned for that controller, and
        InputError for an update rule that may not run or cannot be loaded.
        """
        self.updater(settings)
        tuned = self.manifest.tuned.get(
            "critic-only" if settings.imagined_steps == 0 else "adaptive"
        )
        needed = "step_size" if settings.step_rule == "plain" else "delta"
        if settings.updater or getattr(settings, needed) is not None or not settings.updates:
            return settings
        value = getattr(tuned, needed, None)
        if value is None:
            flag = needed.replace("_", "-")
            raise CheckpointError(
                f"{self.manifest.name} has no tuned {flag} for {settings.controller}",
                f"give --{flag}",
            )
        return settings.replace(**{needed: value})


def load(name_or_path: str | Path, trust: Trust = UNTRUSTED) -> Checkpoint:
    """A checkpoint by name, alias or folder. Raises CheckpointError in one line.

    trust: whether programs may run beside it, such as an update rule.
    """
    stored = read_checkpoint(find_checkpoint(str(name_or_path)))
    manifest = stored.manifest
    task = manifest.find_task()
    check_networks(manifest, _arrays(stored))
    networks, programs = _foreign_networks(task, stored, trust)
    for name in needed_networks(manifest):
        networks[name] = _build(manifest, name, stored.tensors[name])
    return Checkpoint(
        task=task,
        manifest=manifest,
        digest=stored.digest,
        path=stored.path,
        trust=trust,
        programs=programs,
        **networks,
    )


def _foreign_networks(
    task: Task, stored: StoredCheckpoint, trust: Trust
) -> tuple[dict[str, Any], tuple[TrustedCode, ...]]:
    """The networks that are programs of the user, by field, and what they are."""
    networks: dict[str, Any] = {"foreign_model": None}
    codes = []
    for name, _ in stored.manifest.programs():
        if name not in ROLES:
            raise CheckpointError(f"the {name} of {stored.manifest.name} is a program", _AGAIN)
        part, code = build(
            task,
            name,
            stored.manifest.networks[name],
            stored.programs.get(name, b""),
            trust,
        )
        networks["foreign_model" if name == "world_model" else name] = part
        codes.append(code)
    return networks, tuple(codes)


def architecture(network: nn.Module) -> dict[str, Any]:
    """What `load` needs to rebuild a network."""
    match network:
        case MlpPolicy():
            return {"kind": "policy", "hidden": _hidden(network.network)}
        case TwinCritic():
            return {"kind": "critic", "hidden": _hidden(network.first)}
        case RewardModel():
            return {"kind": "reward", "hidden": _hidden(network.network)}
        case DiffusionDynamics():
            return {
                "kind": "dynamics",
                "width": network.input.out_features,
                "blocks": len(network.blocks),
            }
        case DynamicsEnsemble():
            members, _, width = network.weights[0].shape
            return {"kind": "ensemble", "members": members, "width": width}
    raise CheckpointError(
        f"a {type(network).__name__} cannot be stored", "use one of core.models"
    )


def _hidden(network: nn.Sequential) -> list[int]:
    return [layer.out_features for layer in network if isinstance(layer, nn.Linear)][:-1]


def _arrays(stored: StoredCheckpoint) -> dict[str, dict[str, NDArray[Any]]]:
    return {
        network: {name: tensor.numpy() for name, tensor in tensors.items()}
        for network, tensors in stored.tensors.items()
    }


def _build(manifest: Manifest, name: str, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Sizes, shapes and dtypes are checked already."""
    sizes = {key: value for key, value in manifest.networks[name].items() if key != "kind"}
    with torch.device("meta"):
        network = _KINDS[name](manifest.state_size, manifest.action_size, **sizes)
    network.load_state_dict(dict(tensors), strict=True, assign=True)
    return network.requires_grad_(False).eval()
