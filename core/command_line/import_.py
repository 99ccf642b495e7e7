"""`import`: a checkpoint from models that were made elsewhere."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any, cast

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.command_line.checking import check_networks_of
from core.command_line.options import add_trust, trust_of
from core.command_line.output import say
from core.command_line.parser import PROGRAM, UsageError, add_command
from core.command_line.task_finding import FROM_DATASET, HELP, find_task
from core.command_line.window import WindowCommands
from core.tasks import Task
from core.trust import FLAG, Trust

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
    parser.add_argument("--task", metavar="TASK", help=f"{HELP}; default: that of --base")
    parser.add_argument(
        "--dataset", metavar="ID", help="in place of --task: the one that this data set names"
    )
    parser.add_argument(
        "--base", metavar="CHECKPOINT", help="supplies what is not given: a name, or a folder"
    )
    parser.add_argument(
        "--policy",
        metavar="X",
        help="a zip of Stable-Baselines3 (SAC, TD3, TQC), a checkpoint of CORL's TD3+BC, "
        f"flax parameters of its ReBRAC, or {SOURCE}",
    )
    parser.add_argument(
        "--normalizer",
        metavar="FILE.json|ID|none",
        help="mean and std of the states a TD3+BC policy was trained on: in JSON, those of a "
        "data set, or none",
    )
    parser.add_argument("--critic", metavar="X", help=SOURCE)
    parser.add_argument("--world-model", metavar="X", help=SOURCE)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder of the checkpoint"
    )
    add_trust(parser)


_KINDS = {"exported": "a program of torch.export", "factory": "a Python function"}


def _task(arguments: argparse.Namespace) -> Task:
    """The task that is named, or the one of the base, which carries its own facts."""
    named, base = arguments.task, arguments.base
    if named is not None and arguments.dataset is not None:
        raise UsageError("--dataset names the task", "leave --task out")
    if base is not None and arguments.dataset is None:
        own = read_manifest(find_checkpoint(base)).find_task()
        if named in (None, own.name, own.environment_id):
            return own
    if named is None and arguments.dataset is None:
        raise UsageError("missing: --task", f"{HELP}; or --dataset, or a --base")
    return find_task(named or FROM_DATASET, dataset_id=arguments.dataset)


def _command(arguments: argparse.Namespace) -> str:
    """How the checkpoint was made, for its manifest."""
    words = ["import"]
    for flag in ("task", "dataset", "base", "policy", "normalizer", "critic", "world_model"):
        if getattr(arguments, flag):
            words += [f"--{flag.replace('_', '-')}", getattr(arguments, flag)]
    words += ["--output", str(arguments.output)]
    words += [FLAG] if arguments.trust_code else []
    return f"{PROGRAM} {shlex.join(words)}"


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Read, check, write; say what it is."""
    given = (arguments.policy, arguments.critic, arguments.world_model)
    if not any(given):
        raise UsageError(
            "there is nothing to import", "give --policy, --critic or --world-model"
        )
    task, trust = _task(arguments), trust_of(arguments)
    # What can be refused without torch, which takes a second to import, is refused before.
    from core.checkpoints.import_sources import Sources, find_base, read_sources

    if arguments.base is not None:
        check_networks_of(find_base(arguments.base, task))
    sources = Sources(
        policy=arguments.policy,
        critic=arguments.critic,
        world_model=arguments.world_model,
        normalizer=arguments.normalizer,
    )
    read = read_sources(sources, task, trust)
    from core.checkpoints.importing import import_checkpoint

    manifest = import_checkpoint(
        task,
        sources,
        base=arguments.base,
        output=arguments.output,
        trust=trust,
        command=_command(arguments),
        read=read,
    )
    for role, kind in ((r, n["kind"]) for r, n in sorted(manifest.networks.items())):
        say(f"{role.replace('_', ' ')}: {_KINDS.get(kind, 'as data')}")
    say(f"{arguments.output}: {manifest.name}, for {task.name}")
    if manifest.networks["policy"]["kind"] == "policy" and arguments.policy:
        say(_three_episodes(arguments.output, trust))
    return 0


def _three_episodes(folder: Path, trust: Trust) -> str:
    """The returns of the policy by itself: a wrong guess about it shows here."""
    from core.checkpoints.checkpoint import load
    from core.envs.mujoco import Environment
    from core.pretraining.rollouts import run_episode

    checkpoint = load(folder.resolve(), trust)
    environment = Environment(checkpoint.task)
    policy = cast(Any, checkpoint.policy)
    returns = [float(run_episode(environment, policy, seed)[1].sum()) for seed in range(3)]
    environment.close()
    texts = ", ".join(f"{value:.1f}" for value in returns)
    return (
        f"returns of the policy alone, seeds 0, 1, 2: {texts}\n"
        "(ReLU is assumed: much less than it was known for means that another activation or "
        "normaliser was used)"
    )
