"""Recompute a trace from its seeds: every record, its commands taken from the trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from core import device
from core.commands import Command, parse_command
from core.errors import InputError
from core.session.breakpoints import Watch
from core.session.obey import obey
from core.session.programs import changed_code
from core.session.session import Session
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.origin import check_own
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Difference, Record, RunStarted, Snapshot
from core.traces.verify import compare_records


def made_with_this_arithmetic(started: RunStarted) -> bool:
    """Whether this machine computes the same bits as the one that made the trace."""
    device.use_one_thread()
    try:
        found = json.loads(started.fingerprint)
    except (ValueError, RecursionError):
        return False
    return bool(found == device.fingerprint())


def first_difference(
    reader: TraceReader,
    shelf: Shelf,
    tolerance: float,
    done: Callable[[int], object] = lambda seq: None,
) -> Difference | None:
    """The first record that comes out otherwise; `done` hears of each that was recomputed."""
    started, last, seq = reader.started(), reader.last_seq(), 0
    if started.seed < 0:
        return Difference(record=1, kind="RunStarted", field="seed", detail="below 0")
    changed = changed_code(started)
    if changed:
        return Difference(record=1, kind="RunStarted", field="trusted_code", detail=changed)
    try:
        for seq, stored, again in recompute(reader, shelf, tolerance):
            done(seq)
            difference = compare_records(stored, again, seq, tolerance)
            if difference is not None or seq == last:
                return difference
    except InputError as error:
        # The file is sound, so what the recomputation cannot follow was written on purpose.
        kind = reader.kind(seq + 1)
        field = "command" if kind == "CommandApplied" else "settings"
        return Difference(record=seq + 1, kind=kind, field=field, detail=str(error))
    return None


def recompute(
    reader: TraceReader, shelf: Shelf, tolerance: float = 0.0
) -> Iterator[tuple[int, Record, Record]]:
    """(seq, stored, recomputed) for every record.

    With a tolerance, for another arithmetic, it goes on from each stored snapshot: what
    rounding does grows from one environment step to the next without bound.
    """
    started = reader.started()
    check_own(started)
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
            if not stored.accepted and _asks_for_a_file(command):
                # Why it was refused is a matter of the files of that time.
                yield seq, stored, stored
                continue
            session, (applied, *waiting) = obey(
                session, command, reader, shelf, before=seq, tolerance=tolerance
            )
            set_breakpoints(watch, command, applied)
            yield seq, stored, applied
        else:
            yield seq, stored, session.advance()
            if tolerance and isinstance(stored, Snapshot):
                session.restore(stored)
            # What was observed, a time, counts as it was then.
            waiting = list(watch.check(stored))


def _asks_for_a_file(command: Command) -> bool:
    return bool(command.checkpoint or command.settings.get("updater"))


def set_breakpoints(watch: Watch, command: Command, applied: Record) -> None:
    """The breakpoints of a command, where it took effect."""
    accepted = isinstance(applied, CommandApplied) and applied.accepted
    if command.name == "breakpoints" and accepted:
        watch.set(command.breakpoints)
