"""`train`: a data set becomes a checkpoint."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checkpoints.manifest import MANIFEST_FILE
from core.command_line.output import say, warn
from core.command_line.parser import PROGRAM, UsageError, add_command, number, whole_number
from core.command_line.task_finding import HELP, find_task
from core.command_line.window import WindowCommands
from core.errors import DataError, InputError
from core.evaluation.json_file import check_target
from core.pretraining.coefficients import (
    KINDS_OF_NAMES,
    UNKNOWN_BETA,
    coefficients,
    kind_of,
)
from core.tasks import TASKS, Task

if TYPE_CHECKING:
    from core.pretraining.recipes import Recipe


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "train",
        execute,
        help="fit ReBRAC, reward and dynamics to a data set and write a checkpoint",
        example="python main.py train hopper --dataset psiscope/hopper/medium-replay-v0 "
        "--output checkpoints/my-hopper",
    )
    parser.add_argument(
        "task", metavar="TASK", help=f"{HELP}, or `dataset`: the one that the data set names"
    )
    parser.add_argument(
        "--dataset", required=True, metavar="ID", help="Minari id, or a D4RL HDF5 file"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--recipe", choices=("paper", "cpu"), default="cpu", help="default: cpu"
    )
    parser.add_argument(
        "--kind",
        choices=KINDS_OF_NAMES,
        help="which coefficients; default: read from the data set's name",
    )
    for beta in ("--beta-actor", "--beta-critic"):
        parser.add_argument(
            beta,
            type=number(0, 100),
            metavar="B",
            help=f"default: by task and kind of data; {UNKNOWN_BETA} where none is known",
        )
    parser.add_argument(
        "--updates",
        type=whole_number(1, 10**8),
        metavar="N",
        help="at most N gradient updates in each stage: for trying things out",
    )
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument(
        "--resume", action="store_true", help="go on with a stopped training of --output"
    )


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Train and say where the checkpoint is."""
    _check_output(arguments.output, resume=arguments.resume)
    task = find_task(arguments.task, dataset_id=arguments.dataset)
    if task.name in TASKS:
        _check_kind(arguments, task)
    # Data that cannot be used are refused before torch is imported, which takes a second.
    from core.data.source import load_dataset

    dataset = load_dataset(arguments.dataset, task)
    from core.pretraining.train import train

    folder = train(
        task,
        dataset_id=arguments.dataset,
        dataset=dataset,
        output=arguments.output,
        recipe=_recipe(arguments, task),
        seed=arguments.seed,
        resume=arguments.resume,
        commands=(_command(arguments),),
    )
    say(f"wrote {folder}: evaluate it with {PROGRAM} evaluate {folder}")
    return 0


def _check_output(output: Path, *, resume: bool) -> None:
    """Raise InputError now rather than after hours of training."""
    if output.name in ("", ".."):
        raise InputError(f"{output} names no folder of its own", "choose another --output")
    if output.is_file():
        raise InputError(f"{output} is a file", "choose another --output")
    check_target(output / MANIFEST_FILE)
    scratch = output.with_name(f"{output.name}.training")
    if (output / MANIFEST_FILE).exists():
        raise InputError(f"{output} holds a checkpoint already", "choose another --output")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"{output} exists and is no checkpoint", "choose another --output")
    if scratch.exists() and not resume:
        raise UsageError(
            f"{scratch} holds a stopped training", "go on with --resume, or delete it"
        )


def refuse_missing(dataset: str) -> None:
    """Raise DataError for what is no data set here: a slip there explains other faults."""
    from core.data.listing import find_dataset

    if not dataset.endswith((".hdf5", ".h5")):
        find_dataset(dataset)
    elif not Path(dataset).is_file():
        raise DataError(f"there is no file {dataset}", "check the path")


def _check_kind(arguments: argparse.Namespace, task: Task) -> None:
    if None not in (arguments.beta_actor, arguments.beta_critic):
        return
    kind = arguments.kind or kind_of(arguments.dataset)
    known = coefficients(arguments.recipe, task, kind) is not None
    if not (known and kind):
        refuse_missing(arguments.dataset)
    if kind and not known:
        raise UsageError(
            f"no ReBRAC coefficients are known for {task.name} {kind}",
            "give --kind, or --beta-actor and --beta-critic",
        )
    _kind(arguments)


def _recipe(arguments: argparse.Namespace, task: Task) -> Recipe:
    from core.pretraining.recipes import find_recipe

    actor, critic = arguments.beta_actor, arguments.beta_critic
    if task.name not in TASKS and None in (actor, critic):
        actor = UNKNOWN_BETA if actor is None else actor
        critic = UNKNOWN_BETA if critic is None else critic
        warn(
            f"psiscope train: no ReBRAC coefficients are known for {task.name}: taking "
            f"beta_actor {actor:g}, beta_critic {critic:g}; others with --beta-actor and "
            "--beta-critic"
        )
    kind = _kind(arguments) if None in (actor, critic) else ""
    recipe = find_recipe(arguments.recipe, task, kind, actor, critic)
    return recipe if arguments.updates is None else recipe.capped(arguments.updates)


def _kind(arguments: argparse.Namespace) -> str:
    """Which of the known coefficients apply; empty where both are given."""
    given: str | None = arguments.kind
    named = kind_of(arguments.dataset)
    if not (given or named) and None in (arguments.beta_actor, arguments.beta_critic):
        raise UsageError(
            f"the name {arguments.dataset} does not say what kind of data it is",
            "give --kind, or --beta-actor and --beta-critic",
        )
    return given or named


def _command(arguments: argparse.Namespace) -> str:
    """The command line that trains this again."""
    words = ["train", arguments.task, "--dataset", arguments.dataset]
    for flag in ("output", "recipe", "kind", "beta_actor", "beta_critic", "updates", "seed"):
        given = getattr(arguments, flag)
        if given is not None:
            words += [f"--{flag.replace('_', '-')}", str(given)]
    return f"{PROGRAM} {shlex.join(words)}"
