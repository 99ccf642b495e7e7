"""`replay`: is a trace what it claims to be?"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.options import add_trust, trust_of
from core.command_line.output import progress, say, say_json
from core.command_line.parser import add_command
from core.command_line.window import WindowCommands

if TYPE_CHECKING:
    from core.traces.reader import TraceReader
    from core.traces.trace import Difference
    from core.trust import Trust


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
    add_trust(parser)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Exit code 0: all holds; 1: the first difference is named, or it cannot be recomputed."""
    from core.traces.origin import is_foreign
    from core.traces.reader import TraceReader
    from core.traces.verify import check_integrity, earliest

    with TraceReader(arguments.trace) as reader:
        records = reader.last_seq()
        difference = check_integrity(reader)
        recomputed, match = 0, None
        origin, foreign = reader.started().origin, is_foreign(reader.started())
        if arguments.verify and not foreign:
            match, recomputed, found = _recompute(reader, records, trust_of(arguments))
            difference = earliest(difference, found)
    values = {
        "trace": str(arguments.trace),
        "origin": origin,
        "records": records,
        "recomputed": recomputed,
        "fingerprint_match": match,
        "first_difference": asdict(difference) if difference else None,
    }
    if arguments.json:
        say_json(values)
    else:
        say(_lines(values, difference, foreign=foreign))
    return 1 if difference or (arguments.verify and foreign) else 0


def _recompute(
    reader: TraceReader, records: int, trust: Trust
) -> tuple[bool, int, Difference | None]:
    """Whether this is the same arithmetic, how many records came out, and what differs."""
    from core.session.programs import ask_for_those_of
    from core.session.replay import first_difference, made_with_this_arithmetic
    from core.session.shelf import Shelf
    from core.traces.verify import FOREIGN_TOLERANCE

    ask_for_those_of(reader, trust)
    same, done = made_with_this_arithmetic(reader.started()), 0
    with progress(records, "records") as bar:

        def note(seq: int) -> None:
            nonlocal done
            done = seq
            bar.update()

        found = first_difference(
            reader, Shelf(trust=trust), 0.0 if same else FOREIGN_TOLERANCE, note
        )
    return same, done, found


def _lines(values: dict[str, Any], difference: Difference | None, *, foreign: bool) -> str:
    from core.traces.verify import FOREIGN_TOLERANCE

    machine = f"written by {values['origin']!r:.80}, not Psiscope: it cannot be recomputed"
    machine = (
        machine
        if foreign
        else {
            None: "not recomputed: add --verify",
            True: f"{values['recomputed']} recomputed, to the last bit",
            False: f"{values['recomputed']} recomputed, within {FOREIGN_TOLERANCE:g} "
            "(the trace was made on another machine or with other versions)",
        }[values["fingerprint_match"]]
    )
    summary = f"{values['trace']}: {values['records']} records; {machine}"
    if difference is None:
        return f"{summary}; " + ("its digests hold" if foreign else "no difference")
    place = f"record {difference.record} ({difference.kind}), field {difference.field}"
    return f"{summary}\nfirst difference: {place}: {difference.detail}"
