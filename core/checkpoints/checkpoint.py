"""A checkpoint in memory: frozen networks, rebuilt from their architecture and tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.checkpoints.catalogue import find_checkpoint
from core.checkpoints.manifest import Manifest
from core.checkpoints.store import read_checkpoint
from core.errors import CheckpointError
from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from core.models.world_model import LearnedWorldModel
from core.settings import Settings
from core.tasks import Task
from core.trust import UNTRUSTED, Program, Trust

_KINDS: dict[str, Callable[..., nn.Module]] = {
    "policy": MlpPolicy,
    "critic": TwinCritic,
    "dynamics": DiffusionDynamics,
    "reward": RewardModel,
    "ensemble": DynamicsEnsemble,
}
_LARGEST_SIZE = 8192


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """Pretrained networks of one task. No weight requires a gradient; adaptation copies psi."""

    task: Task
    manifest: Manifest
    digest: str
    path: Path
    policy: MlpPolicy
    critic: TwinCritic
    dynamics: DiffusionDynamics
    reward: RewardModel | None
    """None where the task's goal gives the reward."""
    ensemble: DynamicsEnsemble
    trust: Trust = UNTRUSTED
    """Whether programs may run beside it."""

    def updater(self, settings: Settings) -> Program | None:
        """The update rule of the user's own; None for the built-in one. InputError."""
        return self.trust.load("updater", settings.updater) if settings.updater else None

    def world_model(self, settings: Settings) -> LearnedWorldModel:
        """Dynamics, reward and the survival rule of the settings."""
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
    known = {"reward"} if task.goal else set()
    networks: dict[str, Any] = dict.fromkeys(known) | {
        name: _build(manifest, name, stored.tensors.get(name, {}))
        for name in _KINDS.keys() - known
    }
    return Checkpoint(
        task=task,
        manifest=manifest,
        digest=stored.digest,
        path=stored.path,
        trust=trust,
        **networks,
    )


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


def _build(manifest: Manifest, name: str, tensors: Mapping[str, Tensor]) -> nn.Module:
    described = dict(manifest.networks.get(name, {}))
    if described.pop("kind", None) != name:
        raise CheckpointError(f"{manifest.name} has no {name}", "train it again")
    try:
        sizes = {key: _size(value) for key, value in described.items()}
        with torch.device("meta"):
            network = _KINDS[name](manifest.state_size, manifest.action_size, **sizes)
        network.load_state_dict(dict(tensors), strict=True, assign=True)
    except (TypeError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"the {name} of {manifest.name} does not fit its description ({line})"
        ) from error
    return network.requires_grad_(False).eval()


def _size(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= 16 or not all(
        isinstance(v, int) and 1 <= v <= _LARGEST_SIZE for v in values
    ):
        raise ValueError(f"{value!r} is not a size")
    return value
