"""`sweep`: the frozen policy for several beta_actor, beside a gain of adaptation."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checkpoints.catalogue import list_checkpoints, read_manifest
from core.command_line.output import progress, say, table, warn
from core.command_line.parser import UsageError, add_command, whole_number
from core.command_line.task_finding import HELP, find_task
from core.command_line.train import refuse_missing
from core.command_line.window import WindowCommands
from core.errors import InputError
from core.evaluation.json_file import check_target, write_json
from core.evaluation.sweep_file import read_sweep
from core.pretraining.coefficients import coefficients, kind_of
from core.seeding import TRAINING_SEEDS
from core.tasks import Task

if TYPE_CHECKING:
    from core.evaluation.sweep import Point, Sweep
    from core.evaluation.sweep_table import Result
    from core.pretraining.recipes import Recipe

MOST_BETAS = 32


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "sweep",
        execute,
        help="train and evaluate the frozen policy for several beta_actor",
        example="python main.py sweep hopper --dataset psiscope/hopper/medium-replay-v0 "
        "--beta-actor 0.005,0.02,0.05 --json sweep.json --resume\n"
        "  python main.py sweep --markdown sweep.json",
    )
    parser.add_argument("task", nargs="?", metavar="TASK", help=HELP)
    parser.add_argument("--dataset", metavar="ID", help="Minari id, or a D4RL HDF5 file")
    parser.add_argument("--beta-actor", type=_betas, metavar="B,B,..", help="to be compared")
    parser.add_argument(
        "--beta-critic", type=_beta, metavar="B", help="default: by task and kind of data"
    )
    parser.add_argument(
        "--recipe", choices=("paper", "cpu"), default="cpu", help="default: cpu"
    )
    parser.add_argument(
        "--updates", type=whole_number(1, 10**8), metavar="N", help="default: the recipe's"
    )
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the training")
    parser.add_argument("--episodes", type=whole_number(1, 10_000), default=20, metavar="N")
    parser.add_argument(
        "--first-seed",
        type=whole_number(0),
        default=0,
        metavar="S",
        help="evaluate on reset seeds S, S + 1, ...; default: 0",
    )
    parser.add_argument("--jobs", type=whole_number(1, 64), default=1, metavar="J")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="the result; unfinished work lies beside it"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with FILE and what lies beside it"
    )
    parser.add_argument(
        "--markdown",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="train nothing: print docs/bases.md from results",
    )


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Train what is missing, print the table, write the JSON. Ctrl+C keeps what was done."""
    if arguments.markdown:
        return _print_page(arguments)
    _check_usage(arguments)
    task = find_task(arguments.task, dataset_id=arguments.dataset)
    _check_before_torch(arguments, task)
    sweep = _sweep(arguments, task)
    from core.evaluation.sweep import KeptPoints, forget, run_sweep
    from core.evaluation.sweep_table import sweep_rows, sweep_title

    path: Path = arguments.json
    kept = KeptPoints(sweep, path, resume=arguments.resume)
    done = len(sweep.betas) - len(kept.missing())
    with progress(len(sweep.betas), "policies", done=done) as bar:

        def note(point: Point) -> None:
            bar.update()
            say(f"beta_actor {point['beta_actor']:g}: return {point['return_mean']:.1f}")

        try:
            result = run_sweep(sweep, kept, jobs=arguments.jobs, on_point=note)
        except KeyboardInterrupt:
            warn("psiscope sweep: stopped; go on with the same command and --resume")
            return 130
    write_json(path, result)
    forget(sweep)
    rows = sweep_rows(result, shipped_beta(result))
    say(f"{sweep_title(result)}\n{table(rows)}\nwrote {path}")
    return 0


def shipped_beta(result: Result) -> float | None:
    """beta_actor of the first checkpoint that was trained from the same data."""
    digests = {point["dataset_digest"] for point in result["points"]}
    for folder in list_checkpoints():
        try:
            manifest = read_manifest(folder)
        except InputError:
            continue
        rebrac = manifest.hyperparameters.get("rebrac")
        if manifest.dataset and manifest.dataset.digest in digests and isinstance(rebrac, dict):
            beta = rebrac.get("beta_actor")
            return float(beta) if isinstance(beta, int | float) else None
    return None


def _print_page(arguments: argparse.Namespace) -> int:
    from core.evaluation.sweep_table import bases_page

    if arguments.task or arguments.json or arguments.resume:
        raise UsageError("--markdown trains nothing", "give it nothing but files")
    results = [read_sweep(path) for path in arguments.markdown]
    say(bases_page(results, shipped_beta).rstrip())
    return 0


def _check_usage(arguments: argparse.Namespace) -> None:
    needed = {
        "TASK": arguments.task,
        "--dataset": arguments.dataset,
        "--beta-actor": arguments.beta_actor,
        "--json": arguments.json,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise UsageError(f"missing: {', '.join(missing)}", "see python main.py sweep --help")
    path: Path = arguments.json
    check_target(path)
    if not arguments.resume and path.exists():
        raise UsageError(f"{path} exists", "add to it with --resume, or name another --json")
    if set(_seeds(arguments)) & set(TRAINING_SEEDS):
        raise UsageError(
            f"reset seeds {TRAINING_SEEDS[0]}..{TRAINING_SEEDS[-1]} were seen in training",
            "choose another --first-seed",
        )


def _check_before_torch(arguments: argparse.Namespace, task: Task) -> None:
    """What can be refused without torch, which takes a second and 200 MB to import."""
    path, folder = arguments.json, _folder(arguments)
    if arguments.resume and path.exists():
        read_sweep(path)
    if not arguments.resume and folder.exists():
        raise UsageError(f"{folder} holds a stopped sweep", "go on with --resume, or delete it")
    kind = kind_of(arguments.dataset)
    known = coefficients(arguments.recipe, task, kind)
    if arguments.beta_critic is None and known is None:
        refuse_missing(arguments.dataset)
        raise UsageError(
            f"no beta_critic is known for {task.name}{f' {kind}' if kind else ''} "
            f"(the data set is called {arguments.dataset[:80]})",
            "give --beta-critic",
        )
    from core.data.source import load_dataset

    load_dataset(arguments.dataset, task)


def _seeds(arguments: argparse.Namespace) -> tuple[int, ...]:
    return tuple(range(arguments.first_seed, arguments.first_seed + arguments.episodes))


def _folder(arguments: argparse.Namespace) -> Path:
    """Of what is unfinished."""
    result: Path = arguments.json
    return result.with_name(f"{result.name}.sweep")


def _sweep(arguments: argparse.Namespace, task: Task) -> Sweep:
    from core.evaluation.sweep import Sweep

    recipe = _recipe(arguments, task, arguments.beta_actor[0], arguments.beta_critic)
    if arguments.updates is not None:
        recipe = recipe.capped(arguments.updates)
    return Sweep(
        task=task,
        dataset_id=arguments.dataset,
        recipe=recipe,
        betas=arguments.beta_actor,
        reset_seeds=_seeds(arguments),
        folder=_folder(arguments),
        seed=arguments.seed,
        default_beta=_default_beta(arguments, task),
    )


def _recipe(
    arguments: argparse.Namespace, task: Task, actor: float | None, critic: float | None
) -> Recipe:
    from core.pretraining.recipes import find_recipe

    return find_recipe(arguments.recipe, task, kind_of(arguments.dataset), actor, critic)


def _default_beta(arguments: argparse.Namespace, task: Task) -> float | None:
    """The beta_actor that `train` takes for this data; None where it knows none."""
    known = coefficients(arguments.recipe, task, kind_of(arguments.dataset))
    return None if known is None else known[0]


def _beta(text: str) -> float:
    try:
        beta = float(text)
    except ValueError:
        beta = math.nan
    if not 0 <= beta <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 100")
    return beta


def _betas(text: str) -> tuple[float, ...]:
    """A converter for different coefficients, separated by commas."""
    betas = tuple(_beta(word.strip()) for word in text.split(","))
    if len(set(betas)) < len(betas) or len(betas) > MOST_BETAS:
        raise argparse.ArgumentTypeError(
            f"{text[:80]!r} repeats a number, or has more than {MOST_BETAS}"
        )
    return betas
