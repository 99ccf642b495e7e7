"""`tune`: choose a checkpoint's step sizes on seeds of their own."""

from __future__ import annotations

import argparse
from typing import Any

from core.command_line.checking import check_checkpoint
from core.command_line.options import add_trust, trust_of
from core.command_line.output import progress, say
from core.command_line.parser import PROGRAM, add_command, whole_number
from core.command_line.window import WindowCommands


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "tune",
        execute,
        help="choose alpha and the critic-only step on seeds that are then never evaluated",
        example="python main.py tune checkpoints/my-hopper --first-seed 9000 --episodes 3",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a name, or a folder")
    parser.add_argument("--first-seed", type=whole_number(0), default=9000, metavar="S")
    parser.add_argument("--episodes", type=whole_number(1, 1000), default=3, metavar="N")
    parser.add_argument(
        "--jobs", type=whole_number(1, 256), default=1, metavar="J", help="processes"
    )
    add_trust(parser)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Try the grid, store the choice in the checkpoint, say what it is."""
    trust = trust_of(arguments)
    check_checkpoint(arguments.checkpoint, trust)
    from core.checkpoints.checkpoint import load
    from core.evaluation.tune import candidates, tune

    checkpoint = load(arguments.checkpoint, trust)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.episodes)
    command = (
        f"{PROGRAM} tune {checkpoint.manifest.name} "
        f"--first-seed {arguments.first_seed} --episodes {arguments.episodes}"
    )
    with progress(len(candidates()) * len(seeds), "episodes") as bar:
        tuned = tune(
            checkpoint,
            seeds,
            command=command,
            jobs=arguments.jobs,
            on_episode=lambda _: bar.update(),
        )
    for name, chosen in tuned.items():
        steps = f"step_size {chosen.step_size}, delta {chosen.delta}"
        say(f"{name}: {steps}, seeds {list(chosen.seeds)}")
    return 0
