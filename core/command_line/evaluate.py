"""`evaluate`: controllers side by side, on the same reset seeds."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checkpoints.catalogue import find_checkpoint, list_checkpoints
from core.checkpoints.manifest import Manifest
from core.command_line.options import add_settings, settings_of, trust_of
from core.command_line.output import progress, say, table, warn
from core.command_line.parser import UsageError, add_command, one_of, whole_number
from core.command_line.window import WindowCommands
from core.errors import InputError
from core.evaluation.json_file import check_target, write_json
from core.settings import CONTROLLERS

if TYPE_CHECKING:
    from core.evaluation.kept import KeptEpisodes
    from core.evaluation.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One checkpoint to be evaluated."""

    path: Path
    plan: Plan
    kept: KeptEpisodes


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "evaluate",
        execute,
        help="compare controllers on the same reset seeds, with intervals",
        example="python main.py evaluate hopper --episodes 20 "
        "--controllers frozen,critic-only,adaptive --json r.json",
    )
    parser.add_argument(
        "checkpoint", nargs="?", metavar="CHECKPOINT", help="a name, or a folder"
    )
    parser.add_argument("--all", action="store_true", help="every checkpoint that has a name")
    parser.add_argument("--episodes", type=whole_number(1, 10_000), default=20, metavar="N")
    parser.add_argument(
        "--first-seed",
        type=whole_number(0),
        metavar="S",
        help="reset seeds S, S + 1, ...; default: 0, or the first after the tuned ones",
    )
    parser.add_argument(
        "--controllers",
        type=one_of(*CONTROLLERS),
        default=CONTROLLERS,
        metavar="A,B,..",
        help=f"default: {','.join(CONTROLLERS)}",
    )
    parser.add_argument(
        "--jobs", type=whole_number(1, 256), default=1, metavar="J", help="processes"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what a stopped --json FILE kept"
    )
    add_settings(parser)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Evaluate, print the tables, write the JSON. Ctrl+C keeps the finished episodes."""
    _check_usage(arguments)
    folders = list_checkpoints() if arguments.all else [find_checkpoint(arguments.checkpoint)]
    if not folders:
        raise InputError("there is no checkpoint", "make one with python main.py train --help")
    works = [_prepare(folder, arguments) for folder in folders]
    complete = _run_all(works, arguments.jobs, trusted=arguments.trust_code)
    results = [values for work in works if (values := _show(work)) is not None]
    if not complete:
        warn(f"psiscope evaluate: stopped; {_what_is_kept(works, arguments)}")
        return 130
    if arguments.json:
        write_json(arguments.json, results if arguments.all else results[0])
        for work in works:
            work.kept.remove_file()
    return 0


def _check_usage(arguments: argparse.Namespace) -> None:
    if bool(arguments.checkpoint) == arguments.all:
        raise UsageError("evaluate takes a CHECKPOINT or --all", "give one of the two")
    if arguments.resume and not arguments.json:
        raise UsageError("--resume needs --json FILE", "repeat the command that was stopped")
    if arguments.json:
        check_target(arguments.json)


def _prepare(folder: Path, arguments: argparse.Namespace) -> Work:
    from core.checkpoints.checkpoint import load
    from core.evaluation.kept import KeptEpisodes
    from core.evaluation.plan import make_plan

    checkpoint = load(folder, trust_of(arguments))
    manifest = checkpoint.manifest
    first = _default_first_seed(manifest, arguments.episodes)
    first = first if arguments.first_seed is None else arguments.first_seed
    plan = make_plan(
        checkpoint,
        range(first, first + arguments.episodes),
        {name: settings_of(arguments, name, manifest) for name in arguments.controllers},
    )
    path = _partial_file(arguments.json, folder.name if arguments.all else "")
    return Work(path=folder, plan=plan, kept=KeptEpisodes(plan, path, resume=arguments.resume))


def _default_first_seed(manifest: Manifest, episodes: int) -> int:
    tuned = {seed for tuned in manifest.tuned.values() for seed in tuned.seeds}
    return max(tuned) + 1 if tuned.intersection(range(episodes)) else 0


def _partial_file(json_file: Path | None, name: str) -> Path | None:
    if json_file is None:
        return None
    return json_file.with_name(".".join(filter(None, (json_file.name, name, "partial"))))


def _run_all(works: list[Work], jobs: int, *, trusted: bool) -> bool:
    """Whether every episode was run."""
    from core.evaluation.episode import from_checkpoint
    from core.evaluation.evaluate import evaluate

    total = sum(len(work.plan.units()) for work in works)
    missing = sum(len(work.kept.missing()) for work in works)
    with progress(total, "episodes", done=total - missing) as bar:
        try:
            for work in works:
                prepare = from_checkpoint(str(work.path), work.plan, trusted=trusted)
                evaluate(prepare, work.kept, jobs=jobs, on_episode=lambda _: bar.update())
        except KeyboardInterrupt:
            return False
    return True


def _show(work: Work) -> dict[str, Any] | None:
    """Print the table and give the JSON; None where no seed has all its controllers."""
    from core.evaluation.report import make_report

    report = make_report(work.plan, work.kept.episodes())
    if report is None:
        return None
    say(f"{report.title()}\n{table(report.rows())}")
    return report.to_dict()


def _what_is_kept(works: list[Work], arguments: argparse.Namespace) -> str:
    finished = sum(len(work.kept.episodes()) for work in works)
    if not arguments.json:
        return f"{finished} finished episodes are lost: give --json FILE to keep them"
    return f"{finished} finished episodes are kept: go on with the same command and --resume"
