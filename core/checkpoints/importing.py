"""A checkpoint from models that were made elsewhere, each checked before it is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.checkpoints.catalogue import find_checkpoint
from core.checkpoints.exported import read_program, sha256_of
from core.checkpoints.foreign import build
from core.checkpoints.foreign_checks import check_critic, check_policy, check_world_model
from core.checkpoints.importers import read_policy
from core.checkpoints.importers_normalizer import find_normalization
from core.checkpoints.manifest import Manifest
from core.checkpoints.store import StoredCheckpoint, read_checkpoint, write_checkpoint
from core.errors import CheckpointError, InputError
from core.models.foreign import ForeignCritic, ForeignPolicy, ForeignWorldModel
from core.tasks import TASKS, Task
from core.trust import Trust, absolute, parse_reference
from core.versions import versions

MODEL = ("dynamics", "reward", "ensemble")
"""What a world model of the user's takes the place of."""


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
class _Parts:
    """What a checkpoint is made of."""

    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    tensors: dict[str, Mapping[str, Tensor]] = field(default_factory=dict)
    programs: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    """What there is to tell of a policy that was read as data."""


def import_checkpoint(
    task: Task,
    sources: Sources,
    *,
    base: str | None,
    output: Path,
    trust: Trust,
    command: str = "",
) -> Manifest:
    """Read, check and write. Raises InputError with the reason; then nothing is written."""
    stored = None if base is None else _base(base, task)
    parts = _Parts()
    for role, source in sources.given().items():
        _add(parts, role, source, task, trust, sources.normalizer)
    if stored is not None:
        _fill(parts, stored)
    _check_complete(parts, task)
    manifest = _manifest(task, parts, stored, sources, output.resolve().name, command)
    write_checkpoint(output, manifest, parts.tensors, parts.programs)
    return manifest


def _base(name: str, task: Task) -> StoredCheckpoint:
    stored = read_checkpoint(find_checkpoint(name))
    found = stored.manifest.find_task()
    if found != task:
        raise InputError(
            f"{name} is a checkpoint for {found.name}", f"name one for {task.name}"
        )
    return stored


def _add(
    parts: _Parts, role: str, source: str, task: Task, trust: Trust, normalizer: str | None
) -> None:
    """One part from its source; a program is built and asked, which needs trust."""
    if source.endswith(".pt2"):
        content = read_program(Path(source))
        trust.ask(role, source)
        parts.programs[role] = content
        described = {"kind": "exported", "sha256": sha256_of(content)}
    elif _is_function(source):
        program = trust.load(role, absolute(source))
        code = program.code
        described = {"kind": "factory", "reference": code.reference, "sha256": code.sha256}
    elif role == "policy":
        told = None if normalizer is None else find_normalization(normalizer, task)
        imported = read_policy(Path(source), told)
        _check_sizes(imported.tensors, task, source)
        parts.networks[role] = imported.architecture
        parts.tensors[role] = imported.tensors
        parts.facts.update(policy_source=imported.source, policy_sha256=imported.sha256)
        if normalizer is not None:
            parts.facts["normalizer"] = normalizer
        return
    else:
        raise InputError(
            f"{source:.200} is no program for a {role.replace('_', ' ')}",
            "give FILE.pt2, FILE.py:FUNCTION or MODULE:FUNCTION",
        )
    parts.networks[role] = described
    _check(role, described, parts.programs.get(role, b""), task, trust, source)


def _is_function(source: str) -> bool:
    if Path(source).is_file():
        return False
    try:
        parse_reference(source)
    except InputError:
        return False
    return True


def _check(
    role: str, described: dict[str, Any], content: bytes, task: Task, trust: Trust, name: str
) -> None:
    part, _ = build(task, role, described, content, trust)
    match part:
        case ForeignPolicy():
            check_policy(part, task, name)
            again, _ = build(task, role, described, content, trust)
            if isinstance(again, ForeignPolicy) and not _same_weights(part, again):
                raise CheckpointError(
                    f"{name} gives other weights each time", "load them from a file, or seed it"
                )
        case ForeignCritic():
            check_critic(part, task, name)
        case ForeignWorldModel():
            check_world_model(part, task, name)


def _same_weights(first: ForeignPolicy, second: ForeignPolicy) -> bool:
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def _check_sizes(tensors: Mapping[str, Tensor], task: Task, name: str) -> None:
    weights = [tensor for key, tensor in tensors.items() if key.endswith(".weight")]
    sizes = (weights[0].shape[1], weights[-1].shape[0])
    if sizes != (task.state_size, task.action_size):
        raise CheckpointError(
            f"{name} maps {sizes[0]} numbers to {sizes[1]} actions",
            f"{task.name} has {task.state_size} and {task.action_size}",
        )


def _fill(parts: _Parts, stored: StoredCheckpoint) -> None:
    """What was not given, from the base."""
    brings_model = "world_model" in parts.networks
    for name, described in stored.manifest.networks.items():
        replaced = name in parts.networks or (brings_model and name in MODEL)
        if replaced:
            continue
        parts.networks[name] = described
        if name in stored.tensors:
            parts.tensors[name] = stored.tensors[name]
        if name in stored.programs:
            parts.programs[name] = stored.programs[name]


def _check_complete(parts: _Parts, task: Task) -> None:
    model = {"world_model"} if "world_model" in parts.networks else set(MODEL)
    if task.goal:
        model -= {"reward"}
    missing = sorted(({"policy", "critic"} | model) - parts.networks.keys())
    if missing:
        words = missing[0] if missing[0] in ("policy", "critic") else "world model"
        raise InputError(
            f"there is no {words}",
            f"give --{words.replace(' ', '-')}, or a --base that has one",
        )


def _manifest(
    task: Task,
    parts: _Parts,
    stored: StoredCheckpoint | None,
    sources: Sources,
    name: str,
    command: str,
) -> Manifest:
    """Tuned step sizes, curves and scores were of other models and are left out."""
    old = None if stored is None else stored.manifest
    facts = None if old is None else old.task_facts
    from_base = old is not None and sources.critic is None
    return Manifest(
        name=name,
        task=task.name,
        state_size=task.state_size,
        action_size=task.action_size,
        networks=parts.networks,
        task_facts=facts if task.name not in TASKS else None,
        critic_reward_scale=old.critic_reward_scale if old and from_base else 1.0,
        dataset=old.dataset if old and sources.world_model is None else None,
        model_errors=old.model_errors if old and sources.world_model is None else None,
        hyperparameters={"imported": sources.given() | parts.facts},
        commands=(*(old.commands if old else ()), command) if command else (),
        versions=versions(),
    )
