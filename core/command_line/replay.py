"""`replay`: is a trace what it claims to be?"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.output import progress, say, say_json
from core.command_line.parser import add_command
from core.command_line.window import WindowCommands
from core.errors import InputError

if TYPE_CHECKING:
    from core.traces.reader import TraceReader
    from core.traces.trace import Difference

FOREIGN_TOLERANCE = 1e-4
"""Relative; what another machine's arithmetic may change (contracts 6)."""


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "replay",
        execute,
        help="check a trace against its digests, and with --verify against its recomputation",
        example="python main.py replay t.trace --verify --json",
    )
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument(
        "--verify", action="store_true", help="recompute every record from checkpoint and seeds"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Exit code 0: all holds; 1: the first difference was named."""
    from core.traces.reader import TraceReader
    from core.traces.verify import check_integrity, earliest

    with TraceReader(arguments.trace) as reader:
        records = reader.last_seq()
        difference = check_integrity(reader)
        recomputed, match = 0, None
        if arguments.verify:
            match = _same_machine(reader)
            recomputed, found = _recompute(reader, records, match)
            difference = earliest(difference, found)
    values = {
        "trace": str(arguments.trace),
        "records": records,
        "recomputed": recomputed,
        "fingerprint_match": match,
        "first_difference": asdict(difference) if difference else None,
    }
    if arguments.json:
        say_json(values)
    else:
        say(_lines(values, difference))
    return 1 if difference else 0


def _same_machine(reader: TraceReader) -> bool:
    """Whether this machine computes the same bits as the one that made the trace."""
    from core.device import fingerprint, use_one_thread

    use_one_thread()
    try:
        found: Any = json.loads(reader.started().fingerprint)
    except ValueError:
        return False
    return bool(found == fingerprint())


def _recompute(reader: TraceReader, records: int, same: bool) -> tuple[int, Difference | None]:
    """How many records were recomputed, and the first that came out otherwise."""
    from core.session.replay import recompute
    from core.session.shelf import Shelf
    from core.traces.trace import Difference
    from core.traces.verify import compare_records

    tolerance = 0.0 if same else FOREIGN_TOLERANCE
    started, done = reader.started(), 0
    if started.seed < 0:
        return done, Difference(record=1, kind="RunStarted", field="seed", detail="below 0")
    with progress(records, "records") as bar:
        try:
            for seq, stored, again in recompute(reader, Shelf()):
                done = seq
                bar.update()
                difference = compare_records(stored, again, seq, tolerance)
                if difference is not None or seq == records:
                    return done, difference
        except InputError as error:
            # The file is sound, so what the recomputation cannot follow was written on purpose.
            kind = reader.kind(done + 1)
            field = "command" if kind == "CommandApplied" else "settings"
            return done, Difference(record=done + 1, kind=kind, field=field, detail=str(error))
    return done, None


def _lines(values: dict[str, Any], difference: Difference | None) -> str:
    machine = {
        None: "not recomputed: add --verify",
        True: f"{values['recomputed']} recomputed, to the last bit",
        False: f"{values['recomputed']} recomputed, within {FOREIGN_TOLERANCE:g} "
        "(the trace was made on another machine or with other versions)",
    }[values["fingerprint_match"]]
    summary = f"{values['trace']}: {values['records']} records; {machine}"
    if difference is None:
        return f"{summary}; no difference"
    place = f"record {difference.record} ({difference.kind}), field {difference.field}"
    return f"{summary}\nfirst difference: {place}: {difference.detail}"
