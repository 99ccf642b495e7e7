"""To any recorded address: the nearest snapshot on the way, then the same records again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from core.checkpoints.checkpoint import Checkpoint
from core.commands import At, parse_command
from core.errors import InputError, TraceError
from core.session.session import Session
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    Record,
    RunStarted,
    Snapshot,
)
from core.traces.verify import compare_records

Range = tuple[int, int, int]
"""A branch, and the first and last seq of what is followed of it."""


def session_at(
    reader: TraceReader, at: At, shelf: Shelf, *, before: int, tolerance: float = 0.0
) -> Session:
    """The session as it stood before update k of t, of the records with a seq below `before`.

    Raises InputError where nothing is recorded at that address, TraceError where the records
    on the way come out otherwise here, by more than `tolerance` (compare_records).
    """
    branch, episode, t, k = at
    if branch > reader.branches().newest:
        raise InputError(f"there is no branch {branch}", "see `python main.py compare TRACE`")
    session = _follow(reader, _ranges_to(reader, at, before), shelf, tolerance)
    stand = session.stand
    made = session.updates_made
    if (stand.episode, stand.t, made) != (episode, t, k):
        raise InputError(
            f"branch {branch} has nothing recorded at episode {episode}, t = {t}, k = {k}",
            "choose an address that the trace holds",
        )
    return session


def session_at_head(reader: TraceReader, shelf: Shelf) -> Session:
    """The session as it stood after the last record."""
    newest = reader.branches().newest
    path = reader.branches().path(newest)
    ends = [segment.end for segment in path]
    ranges = [
        _range(reader, segment.branch, end, reader.last_seq() + 1)
        for segment, end in zip(path, ends, strict=True)
    ]
    return _follow(reader, ranges, shelf)


def enter(session: Session, started: BranchStarted, shelf: Shelf) -> tuple[Session, Record]:
    """The session on a branch that begins where it stands."""
    if started.checkpoint_digest != session.checkpoint.digest:
        session = with_checkpoint(session, shelf.of(started))
    record = session.branch_off(
        started.branch, started.reason, Settings.from_json(started.settings), started.seed
    )
    return session, record


def with_checkpoint(session: Session, checkpoint: Checkpoint) -> Session:
    """A session of another checkpoint, with its pretrained weights, where this one stands.

    Only before the first update of t. The frozen twin goes on with the other policy.
    """
    other = Session(
        checkpoint, session.pending, seed=session.seed, diagnostics=session.diagnostics
    )
    other.restore(
        dataclasses.replace(
            session.snapshot(),
            policy_weights=np.zeros(0, np.float32),
            optimizer_moments=np.zeros((0, 0), np.float32),
        )
    )
    return other


def _ranges_to(reader: TraceReader, at: At, before: int) -> list[Range]:
    branch, *clock = at
    episode, t, k = clock
    branches = reader.branches()
    path = list(branches.path(branch))
    while (started := branches.started(path[-1].branch)) is not None and (
        started.episode,
        started.t,
        started.k,
    ) > (episode, t, k):
        path.pop()
    ends = [*(segment.end for segment in path[:-1]), (episode, t, k)]
    return [
        _range(reader, segment.branch, end, before)
        for segment, end in zip(path, ends, strict=True)
    ]


def _range(
    reader: TraceReader, branch: int, end: tuple[int, int, int] | None, before: int
) -> Range:
    """What a branch recorded before `end`, without the command that left it."""
    branches = reader.branches()
    first = max(branches.seqs[branch], 2)
    left = branches.seqs[branch + 1] - 1 if branch < branches.newest else before
    last = min(left, before) - 1
    cut = None if end is None else reader.update_seq(branch, *end)
    return branch, first, last if cut is None else min(last, cut - 1)


def _follow(
    reader: TraceReader, ranges: list[Range], shelf: Shelf, tolerance: float = 0.0
) -> Session:
    """From the last snapshot in those ranges through the records after it."""
    for place in reversed(range(len(ranges))):
        branch, first, last = ranges[place]
        seq = reader.last_snapshot(first, last)
        if seq is not None:
            snapshot = reader.read(seq)
            assert isinstance(snapshot, Snapshot)  # noqa: S101 - the seq came from that table
            session = _session_on(reader, branch, shelf)
            session.restore(snapshot)
            ranges = [(branch, seq + 1, last), *ranges[place + 1 :]]
            break
    else:
        session = _session_on(reader, 0, shelf)
    for seq, stored in _records(reader, ranges):
        session, recomputed = _again(session, stored, shelf)
        difference = compare_records(stored, recomputed, seq, tolerance)
        if difference is not None:
            raise TraceError(
                "the trace cannot be continued bit for bit here: "
                f"record {seq}, {difference.field}",
                "start a new run, or go on where it was made",
            )
    return session


def _records(reader: TraceReader, ranges: list[Range]) -> Iterator[tuple[int, Record]]:
    for _, first, last in ranges:
        yield from enumerate(reader.records(first, last), start=first)


def _session_on(reader: TraceReader, branch: int, shelf: Shelf) -> Session:
    """A session with the checkpoint and the seed of a branch."""
    run = reader.started()
    started: BranchStarted | RunStarted = reader.branches().started(branch) or run
    return Session(
        shelf.of(started),
        Settings.from_json(started.settings),
        seed=started.seed,
        diagnostics=run.diagnostics,
    )


def _again(session: Session, stored: Record, shelf: Shelf) -> tuple[Session, Record]:
    """The record once more; of commands only those that were accepted have an effect."""
    match stored:
        case BreakpointHit():
            return session, stored
        case BranchStarted():
            return enter(session, stored, shelf)
        case CommandApplied():
            if not stored.accepted:
                return session, stored
            try:
                return session, session.apply(parse_command(stored.command))
            except InputError as error:
                raise TraceError(
                    "the trace holds a command that cannot be read", error.fact
                ) from error
        case _:
            return session, session.advance()
