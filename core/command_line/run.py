"""`run`: a session without a window."""

from __future__ import annotations

import argparse
import math
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.checking import check_checkpoint
from core.command_line.interrupt import asked_to_stop
from core.command_line.options import add_settings, settings_of, trust_of
from core.command_line.output import progress, say, say_json, warn
from core.command_line.parser import UsageError, add_command, whole_number
from core.command_line.window import WindowCommands
from core.errors import InputError
from core.settings import CONTROLLERS
from core.versions import versions

if TYPE_CHECKING:
    from core.command_line.run_summary import RunSummary
    from core.session.session import Session
    from core.traces.archive import TraceWriter


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "run",
        execute,
        help="adapt and act for some environment steps, and write a trace",
        example="python main.py run hopper --steps 200 --trace t.trace --json",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a name, or a folder")
    parser.add_argument(
        "--steps",
        type=whole_number(1, 10**9),
        required=True,
        metavar="N",
        help="environment steps",
    )
    parser.add_argument("--trace", type=Path, metavar="FILE", help="a new file to write")
    parser.add_argument("--controller", choices=CONTROLLERS, default="adaptive")
    parser.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        metavar="S",
        help="of the first reset and all noise; the next episodes have S + 1, ...",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_settings(parser)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Run, then print what came of it. Ctrl+C ends the run between two records."""
    trace: Path | None = arguments.trace
    if trace is not None and trace.exists():
        raise UsageError(f"{trace} exists", "choose another --trace, or delete it")
    trust = trust_of(arguments)
    manifest = check_checkpoint(arguments.checkpoint, trust)
    chosen = settings_of(arguments, arguments.controller, manifest)
    import torch

    from core.checkpoints.checkpoint import load
    from core.device import use_one_thread

    use_one_thread()
    checkpoint = load(arguments.checkpoint, trust)
    settings = checkpoint.settle(chosen)
    from core.command_line.run_summary import RunSummary
    from core.session.session import Session
    from core.traces.archive import TraceWriter

    session = Session(checkpoint, settings, seed=arguments.seed)
    summary = RunSummary(checkpoint.task)
    writing = TraceWriter.create(trace, session.started()) if trace else nullcontext(None)
    with writing as writer:
        complete = _advance(session, summary, arguments.steps, writer)
    values = {
        "checkpoint": checkpoint.manifest.name,
        "task": checkpoint.task.name,
        "controller": settings.controller,
        "settings": asdict(settings),
        "seed": arguments.seed,
        **summary.to_dict(),
        "trace": str(trace) if trace else None,
        "versions": versions(),
        "threads": torch.get_num_threads(),
    }
    if arguments.json:
        say_json(values)
    else:
        say(_text(values))
    if not complete:
        warn(f"psiscope run: stopped after {summary.environment_steps} environment steps")
    return 0 if complete else 130


def _advance(
    session: Session, summary: RunSummary, steps: int, writer: TraceWriter | None
) -> bool:
    """Whether all environment steps were made. An episode that ends with the last is closed.

    Raises InputError where an update rule of the user's own fails.
    """
    from core.session.programs import refused_update

    with asked_to_stop() as asked, progress(steps, "environment steps") as bar:
        while summary.environment_steps < steps or summary.episode_ending:
            if asked.is_set():
                return False
            record = session.advance()
            if writer is not None:
                writer.append(record)
            summary.take(record)
            refused = refused_update(record)
            if refused:
                raise InputError(refused)
            bar.update(summary.environment_steps - bar.n)
    return True


def _text(values: dict[str, Any]) -> str:
    """The same for people."""
    first = (
        f"{values['checkpoint']} ({values['task']}), {values['controller']}: "
        f"{values['environment_steps']} environment steps, {values['episodes']} episodes ended"
    )
    names = ("episode_returns", "frozen_returns", "scores", "partial_return")
    means = ("objective_before_mean", "objective_after_mean")
    lines = [f"{name.replace('_', ' ')}: {_numbers(values[name])}" for name in (*names, *means)]
    times = ", ".join(f"{n} {_numbers(ms)}" for n, ms in values["ms_per_step"].items())
    lines.append(f"ms per environment step: {times}")
    lines.append(f"trace: {values['trace'] or '-'}")
    return "\n".join([first, *lines])


def _numbers(value: float | list[float] | None) -> str:
    found = value if isinstance(value, list) else [value]
    return " ".join(_text_of(number) for number in found) or "-"


def _text_of(number: float | None) -> str:
    return "-" if number is None or math.isnan(number) else f"{number:.2f}"
