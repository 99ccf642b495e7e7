"""Where programs of the user come into a run: with its start, a branch or a command."""

from __future__ import annotations

import json
from collections.abc import Iterator

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.commands import Command, parse_command
from core.errors import CheckpointError
from core.session.proposal import NOT_FINITE
from core.traces.reader import TraceReader
from core.traces.trace import Proposal, Record, RunStarted
from core.trust import Trust, TrustedCode, digest

_DIGITS = 12


def ask_for(command: Command, trust: Trust) -> None:
    """Raise InputError where a command brings a program and none may run."""
    updater = command.settings.get("updater")
    if updater:
        trust.ask("updater", str(updater))
    for kind, name in _programs_of(command.checkpoint):
        trust.ask(kind, name)


def ask_for_those_of(reader: TraceReader, trust: Trust) -> None:
    """Raise InputError where a trace needs programs and none may run."""
    for code in codes_of(reader.started()):
        trust.ask(code.kind, code.reference)
    columns = reader.columns("CommandApplied", ["command", "accepted"])
    for line, accepted in zip(columns["command"], columns["accepted"], strict=True):
        if accepted and ('"updater"' in line or '"checkpoint"' in line):
            ask_for(parse_command(line), trust)


def _programs_of(checkpoint: str) -> tuple[tuple[str, str], ...]:
    try:
        return read_manifest(find_checkpoint(checkpoint)).programs() if checkpoint else ()
    except CheckpointError:
        # Whoever loads it says why it cannot be.
        return ()


def changed_code(started: RunStarted) -> str:
    """Which program is another one now than when the trace was made; empty where none is."""
    for code in codes_of(started):
        if code.reference.endswith(".pt2"):
            # Inside the checkpoint, whose digest covers it.
            continue
        now = digest(code.reference)
        if now != code.sha256:
            found = f"digest {now[:_DIGITS]}" if now else "not here"
            return (
                f"{code.reference} is another program now: recorded digest "
                f"{code.sha256[:_DIGITS]}, {found}"
            )
    return ""


def codes_of(started: RunStarted) -> Iterator[TrustedCode]:
    """The programs that a trace says it began with; none where the list cannot be read."""
    try:
        listed = json.loads(started.trusted_code)
        codes = [TrustedCode(**entry) for entry in listed]
    except (ValueError, TypeError, RecursionError):
        return
    yield from (
        code for code in codes if all(isinstance(v, str) for v in (code.kind, code.reference))
    )


def refused_update(record: Record) -> str:
    """Why the update rule of the user's own was refused at this record; else empty."""
    if isinstance(record, Proposal) and record.fallback != NOT_FINITE:
        return record.fallback
    return ""
