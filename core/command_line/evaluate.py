"""`evaluate`: controllers side by side, on the same reset seeds."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checkpoints.catalogue import find_checkpoint, list_checkpoints
from core.checkpoints.manifest import Manifest
from core.command_line.checking import check_checkpoint
from core.command_line.options import add_settings, settings_of, settings_words, trust_of
from core.command_line.output import progress, say, table, warn
from core.command_line.parser import PROGRAM, UsageError, add_command, one_of, whole_number
from core.command_line.window import WindowCommands
from core.errors import CheckpointError, InputError
from core.evaluation.json_file import check_target, write_json
from core.settings import CONTROLLERS

if TYPE_CHECKING:
    from core.evaluation.kept import KeptEpisodes
    from core.evaluation.plan import Plan
    from core.evaluation.table import Result


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
        "--controllers frozen,critic-only,adaptive --json r.json\n"
        "  python main.py evaluate --all --episodes 20 --jobs 2 --resume --markdown",
    )
    parser.add_argument(
        "checkpoint", nargs="?", metavar="CHECKPOINT", help="a name, or a folder"
    )
    parser.add_argument("--all", action="store_true", help="every checkpoint that has a name")
    parser.add_argument(
        "--table",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="run nothing: print the table of results that --json FILE holds",
    )
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
        "--resume",
        action="store_true",
        help="keep every finished episode and go on with what was kept: beside --json FILE, or "
        "else beside a result of that checkpoint and preset in the user's folder",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument(
        "--store",
        action="store_true",
        help="write a summary into each checkpoint; its digest stays the same",
    )
    add_settings(parser)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Evaluate, print the table, write the JSON. Ctrl+C keeps the finished episodes."""
    _check_usage(arguments)
    if arguments.table:
        return _show_stored(arguments)
    folders = list_checkpoints() if arguments.all else [find_checkpoint(arguments.checkpoint)]
    if not folders:
        raise InputError("there is no checkpoint", "make one with python main.py train --help")
    target = _target(arguments, folders)
    works = _prepare_all(folders, target, arguments)
    complete = _run_all(works, arguments.jobs, trusted=arguments.trust_code)
    found = [(work.path, values) for work in works if (values := _result(work)) is not None]
    results = [values for _, values in found]
    _print(results, arguments)
    if not complete:
        warn(f"psiscope evaluate: stopped; {_what_is_kept(works, target)}")
        return 130
    if target:
        write_json(target, results if arguments.all else results[0])
        for work in works:
            work.kept.remove_file()
    if target != arguments.json:
        say(f"wrote {target}")
    for folder, result in found if arguments.store else ():
        _store(folder, result, arguments)
    return 0 if len(works) == len(folders) else 2


def _check_usage(arguments: argparse.Namespace) -> None:
    ways = (bool(arguments.checkpoint), arguments.all, bool(arguments.table))
    if sum(ways) != 1:
        raise UsageError(
            "evaluate takes a CHECKPOINT or --all, or --table FILE", "give one of them"
        )
    if arguments.table and (arguments.json or arguments.resume):
        raise UsageError("--table runs nothing", "leave --json and --resume out")
    if arguments.json:
        check_target(arguments.json)


def _target(arguments: argparse.Namespace, folders: list[Path]) -> Path | None:
    """Where the result goes, with the finished episodes beside it; None: nowhere."""
    given: Path | None = arguments.json
    if given or not arguments.resume:
        return given
    import platformdirs

    name = "all" if arguments.all else folders[0].name
    chosen = getattr(arguments, "preset", "safe")
    data = Path(platformdirs.user_data_dir("psiscope", appauthor=False))
    path = data / "evaluations" / f"{name}-{chosen}.json"
    check_target(path)
    return path


def _show_stored(arguments: argparse.Namespace) -> int:
    from core.evaluation.stored import read_results

    results = [result for path in arguments.table for result in read_results(path)]
    _print(results, arguments)
    for result in results if arguments.store else ():
        _store(find_checkpoint(str(result["checkpoint"])), result, arguments)
    return 0


def _store(folder: Path, result: Result, arguments: argparse.Namespace) -> None:
    from core.evaluation.stored import store

    store(folder, result, command=_command(arguments))
    say(f"stored in {folder}")


def _print(results: Sequence[Result], arguments: argparse.Namespace) -> None:
    from core.evaluation.table import NOTE, as_markdown, as_text, rows_of, title

    if not results:
        return
    rows = rows_of(results)
    if arguments.markdown:
        say(f"{as_markdown(rows)}\n\n{NOTE}")
        return
    say(f"{title(results)}\n{table(as_text(rows))}")
    if len(results) > 1:
        say(NOTE)


def _command(arguments: argparse.Namespace) -> str:
    """The command line that gives the same figures, for the record."""
    if arguments.table:
        return ""
    words = ["evaluate", arguments.checkpoint or "--all"]
    words += ["--episodes", str(arguments.episodes)]
    if arguments.first_seed is not None:
        words += ["--first-seed", str(arguments.first_seed)]
    words += ["--controllers", ",".join(arguments.controllers)]
    return f"{PROGRAM} {shlex.join([*words, *settings_words(arguments)])}"


def _prepare_all(
    folders: list[Path], target: Path | None, arguments: argparse.Namespace
) -> list[Work]:
    """With --all, a checkpoint that cannot be evaluated is told of and left out."""
    works = []
    for folder in folders:
        try:
            works.append(_prepare(folder, target, arguments))
        except CheckpointError as error:
            if not arguments.all:
                raise
            warn(f"psiscope evaluate: {folder.name} is left out: {error}")
    if not works:
        raise InputError("no checkpoint can be evaluated", "see the lines above")
    return works


def _prepare(folder: Path, target: Path | None, arguments: argparse.Namespace) -> Work:
    trust = trust_of(arguments)
    manifest = check_checkpoint(folder, trust)
    settings = {name: settings_of(arguments, name, manifest) for name in arguments.controllers}
    from core.checkpoints.checkpoint import load
    from core.evaluation.kept import KeptEpisodes
    from core.evaluation.plan import make_plan

    first = _default_first_seed(manifest, arguments.episodes)
    first = first if arguments.first_seed is None else arguments.first_seed
    plan = make_plan(
        load(folder, trust),
        range(first, first + arguments.episodes),
        settings,
    )
    path = _partial_file(target, folder.name if arguments.all else "")
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


def _result(work: Work) -> Result | None:
    """The JSON; None where no seed has all its controllers."""
    from core.evaluation.report import make_report

    report = make_report(work.plan, work.kept.episodes())
    return None if report is None else report.to_dict()


def _what_is_kept(works: list[Work], target: Path | None) -> str:
    finished = sum(len(work.kept.episodes()) for work in works)
    if target is None:
        return f"{finished} finished episodes are lost: give --resume to keep them"
    return f"{finished} finished episodes are kept: go on with the same command and --resume"
