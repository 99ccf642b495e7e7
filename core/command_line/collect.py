"""`collect`: real environments, given policies, a Minari data set."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.command_line.output import say
from core.command_line.parser import UsageError, add_command, number, whole_number
from core.command_line.task_finding import HELP, find_task
from core.command_line.window import WindowCommands


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "collect",
        execute,
        help="run policies in a task and write what happened as a Minari data set",
        example="python main.py collect hopper --recipe recipe.json --steps 200000 "
        "--dataset psiscope/hopper/medium-replay-v0",
    )
    parser.add_argument("task", metavar="TASK", help=HELP)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--recipe", type=Path, metavar="FILE", help="JSON list of parts")
    source.add_argument(
        "--policy",
        metavar="FILE|random|antmaze-walker",
        help="a Stable-Baselines3 archive, random, or the ant's walker",
    )
    parser.add_argument(
        "--policies", type=Path, metavar="DIR", help="where the recipe's policy files are"
    )
    parser.add_argument(
        "--noise",
        type=number(0, 10),
        metavar="X",
        help="std of noise on --policy's actions",
    )
    parser.add_argument(
        "--steps",
        type=whole_number(1, 10**9),
        required=True,
        metavar="N",
        help="environment steps; episodes are finished",
    )
    parser.add_argument("--dataset", required=True, metavar="ID", help="Minari id to write")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the noise")
    parser.add_argument(
        "--first-seed", type=whole_number(0), metavar="S", help="first reset seed of --policy"
    )


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Collect and say what was written."""
    for flag, given in (("--noise", arguments.noise), ("--first-seed", arguments.first_seed)):
        if arguments.recipe and given is not None:
            raise UsageError(f"{flag} goes with --policy", "write it into the recipe's parts")
    if arguments.policies and not arguments.recipe:
        raise UsageError("--policies goes with --recipe", "give the whole path to --policy")
    from core.pretraining.minari_writer import free_path
    from core.pretraining.parts import Part, check_parts, check_policy, read_recipe

    free_path(arguments.dataset)
    if arguments.recipe:
        recipe = read_recipe(arguments.recipe, arguments.policies)
    else:
        noise, first_seed = arguments.noise or 0.0, arguments.first_seed or 0
        recipe = (Part(policy=arguments.policy, noise=noise, first_seed=first_seed),)
    check_parts(recipe)
    task = find_task(arguments.task)
    for part in recipe:
        if part.is_file:
            check_policy(Path(part.policy), task)
    from core.pretraining.collect import collect

    written = collect(
        task,
        recipe,
        transitions=arguments.steps,
        dataset_id=arguments.dataset,
        seed=arguments.seed,
    )
    say(f"{arguments.dataset}: {written} transitions of {task.name}")
    return 0
