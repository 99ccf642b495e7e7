"""`import`: a checkpoint from models that were made elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.command_line.options import add_trust, trust_of
from core.command_line.output import say
from core.command_line.parser import PROGRAM, UsageError, add_command
from core.command_line.window import WindowCommands
from core.tasks import find_task

SOURCE = "FILE.pt2|FILE.py:FUNCTION|MODULE:FUNCTION"


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "import",
        execute,
        help="make a checkpoint from a policy, critic or world model of your own",
        example="python main.py import --task hopper --base hopper --policy policy.zip "
        "--output checkpoints/mine",
    )
    parser.add_argument("--task", required=True, metavar="TASK")
    parser.add_argument(
        "--base", metavar="CHECKPOINT", help="supplies what is not given: a name, or a folder"
    )
    parser.add_argument(
        "--policy", metavar="X", help=f"a Stable-Baselines3 archive, or {SOURCE}"
    )
    parser.add_argument("--critic", metavar="X", help=SOURCE)
    parser.add_argument("--world-model", metavar="X", help=SOURCE)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder of the checkpoint"
    )
    add_trust(parser)


_KINDS = {"exported": "a program of torch.export", "factory": "a Python function"}


def _command(arguments: argparse.Namespace) -> str:
    """How the checkpoint was made, for its manifest."""
    words = [PROGRAM, "import", "--task", arguments.task]
    for flag in ("base", "policy", "critic", "world_model"):
        if getattr(arguments, flag):
            words += [f"--{flag.replace('_', '-')}", getattr(arguments, flag)]
    return " ".join(words)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Read, check, write; say what it is."""
    given = (arguments.policy, arguments.critic, arguments.world_model)
    if not any(given):
        raise UsageError(
            "there is nothing to import", "give --policy, --critic or --world-model"
        )
    task = find_task(arguments.task)
    from core.checkpoints.importing import Sources, import_checkpoint

    manifest = import_checkpoint(
        task,
        Sources(
            policy=arguments.policy,
            critic=arguments.critic,
            world_model=arguments.world_model,
        ),
        base=arguments.base,
        output=arguments.output,
        trust=trust_of(arguments),
        command=_command(arguments),
    )
    for role, kind in ((r, n["kind"]) for r, n in sorted(manifest.networks.items())):
        say(f"{role.replace('_', ' ')}: {_KINDS.get(kind, 'as data')}")
    say(f"{arguments.output}: {manifest.name}, for {task.name}")
    return 0
