"""The moment of a trace that a repro is about, and all that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.commands import At
from core.errors import InputError
from core.repro.document import CheckpointReference, GivenCommand, Leg
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    RunStarted,
)

_MOST_COMMAND_BYTES = 2**20
_COMMAND_COLUMNS = ("branch", "episode", "t", "k", "command", "effect", "accepted")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedMoment:
    """What a trace holds at an address."""

    at: At
    update: GradientUpdate
    """Update k; where the branch shares it with a parent, the parent's record."""
    proposal: Proposal | None
    environment_step: EnvironmentStep | None
    last: int
    """seq of the last record of this environment step."""

    @property
    def home(self) -> At:
        """The address as the record of update k has it."""
        update = self.update
        return update.branch, update.episode, update.t, update.k


def find_moment(reader: TraceReader, at: At) -> RecordedMoment:
    """What is recorded at (branch, episode, t, k). Raises InputError naming what there is."""
    branch, episode, t, k = at
    newest = reader.branches().newest
    if branch > newest:
        raise InputError(f"there is no branch {branch}", f"the newest is {newest}")
    updates = {update.k: update for update in reader.updates(branch, episode, t)}
    if k not in updates:
        there = f"k = 0 .. {max(updates)}, not k = {k}," if updates else "no gradient update"
        raise InputError(
            f"branch {branch} has {there} at episode {episode}, t = {t}",
            "choose an address that the trace holds",
        )
    return RecordedMoment(
        at=at,
        update=updates[k],
        proposal=reader.proposal(branch, episode, t),
        environment_step=reader.environment_step(branch, episode, t),
        last=_last_record(reader, list(updates.values()), branch),
    )


def path_to(reader: TraceReader, branch: int) -> tuple[Leg, ...]:
    """The branches that lead to a branch, from the root on."""
    branches = reader.branches()
    return tuple(
        _leg(branches.started(segment.branch) or reader.started())
        for segment in branches.path(branch)
    )


def checkpoints_of(reader: TraceReader) -> tuple[CheckpointReference, ...]:
    """Every checkpoint that a trace was made with, each once."""
    started: list[RunStarted | BranchStarted] = [reader.started()]
    started += reader.branches().records
    return tuple({s.checkpoint_digest: _reference(s) for s in started}.values())


def commands_before(reader: TraceReader, moment: RecordedMoment) -> tuple[GivenCommand, ...]:
    """The commands given on the way to a moment, the newest of them if they are very long.

    Where a branch was left at another address, its leg alone tells of it.
    """
    columns = reader.path_columns("CommandApplied", _COMMAND_COLUMNS, moment.at[0])
    rows = zip(columns["seq"], *(columns[name] for name in _COMMAND_COLUMNS), strict=True)
    found: list[GivenCommand] = []
    size = 0
    for seq, branch, episode, t, k, command, effect, accepted in reversed(list(rows)):
        size += len(command) + len(effect)
        if size > _MOST_COMMAND_BYTES:
            break
        if seq <= moment.last:
            found.append(
                GivenCommand(
                    branch=int(branch),
                    episode=int(episode),
                    t=int(t),
                    k=int(k),
                    command=json_object(command),
                    effect=effect,
                    accepted=bool(accepted),
                )
            )
    return tuple(reversed(found))


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that a field of a record holds; empty where it holds none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_record(reader: TraceReader, updates: list[GradientUpdate], branch: int) -> int:
    """The end of the environment step: behind its last update, as long as it is about it."""
    seqs = [reader.update_seq(u.branch, u.episode, u.t, u.k) or 0 for u in updates]
    last = max(*seqs, reader.branches().seqs[branch])
    address = (branch, updates[0].episode, updates[0].t)
    for seq, record in _records_after(reader, last):
        if isinstance(record, CommandApplied):
            continue
        if not isinstance(record, Proposal | EnvironmentStep | BreakpointHit):
            break
        if (record.branch, record.episode, record.t) != address:
            break
        last = seq
    return last


def _records_after(reader: TraceReader, seq: int) -> Iterator[tuple[int, Any]]:
    return enumerate(reader.records(seq + 1), start=seq + 1)


def _leg(started: RunStarted | BranchStarted) -> Leg:
    settings = json_object(Settings.from_json(started.settings).to_json())
    reference = _reference(started)
    if isinstance(started, RunStarted):
        return Leg(
            branch=0,
            parent=None,
            reason="run",
            episode=0,
            t=0,
            k=0,
            settings=settings,
            seed=started.seed,
            checkpoint=reference,
        )
    return Leg(
        branch=started.branch,
        parent=started.parent,
        reason=started.reason,
        episode=started.episode,
        t=started.t,
        k=started.k,
        settings=settings,
        seed=started.seed,
        checkpoint=reference,
    )


def _reference(started: RunStarted | BranchStarted) -> CheckpointReference:
    return CheckpointReference(
        name=started.checkpoint,
        digest=started.checkpoint_digest,
        path=started.checkpoint_path,
    )
