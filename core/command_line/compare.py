"""`compare`: two branches of a trace side by side, and where they part."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.output import say, say_json, table
from core.command_line.parser import add_command
from core.command_line.window import WindowCommands
from core.errors import InputError

if TYPE_CHECKING:
    from core.traces.columns import Column
    from core.traces.divergence import Comparison
    from core.traces.reader import TraceReader

_HEADINGS = (
    "branch", "parent", "reason", "begins at", "settings that differ", "steps", "return",
    "objective gain", "true gain",
)  # fmt: skip


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "compare",
        execute,
        help="put two branches of a trace side by side and name their first difference",
        example="python main.py compare t.trace --branches 0,2",
    )
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument(
        "--branches",
        type=_two_branches,
        metavar="A,B",
        help="numbers of two branches (default: the newest one and its parent)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Exit code 0, whether they differ or not."""
    from core.traces.divergence import find_divergence
    from core.traces.reader import TraceReader

    with TraceReader(arguments.trace) as reader:
        a, b = arguments.branches or _newest_pair(reader)
        comparison = find_divergence(reader, a, b)
        values = {
            "trace": str(arguments.trace),
            "branches": [_branch(reader, comparison, branch) for branch in (a, b)],
            "common": dict(zip(("episode", "t", "k"), comparison.begin, strict=True)),
            "records_alike": comparison.alike,
            "gap": _gap(reader, comparison),
            "divergence": asdict(comparison.divergence) if comparison.divergence else None,
            "note": comparison.note,
        }
    if arguments.json:
        say_json(values)
    else:
        say(_lines(values, comparison))
    return 0


def _two_branches(text: str) -> tuple[int, int]:
    words = text.split(",")
    if len(words) != 2 or not all(w.strip().isdecimal() and len(w) < 10 for w in words):
        raise argparse.ArgumentTypeError(f"{text!r} is not two branches, such as 0,1")
    return int(words[0]), int(words[1])


def _newest_pair(reader: TraceReader) -> tuple[int, int]:
    from core.traces.origin import check_own

    branches = reader.branches()
    parent = branches.parent(branches.newest)
    if parent is None:
        check_own(reader.started())
        raise InputError(
            f"{reader.path} has branch 0 alone",
            "fork it in the window (Ctrl+B) to have something to compare",
        )
    return parent, branches.newest


def _branch(reader: TraceReader, comparison: Comparison, branch: int) -> dict[str, Any]:
    """What is said of one branch; gains are means over the environment steps not shared."""
    from core.traces.gap import course

    episode, t, _ = comparison.begin
    started = reader.branches().started(branch)
    side = "a" if branch == comparison.a else "b"
    columns = course(reader, branch, episode)
    own = columns["t"] >= t
    return {
        "branch": branch,
        "parent": None if started is None else started.parent,
        "reason": "root" if started is None else started.reason,
        "begins": [0, 0, 0] if started is None else [started.episode, started.t, started.k],
        "settings": {change.name: getattr(change, side) for change in comparison.changes},
        "environment_steps": len(columns["t"]),
        "episode_return": _last(columns["episode_return"]),
        "objective_gain_mean": _mean(columns["objective_gain"][own]),
        "true_gain_mean": _mean(columns["true_gain"][own]),
    }


def _gap(reader: TraceReader, comparison: Comparison) -> dict[str, Any] | None:
    """The returns at the last environment step that both have; None where there is none."""
    from core.traces.gap import gap

    columns = gap(reader, comparison.a, comparison.b, comparison.begin[0])
    if not len(columns.t):
        return None
    returns = [_last(side["episode_return"]) for side in (columns.a, columns.b)]
    return {
        "t": int(columns.t[-1]),
        "episode_returns": returns,
        "difference": returns[1] - returns[0],
    }


def _last(column: Column) -> float:
    return float(column[-1]) if len(column) else math.nan


def _mean(column: Column) -> float:
    """Of what is finite; NaN where nothing is."""
    known = [float(value) for value in column if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def _lines(values: dict[str, Any], comparison: Comparison) -> str:
    episode, t, k = comparison.begin
    rows = [_HEADINGS, *(_row(branch) for branch in values["branches"])]
    place = f"episode {episode}, t = {t}, k = {k}"
    lines = [
        table(rows),
        f"shared until {place}; steps and return are of episode {episode}, gains are means "
        f"from t = {t} on",
    ]
    if values["gap"]:
        returns = " against ".join(f"{value:.4g}" for value in values["gap"]["episode_returns"])
        difference = values["gap"]["difference"]
        lines.append(f"return at t = {values['gap']['t']}: {returns} ({difference:+.4g})")
    found = comparison.divergence
    lines.append(f"first divergence: {found}" if found else comparison.note)
    return "\n".join(lines)


def _row(values: dict[str, Any]) -> tuple[str, ...]:
    from core.traces.conditions import condition_text

    episode, t, k = values["begins"]
    settings = (f"{name} {condition_text(v)}" for name, v in values["settings"].items())
    return (
        str(values["branch"]),
        "-" if values["parent"] is None else str(values["parent"]),
        values["reason"],
        f"episode {episode}, t = {t}, k = {k}",
        ", ".join(settings) or "-",
        str(values["environment_steps"]),
        *(
            "-" if math.isnan(values[name]) else f"{values[name]:.4g}"
            for name in ("episode_return", "objective_gain_mean", "true_gain_mean")
        ),
    )
