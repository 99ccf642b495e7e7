"""A checkpoint from models that were made elsewhere, each checked before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from core.checkpoints.exported import sha256_of
from core.checkpoints.foreign import build
from core.checkpoints.foreign_checks import (
    check_critic,
    check_policy,
    check_same,
    check_world_model,
)
from core.checkpoints.import_sources import ReadSources, Sources, find_base, read_sources
from core.checkpoints.importers import imported
from core.checkpoints.layouts import MODEL
from core.checkpoints.manifest import Manifest
from core.checkpoints.policy_layers import PolicyLayers
from core.checkpoints.store import StoredCheckpoint, read_checkpoint, write_checkpoint
from core.checkpoints.task_facts import task_facts
from core.errors import InputError
from core.models.foreign import ForeignCritic, ForeignPolicy, ForeignWorldModel
from core.tasks import TASKS, Task
from core.trust import Trust
from core.versions import versions


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
    read: ReadSources | None = None,
) -> Manifest:
    """Read, check and write. Raises InputError with the reason; then nothing is written.

    read: the sources where they are read already.
    """
    read = read_sources(sources, task, trust) if read is None else read
    stored = None if base is None else read_checkpoint(find_base(base, task))
    parts = _Parts()
    if read.layers is not None:
        _add_data(parts, read.layers, read, sources.normalizer)
    for role, source in sources.given().items():
        _add_program(parts, role, source, read, task, trust)
    if stored is not None:
        _fill(parts, stored)
    _check_complete(parts, task)
    manifest = _manifest(task, parts, stored, sources, output.resolve().name, command)
    write_checkpoint(output, manifest, parts.tensors, parts.programs)
    return manifest


def _add_data(
    parts: _Parts, layers: PolicyLayers, read: ReadSources, normalizer: str | None
) -> None:
    found = imported(layers, read.normalization)
    parts.networks["policy"] = found.architecture
    parts.tensors["policy"] = found.tensors
    parts.facts.update(policy_source=found.source, policy_sha256=found.sha256)
    if normalizer is not None:
        parts.facts["normalizer"] = normalizer


def _add_program(
    parts: _Parts, role: str, source: str, read: ReadSources, task: Task, trust: Trust
) -> None:
    """A program is built and asked, which needs trust."""
    if role in read.programs:
        content = parts.programs[role] = read.programs[role]
        described = {"kind": "exported", "sha256": sha256_of(content)}
    elif role in read.functions:
        code = trust.load(role, read.functions[role]).code
        described = {"kind": "factory", "reference": code.reference, "sha256": code.sha256}
    else:
        return
    parts.networks[role] = described
    _check(role, described, parts.programs.get(role, b""), task, trust, source)


def _check(
    role: str, described: dict[str, Any], content: bytes, task: Task, trust: Trust, name: str
) -> None:
    part, _ = build(task, role, described, content, trust)
    match part:
        case ForeignPolicy():
            check_policy(part, task, name)
        case ForeignCritic():
            check_critic(part, task, name)
        case ForeignWorldModel():
            check_world_model(part, task, name)
    if described["kind"] == "factory":
        # The file is read anew, as each later process will.
        again, _ = build(task, role, described, content, Trust(given=trust.given))
        check_same(part, again, task, name)


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
    from_base = old is not None and sources.critic is None
    return Manifest(
        name=name,
        task=task.name,
        state_size=task.state_size,
        action_size=task.action_size,
        networks=parts.networks,
        task_facts=None if task.name in TASKS else task_facts(task),
        critic_reward_scale=old.critic_reward_scale if old and from_base else 1.0,
        dataset=old.dataset if old and sources.world_model is None else None,
        data_density=old.data_density if old and sources.world_model is None else (),
        model_errors=old.model_errors if old and sources.world_model is None else None,
        hyperparameters={"imported": sources.given() | parts.facts},
        commands=(*(old.commands if old else ()), command) if command else (),
        versions=versions(),
    )
