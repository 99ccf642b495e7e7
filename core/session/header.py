"""The records that say what is computed from here on: of a run, a branch, a command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from core.checkpoints.catalogue import find_checkpoint
from core.checkpoints.checkpoint import Checkpoint
from core.checkpoints.task_facts import task_json
from core.commands import Command
from core.device import fingerprint
from core.errors import CheckpointError
from core.session.records import Address
from core.settings import Settings
from core.traces.trace import (
    FORMAT_VERSION,
    OURS,
    BranchStarted,
    CommandApplied,
    RunStarted,
)
from core.trust import code_json
from core.versions import versions


def run_started(
    checkpoint: Checkpoint,
    settings: Settings,
    *,
    seed: int,
    diagnostics: bool,
    layer_names: Sequence[str],
) -> RunStarted:
    """The first record of a trace, enough to recompute every later one.

    settings: with the tuned values filled in.
    """
    manifest = checkpoint.manifest
    tuned = {name: [t.step_size, t.delta] for name, t in sorted(manifest.tuned.items())}
    return RunStarted(
        format_version=FORMAT_VERSION,
        origin=OURS,
        task=checkpoint.task.name,
        task_facts=task_json(checkpoint.task),
        checkpoint=manifest.name,
        checkpoint_digest=checkpoint.digest,
        seed=seed,
        settings=settings.to_json(),
        diagnostics=diagnostics,
        layer_names=json.dumps(list(layer_names)),
        trusted_code=_trusted_code(checkpoint, settings),
        tuned=json.dumps(tuned),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        checkpoint_path=_where(checkpoint),
        versions=json.dumps(versions()),
        fingerprint=json.dumps(fingerprint(), sort_keys=True),
    )


def branch_started(
    checkpoint: Checkpoint,
    settings: Settings,
    *,
    seed: int,
    address: Address,
    k: int,
    parent: int,
    reason: str,
) -> BranchStarted:
    """The first record of a branch, at the update that it makes first."""
    return BranchStarted(
        branch=address.branch,
        episode=address.episode,
        t=address.t,
        k=k,
        parent=parent,
        reason=reason,
        settings=settings.to_json(),
        seed=seed,
        checkpoint=checkpoint.manifest.name,
        checkpoint_digest=checkpoint.digest,
        checkpoint_path=_where(checkpoint),
    )


def command_applied(
    command: Command,
    effect: str,
    checkpoint: Checkpoint,
    *,
    accepted: bool,
    address: Address,
    k: int,
) -> CommandApplied:
    """What a command did, and which program it brought; k: the update that comes next."""
    return CommandApplied(
        branch=address.branch,
        episode=address.episode,
        t=address.t,
        k=k,
        command_id=command.id,
        command=command.to_line(),
        effect=effect + (_told_code(checkpoint, command) if accepted else ""),
        accepted=accepted,
    )


def _trusted_code(checkpoint: Checkpoint, settings: Settings) -> str:
    """The programs that run from the start, JSON list."""
    updater = checkpoint.updater(settings)
    own = () if updater is None else (updater.code,)
    return code_json((*checkpoint.programs, *own))


def _told_code(checkpoint: Checkpoint, command: Command) -> str:
    """Which program a command brings; empty where it brings none."""
    if not command.settings.get("updater"):
        return ""
    code = checkpoint.trust.load("updater", command.settings["updater"]).code
    return f", update rule {code.reference}, sha256 {code.sha256}"


def _where(checkpoint: Checkpoint) -> str:
    """The folder; for a checkpoint that its name finds, the name: no path of this machine."""
    try:
        found = find_checkpoint(checkpoint.manifest.name).resolve()
    except CheckpointError:
        found = None
    folder = checkpoint.path.resolve()
    return checkpoint.manifest.name if found == folder else str(folder)
