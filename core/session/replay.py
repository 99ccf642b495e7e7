"""Recompute a trace from its seeds: for verification, and to go on after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.checkpoints.checkpoint import Checkpoint, load
from core.commands import parse_command
from core.errors import CheckpointError, InputError, TraceError
from core.session.session import Session
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Record, RunStarted, Snapshot
from core.traces.verify import compare_records


def checkpoint_of(started: RunStarted) -> Checkpoint:
    """The checkpoint a trace was made with: where it was, else by its name."""
    try:
        return load(Path(started.checkpoint_path))
    except CheckpointError:
        return load(started.checkpoint)


def session_of(started: RunStarted, checkpoint: Checkpoint) -> Session:
    """The session that a trace begins with."""
    return Session(
        checkpoint,
        Settings.from_json(started.settings),
        seed=started.seed,
        diagnostics=started.diagnostics,
    )


def recompute(
    reader: TraceReader, checkpoint: Checkpoint
) -> Iterator[tuple[int, Record, Record]]:
    """(seq, stored, recomputed) for every record, the commands taken from the trace."""
    started = reader.started()
    session = session_of(started, checkpoint)
    yield 1, started, session.started()
    for seq, stored in enumerate(reader.records(first=2), start=2):
        yield seq, stored, _follow(session, stored)


def go_on(reader: TraceReader, checkpoint: Checkpoint) -> Session:
    """The session as it stood after the last record, by way of the last snapshot.

    Raises TraceError where the records after that snapshot do not come out the same here.
    """
    session = session_of(reader.started(), checkpoint)
    seqs = reader.columns("Snapshot", ["t"])["seq"]
    first = 2
    if len(seqs):
        snapshot = reader.read(int(seqs[-1]))
        assert isinstance(snapshot, Snapshot)  # noqa: S101 - the column came from that table
        session.restore(snapshot)
        first = int(seqs[-1]) + 1
    for seq, stored in enumerate(reader.records(first=first), start=first):
        difference = compare_records(stored, _follow(session, stored), seq)
        if difference is not None:
            raise TraceError(
                "the trace cannot be continued bit for bit here: "
                f"record {seq}, {difference.field}",
                "start a new run, or go on where it was made",
            )
    return session


def _follow(session: Session, stored: Record) -> Record:
    if not isinstance(stored, CommandApplied):
        return session.advance()
    try:
        return session.apply(parse_command(stored.command))
    except InputError as error:
        raise TraceError("the trace holds a command that cannot be read", error.fact) from error
