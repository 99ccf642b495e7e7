"""`benchmark`: how fast the engine, the trace and the window are on this machine."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.command_line.checking import check_checkpoint
from core.command_line.gui import DEFAULT_CHECKPOINT
from core.command_line.options import add_settings, settings_of, trust_of
from core.command_line.output import say, table
from core.command_line.parser import add_command, number
from core.command_line.window import WindowCommands
from core.evaluation.json_file import check_target, write_json
from core.settings import CONTROLLERS
from core.versions import versions

_TOLD_OTHERWISE = ("rounds", "limits", "held", "meets")
_FIGURES = ("ms_per_step", "floor_ms", "ratio", "gflop")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "benchmark",
        execute,
        help="time controllers, trace or window against a floor measured in the same run",
        example="python main.py benchmark --window --seconds 60 --json b.json",
    )
    parser.add_argument(
        "checkpoint",
        nargs="?",
        default=DEFAULT_CHECKPOINT,
        metavar="CHECKPOINT",
        help="a name, or a folder; default: hopper",
    )
    parser.add_argument("--window", action="store_true", help="only the window, engine running")
    parser.add_argument(
        "--trace",
        action="store_true",
        help="only traces; exit code 1 where one of 10,000 environment steps is opened, read,"
        " searched or shown beyond its limits",
    )
    parser.add_argument(
        "--seconds", type=number(0.1, 86_400), default=30.0, metavar="N", help="default: 30"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    add_settings(parser)


def execute(arguments: argparse.Namespace, window: WindowCommands) -> int:
    """Measure what was asked for; without a choice, controllers and trace."""
    if arguments.json:
        check_target(arguments.json)
    values: dict[str, Any] = {}
    if arguments.window:
        values["window"] = window.benchmark(
            checkpoint=arguments.checkpoint, seconds=arguments.seconds
        )
    if arguments.trace or not arguments.window:
        values |= _headless(arguments, window)
    say("\n".join(_lines(values)))
    if arguments.json:
        write_json(arguments.json, {**values, "versions": versions()})
    meets = values.get("trace", {}).get("long", {}).get("meets", {})
    return 0 if all(meets.values()) else 1


def _headless(arguments: argparse.Namespace, window: WindowCommands) -> dict[str, Any]:
    trust = trust_of(arguments)
    check_checkpoint(arguments.checkpoint, trust)
    import torch

    from core.checkpoints.checkpoint import load
    from core.command_line.trace_costs import measure_long_trace, measure_trace
    from core.device import use_one_thread
    from core.evaluation.benchmark import measure_controllers

    use_one_thread()
    checkpoint = load(arguments.checkpoint, trust)
    settings = {
        name: checkpoint.settle(settings_of(arguments, name, checkpoint.manifest))
        for name in CONTROLLERS
    }
    values: dict[str, Any] = {
        "checkpoint": checkpoint.manifest.name,
        "task": checkpoint.task.name,
        "threads": torch.get_num_threads(),
        "settings": asdict(settings["adaptive"]),
    }
    seconds: float = arguments.seconds
    if not arguments.trace:
        values |= asdict(measure_controllers(checkpoint, settings, seconds=0.7 * seconds))
        seconds *= 0.3
    values["trace"] = measure_trace(checkpoint, settings["adaptive"], seconds=seconds)
    if arguments.trace:
        values["trace"]["long"] = measure_long_trace(
            checkpoint, settings["adaptive"], window.benchmark_trace
        )
    return values


def _lines(values: dict[str, Any]) -> list[str]:
    lines = []
    if "controllers" in values:
        rows = [("controller", "ms per environment step", "floor ms", "ratio", "GFLOP")]
        for name, timing in values["controllers"].items():
            rows.append((name, *(f"{timing[figure]:.4g}" for figure in _FIGURES)))
        lines.append(table(rows))
        lines.append(
            f"matrix products: {values['matrix_gflops']:.1f} GFLOP/s on one thread, "
            f"load {values['load']:.1f}; medians of three rounds"
        )
    for part in ("trace", "window"):
        lines += [f"{part} {line}" for line in _flat(_brief(values.get(part, {})))]
    if "long" in values.get("trace", {}):
        lines.append(_limits(values["trace"]["long"]))
    return lines


def _brief(figures: dict[str, Any]) -> dict[str, Any]:
    """Without what of a long trace is told in a table, or in JSON alone."""
    if "long" not in figures:
        return figures
    long = {n: v for n, v in figures["long"].items() if n not in _TOLD_OTHERWISE}
    return {**figures, "long": long}


def _limits(long: dict[str, Any]) -> str:
    """A table of what is held against a limit."""
    rows = [("a trace of 10,000 environment steps", "measured", "limit", "")]
    for name, limit in long["limits"].items():
        verdict = "holds" if long["meets"][name] else "FAILS"
        rows.append(
            (name.replace("_", " "), f"{long['held'][name]:.4g}", f"{limit:g}", verdict)
        )
    return table(rows)


def _flat(values: dict[str, Any], prefix: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            lines += _flat(value, f"{prefix}{name} ")
        else:
            text = f"{value:.4g}" if isinstance(value, float) else str(value)
            lines.append(f"{prefix}{name}: {text}")
    return lines
