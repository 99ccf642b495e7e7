"""Going straight: a session from the start of a trace, without snapshots, travel or crashes.

Which records lead to an address is found here by walking them, not by core/traces/lineage.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from core.adaptation.weights import psi_of
from core.checkpoints.checkpoint import Checkpoint
from core.commands import At, parse_command
from core.session.session import Session
from core.session.travel import with_checkpoint
from core.settings import Settings
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    GradientUpdate,
    Record,
    RunStarted,
    deterministic_fields,
)

Clock = tuple[int, int, int]


def way_to(records: Sequence[Record], branch: int, end: Clock | None) -> list[Record]:
    """What leads to update `end` of a branch, or to its last record."""
    left = {id(one) for one, other in pairwise(records) if isinstance(other, BranchStarted)}
    own = [r for r in records[1:] if r.branch == branch and id(r) not in left]
    way: list[Record] = []
    if branch:
        started = own[0]
        assert isinstance(started, BranchStarted)
        begun = (started.episode, started.t, started.k)
        if end is not None and end < begun:
            return way_to(records, started.parent, end)
        way = way_to(records, started.parent, begun)
    for record in own:
        if isinstance(record, GradientUpdate) and end == (record.episode, record.t, record.k):
            break
        way.append(record)
    return way


def go_straight(
    records: Sequence[Record], at: At | None, checkpoints: Mapping[str, Checkpoint]
) -> Session:
    """A session driven by the commands of the path alone; None: to the last record."""
    run = records[0]
    assert isinstance(run, RunStarted)
    session = Session(
        checkpoints[run.checkpoint_digest],
        Settings.from_json(run.settings),
        seed=run.seed,
        diagnostics=run.diagnostics,
    )
    branch = max(r.branch for r in records[1:]) if at is None else at[0]
    for record in way_to(records, branch, None if at is None else at[1:]):
        match record:
            case BranchStarted():
                if record.checkpoint_digest != session.checkpoint.digest:
                    session = with_checkpoint(session, checkpoints[record.checkpoint_digest])
                settings = Settings.from_json(record.settings)
                session.branch_off(record.branch, record.reason, settings, record.seed)
            case CommandApplied(accepted=True):
                session.apply(parse_command(record.command))
            case CommandApplied() | BreakpointHit():
                pass
            case _:
                session.advance()
    return session


def state_of(session: Session) -> dict[str, Any]:
    """Everything that decides how a session goes on, as bits."""
    clock, reality, adaptation = session._clock, session._reality, session._adaptation
    moments, twin = adaptation.moments, reality.twin
    scalars = {
        field.name: getattr(clock, field.name)
        for field in dataclasses.fields(clock)
        if field.name != "updates"
    }
    return scalars | {
        "updates": [_bits(update) for update in clock.updates],
        "checkpoint": session.checkpoint.digest,
        "noise": (session.seed, clock.episode, clock.t),
        "settings": (session.settings, session.pending),
        "psi": psi_of(adaptation.policy).numpy().tobytes(),
        "psi_0": adaptation.psi_0.numpy().tobytes(),
        "moments": (_tensor(moments.first), _tensor(moments.second), moments.count),
        "psi before": psi_of(session._before).numpy().tobytes() if clock.updates else b"",
        "last gradient": _tensor(session._recorder._previous) if clock.updates else b"",
        "survival": adaptation.model.bounds,
        "physics": _world(reality._environment),
        "state": reality.state.tobytes(),
        "return": np.float64(reality.episode_return).tobytes(),
        "twin": (
            _world(twin._environment),
            twin.state.tobytes(),
            np.float64(twin.episode_return).tobytes(),
            twin.length,
            twin.alive,
        ),
    }


def _bits(record: Record) -> tuple[bytes | str, ...]:
    values = (getattr(record, field.name) for field in deterministic_fields(type(record)))
    return tuple(v.tobytes() if isinstance(v, np.ndarray) else repr(v) for v in values)


def _tensor(tensor: Any) -> bytes:
    return b"" if tensor is None else tensor.numpy().tobytes()


def _world(environment: Any) -> tuple[bytes, int]:
    return environment.save().tobytes(), environment.elapsed
