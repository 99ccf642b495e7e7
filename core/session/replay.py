"""Recompute a trace from its seeds: every record, its commands taken from the trace."""

from __future__ import annotations

from collections.abc import Iterator

from core.commands import Command, parse_command
from core.session.breakpoints import Watch
from core.session.obey import obey
from core.session.session import Session
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Record


def recompute(reader: TraceReader, shelf: Shelf) -> Iterator[tuple[int, Record, Record]]:
    """(seq, stored, recomputed) for every record."""
    started = reader.started()
    session = Session(
        shelf.of(started),
        Settings.from_json(started.settings),
        seed=started.seed,
        diagnostics=started.diagnostics,
    )
    yield 1, started, session.started()
    watch = Watch()
    waiting: list[Record] = []
    for seq, stored in enumerate(reader.records(first=2), start=2):
        if waiting:
            yield seq, stored, waiting.pop(0)
        elif isinstance(stored, CommandApplied):
            command = parse_command(stored.command)
            session, (applied, *waiting) = obey(session, command, reader, shelf, before=seq)
            set_breakpoints(watch, command, applied)
            yield seq, stored, applied
        else:
            yield seq, stored, session.advance()
            # What was observed, a time, counts as it was then.
            waiting = list(watch.check(stored))


def set_breakpoints(watch: Watch, command: Command, applied: Record) -> None:
    """The breakpoints of a command, where it took effect."""
    accepted = isinstance(applied, CommandApplied) and applied.accepted
    if command.name == "breakpoints" and accepted:
        watch.set(command.breakpoints)
