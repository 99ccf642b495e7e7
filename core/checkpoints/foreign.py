"""Networks of a checkpoint that are programs of the user: built where these may run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from core.checkpoints.exported import check_program, load_program, sha256_of
from core.errors import CheckpointError, InputError
from core.models.foreign import (
    ExportedWorldModel,
    ForeignCritic,
    ForeignPolicy,
    ForeignWorldModel,
)
from core.models.interfaces import WorldModel
from core.tasks import Task
from core.trust import Reference, Trust, TrustedCode, parse_reference

ROLES = ("policy", "critic", "world_model")
Part = ForeignPolicy | ForeignCritic | ForeignWorldModel


def build(
    task: Task, role: str, described: Mapping[str, Any], content: bytes, trust: Trust
) -> tuple[Part, TrustedCode]:
    """A network from the manifest's words about it, and the bytes of its file if it has one.

    Raises InputError where programs may not run, and where it is not what was imported.
    """
    if described.get("kind") == "exported":
        name = f"{role}.pt2"
        trust.ask(role, name)
        check_program(content, role, task, name)
        reference = Reference(source=name, function="forward")
        code = TrustedCode(kind=role, reference=name, sha256=sha256_of(content))
        return _part(role, load_program(content, reference), reference, exported=True), code
    text = str(described.get("reference", ""))
    program = trust.load(role, text)
    if program.code.sha256 != described.get("sha256"):
        raise CheckpointError(f"{text} is another program than when it was imported", _AGAIN)
    return _part(role, program(task), parse_reference(text), exported=False), program.code


_AGAIN = "import it again"


def _part(role: str, made: Any, reference: Reference, *, exported: bool) -> Part:
    """What a program made, behind our interface, frozen."""
    if isinstance(made, nn.Module):
        made.requires_grad_(False)
        if not exported:
            made.eval()
    kind = type(made).__name__
    if role == "policy":
        if not isinstance(made, nn.Module):
            raise InputError(f"{reference.short} gives a {kind}", "return a torch.nn.Module")
        return ForeignPolicy(made, reference)
    if role == "critic":
        if not callable(made):
            raise InputError(f"{reference.short} gives a {kind}", "return a callable Q(s, a)")
        return ForeignCritic(made, reference)
    model = ExportedWorldModel(made) if exported else made
    if not isinstance(model, WorldModel):
        raise InputError(
            f"{reference.short} gives a {kind}", "return one with next_state, reward and alive"
        )
    return ForeignWorldModel(model, reference, survival=False)
