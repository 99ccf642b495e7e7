"""`search`: where in a trace does a condition hold?"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.output import say, say_json, table
from core.command_line.parser import UsageError, add_command, whole_number
from core.command_line.window import WindowCommands

if TYPE_CHECKING:
    from core.traces.reader import TraceReader
    from core.traces.search import Moments

_SHOWN = 20
"""Rows of the table where --limit says nothing."""
_ADDRESS = ("branch", "episode", "t", "k")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "search",
        execute,
        help="find the moments of a trace where a condition holds",
        example="python main.py search t.trace"
        ' --where "action_change > 0.1 and true_gain < 0" --json',
    )
    parser.add_argument("trace", type=Path, metavar="TRACE", nargs="?")
    parser.add_argument(
        "--where", metavar="CONDITION", help="see docs/conditions.md; `help` lists the names"
    )
    parser.add_argument(
        "--quantities", action="store_true", help="list the names that conditions may use"
    )
    parser.add_argument(
        "--branch", type=whole_number(0), metavar="B", help="default: the newest branch"
    )
    parser.add_argument(
        "--episode", type=whole_number(0), metavar="N", help="default: all episodes"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--first", action="store_true", help="show the first moment only")
    shown.add_argument("--limit", type=whole_number(1), metavar="N", help="show at most N")
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Exit code 0 whether the condition holds somewhere or not."""
    from core.traces.quantities import search_condition
    from core.traces.reader import TraceReader
    from core.traces.search import find_moments

    if arguments.quantities or arguments.where == "help":
        return _list_quantities(json=arguments.json)
    for name, given in (("TRACE", arguments.trace), ("--where", arguments.where)):
        if given is None:
            raise UsageError(f"missing: {name}", "see python main.py search --help")
    expression = search_condition(arguments.where)
    started = time.perf_counter()
    with TraceReader(arguments.trace) as reader:
        newest = reader.branches().newest
        branch = newest if arguments.branch is None else arguments.branch
        found = find_moments(reader, expression, branch=branch, episode=arguments.episode)
        lacking = (
            () if len(found) or not found.looked_at else _not_recorded(reader, found, branch)
        )
    limit = 1 if arguments.first else arguments.limit
    values = {
        "trace": str(arguments.trace),
        "where": expression.text,
        "branch": branch,
        "moments": found.looked_at,
        "hits": _hits(found, len(found) if limit is None else limit),
        "count": len(found),
        "elapsed_ms": (time.perf_counter() - started) * 1e3,
    }
    if arguments.json:
        say_json(values)
    else:
        say(_lines(values, found, limit or _SHOWN, lacking))
    return 0


def _not_recorded(reader: TraceReader, found: Moments, branch: int) -> tuple[str, ...]:
    """The quantities of the condition that are NaN everywhere: the writer left them out."""
    from core.traces.quantities import QUANTITIES, search_condition
    from core.traces.search import find_moments

    # NaN alone differs from itself; what is true or false is always recorded.
    names = [name for name in found.values if not QUANTITIES[name].boolean]
    return tuple(
        name
        for name in names
        if not len(find_moments(reader, search_condition(f"{name} == {name}"), branch=branch))
    )


def _hits(found: Moments, limit: int) -> list[dict[str, int]]:
    columns = {name: getattr(found, name)[:limit].tolist() for name in ("seq", *_ADDRESS)}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _lines(values: dict[str, Any], found: Moments, limit: int, lacking: tuple[str, ...]) -> str:
    places = f"{values['moments']} environment steps of branch {values['branch']}"
    summary = f"{values['trace']}: {values['count']} moments in {places}"
    if lacking:
        return f"{summary}; not recorded there: {', '.join(lacking)}"
    if not len(found):
        return summary
    quantities = [name for name in found.values if name not in _ADDRESS]
    rows = [
        (
            *(str(hit[name]) for name in _ADDRESS),
            *(_text(name, found.values[name][row]) for name in quantities),
        )
        for row, hit in enumerate(values["hits"][:limit])
    ]
    more = len(found) - len(rows)
    end = f"\n... and {more} more: --limit {len(found)} shows all" if more else ""
    return f"{summary}\n{table([(*_ADDRESS, *quantities), *rows])}{end}"


def _text(name: str, value: float) -> str:
    from core.traces.quantities import plain_value

    plain = plain_value(name, float(value))
    if plain is None:
        return "-"
    return str(plain).lower() if isinstance(plain, bool) else f"{plain:.4g}"


def _list_quantities(*, json: bool) -> int:
    from core.traces.condition_reference import quantity_rows

    heading, *rows = quantity_rows()
    if json:
        say_json([dict(zip(heading, row, strict=True)) for row in rows])
    else:
        say(table([heading, *rows]))
    return 0
