"""Models that were made elsewhere, read and checked as data: nothing runs, free of torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.checkpoints.exported import read_program
from core.checkpoints.importers_normalizer import (
    Normalization,
    check_normalization,
    find_normalization,
)
from core.checkpoints.policy_layers import PolicyLayers, read_layers
from core.errors import CheckpointError, InputError
from core.tasks import Task
from core.trust import Trust, absolute, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where each part comes from; None: from the base."""

    policy: str | None = None
    critic: str | None = None
    world_model: str | None = None
    normalizer: str | None = None
    """What the policy's states were standardised with: see find_normalization."""

    def given(self) -> dict[str, str]:
        """Role -> source, of those that are given."""
        every = dataclasses.asdict(self)
        return {k: v for k, v in every.items() if v is not None and k != "normalizer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSources:
    """What the sources hold."""

    layers: PolicyLayers | None = None
    """Of a policy that is data."""
    normalization: Normalization | None = None
    """Of that policy."""
    programs: dict[str, bytes] = field(default_factory=dict)
    """Role -> file of torch.export."""
    functions: dict[str, str] = field(default_factory=dict)
    """Role -> function, its file with the whole path."""


def read_sources(sources: Sources, task: Task, trust: Trust) -> ReadSources:
    """Raises InputError for what cannot be that part of the task, or may not run."""
    found = ReadSources()
    for role, source in sources.given().items():
        if source.endswith(".pt2"):
            found.programs[role] = read_program(Path(source), role, task)
            trust.ask(role, source)
        elif _is_function(source):
            found.functions[role] = absolute(source)
            trust.ask(role, source)
        elif source.endswith(".py"):
            raise InputError(
                f"{source:.200} names no function", f"write {source:.200}:FUNCTION"
            )
        elif role == "policy":
            found = _with_policy(found, Path(source), sources.normalizer, task)
        else:
            raise InputError(
                f"{source:.200} is no program for a {role.replace('_', ' ')}",
                "give FILE.pt2, FILE.py:FUNCTION or MODULE:FUNCTION",
            )
    if sources.normalizer is not None and found.layers is None:
        raise InputError("--normalizer is for a policy that is read as data", "leave it out")
    return found


def find_base(name: str, task: Task) -> Path:
    """The folder of a checkpoint for that task. Raises InputError."""
    folder = find_checkpoint(name)
    found = read_manifest(folder).find_task()
    if found != task:
        raise InputError(
            f"{name} is a checkpoint for {found.name}", f"name one for {task.name}"
        )
    return folder


def _with_policy(
    found: ReadSources, path: Path, normalizer: str | None, task: Task
) -> ReadSources:
    layers = read_layers(path)
    if layers.sizes != (task.state_size, task.action_size):
        raise CheckpointError(
            f"{path} maps {layers.sizes[0]} numbers to {layers.sizes[1]} actions",
            f"{task.name} has {task.state_size} and {task.action_size}",
        )
    told = None if normalizer is None else find_normalization(normalizer, task)
    check_normalization(told, layers, f"policy {path}")
    return dataclasses.replace(found, layers=layers, normalization=told)


def _is_function(source: str) -> bool:
    if Path(source).is_file():
        return False
    try:
        parse_reference(source)
    except InputError:
        return False
    return True
