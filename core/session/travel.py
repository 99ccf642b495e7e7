"""To any recorded address: the nearest snapshot on the way, then the same records again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.checkpoints.checkpoint import Checkpoint
from core.commands import At, parse_command
from core.errors import InputError, TraceError
from core.session.session import Session
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.lineage import Branches, Clock
from core.traces.origin import check_own
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    Record,
    RunStarted,
    Snapshot,
)
from core.traces.values import DAMAGE
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
    branches = reader.branches_before(before)
    if branch > branches.newest:
        raise InputError(f"there is no branch {branch}", "see `python main.py compare TRACE`")
    way = _Way(reader=reader, branches=branches, before=before)
    session = _follow(way, way.to(at), shelf, tolerance)
    stand = session.stand
    here = (stand.episode, stand.t, session.updates_made)
    if here != (episode, t, k) or stand.proposed:
        raise InputError(
            f"branch {branch} has nothing recorded at episode {episode}, t = {t}, k = {k}",
            "choose an address that the trace holds",
        )
    return session


def session_at_head(reader: TraceReader, shelf: Shelf) -> Session:
    """The session as it stood after the last record."""
    before = reader.last_seq() + 1
    way = _Way(reader=reader, branches=reader.branches_before(before), before=before)
    return _follow(way, way.to_the_head(), shelf)


def enter(session: Session, started: BranchStarted, shelf: Shelf) -> tuple[Session, Record]:
    """The session on a branch that begins where it stands."""
    _check_seed(started)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What of a trace leads to an address; nothing from the record `before` on."""

    reader: TraceReader
    branches: Branches
    before: int

    def to(self, at: At) -> list[Range]:
        """What is followed to come to an address."""
        branch, episode, t, k = at
        clock = (episode, t, k)
        path = list(self.branches.path(branch))
        while (started := self.branches.started(path[-1].branch)) is not None and (
            started.episode,
            started.t,
            started.k,
        ) > clock:
            path.pop()
        *earlier, last = path
        ranges = [self._range(segment.branch, segment.end) for segment in earlier]
        return [*ranges, self._range(last.branch, clock)]

    def to_the_head(self) -> list[Range]:
        """What is followed to come to the last record."""
        path = self.branches.path(self.branches.newest)
        return [self._range(segment.branch, segment.end) for segment in path]

    def _range(self, branch: int, end: Clock | None) -> Range:
        """What a branch recorded before `end`, without the command that left it."""
        seqs = self.branches.seqs
        left = seqs[branch + 1] - 1 if branch < self.branches.newest else self.before
        cut = None if end is None else self.reader.update_seq(branch, *end)
        last = left if cut is None or cut > left else cut
        return branch, max(seqs[branch], 2), last - 1


def _follow(way: _Way, ranges: list[Range], shelf: Shelf, tolerance: float = 0.0) -> Session:
    """From the last snapshot in those ranges through the records after it."""
    reader = way.reader
    for place in reversed(range(len(ranges))):
        branch, first, last = ranges[place]
        seq = reader.last_snapshot(first, last)
        if seq is not None:
            snapshot = reader.read(seq)
            assert isinstance(snapshot, Snapshot)  # noqa: S101 - the seq came from that table
            session = _session_on(way, branch, shelf)
            session.restore(snapshot)
            ranges = [(branch, seq + 1, last), *ranges[place + 1 :]]
            break
    else:
        session = _session_on(way, 0, shelf)
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


def _check_seed(started: BranchStarted | RunStarted) -> None:
    if started.seed < 0:
        raise TraceError(f"the trace holds the seed {started.seed}", DAMAGE)


def _records(reader: TraceReader, ranges: list[Range]) -> Iterator[tuple[int, Record]]:
    for _, first, last in ranges:
        yield from enumerate(reader.records(first, last), start=first)


def _session_on(way: _Way, branch: int, shelf: Shelf) -> Session:
    """A session with the checkpoint and the seed of a branch."""
    run = way.reader.started()
    check_own(run)
    started: BranchStarted | RunStarted = way.branches.started(branch) or run
    _check_seed(started)
    checkpoint = shelf.of(started)
    if checkpoint.digest != started.checkpoint_digest:
        raise TraceError(
            f"the checkpoint {started.checkpoint:.80} is not what it was when the trace was"
            " made",
            "bring that one back, or start a new run",
        )
    return Session(
        checkpoint,
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
