"""`gui`: the window."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.command_line.checking import check_checkpoint
from core.command_line.options import add_settings, settings_given, settings_of, trust_of
from core.command_line.parser import UsageError, add_command, whole_number
from core.command_line.window import WindowCommands
from core.errors import InputError
from core.settings import CONTROLLERS, Settings

DEFAULT_CHECKPOINT = "hopper"
WORKSPACES = ("debug", "compare", "present", "minimal", "data")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "gui",
        execute,
        help="open the window on a checkpoint, running, or on a trace",
        example="python main.py gui hopper --preset paper --step-size 5e-4",
    )
    parser.add_argument(
        "target",
        nargs="?",
        metavar="CHECKPOINT|TRACE",
        help="a name, a folder or a trace file; default: hopper",
    )
    parser.add_argument("--workspace", choices=WORKSPACES, help="default: as last time")
    parser.add_argument("--theme", choices=("light", "dark"), help="default: as last time")
    parser.add_argument("--size", type=_size, metavar="WxH", help="pixels: 1280x720")
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE", help="write a PNG of the window, then end"
    )
    parser.add_argument(
        "--at-step", type=whole_number(0), metavar="N", help="environment step of --screenshot"
    )
    parser.add_argument(
        "--offscreen", action="store_true", help="without a display: leave a picture and a film"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of --offscreen")
    parser.add_argument(
        "--print-first-paint", action="store_true", help="say how long the start took"
    )
    parser.add_argument(
        "--paused",
        action="store_true",
        help="pause a live run after its first environment step",
    )
    parser.add_argument("--controller", choices=CONTROLLERS, default=argparse.SUPPRESS)
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="S")
    add_settings(parser)


def execute(arguments: argparse.Namespace, window: WindowCommands) -> int:
    """Open it; returns when it is closed."""
    for flag, needed in (("at_step", "screenshot"), ("output", "offscreen")):
        if getattr(arguments, flag) is not None and not getattr(arguments, needed):
            raise UsageError(f"--{flag.replace('_', '-')} needs --{needed}", "give both")
    if arguments.paused and (arguments.screenshot or arguments.offscreen):
        raise UsageError("--paused waits for a person", "leave it or the picture out")
    _check_target(arguments)
    options = {
        name: getattr(arguments, name)
        for name in (
            "target",
            "workspace",
            "theme",
            "size",
            "screenshot",
            "at_step",
            "offscreen",
            "paused",
        )
    }
    if arguments.output is not None:
        options["output"] = arguments.output
    return window.open(
        **options,
        settings=_settings(arguments),
        seed=arguments.seed,
        print_first_paint=arguments.print_first_paint,
        trust_code=arguments.trust_code,
    )


def _check_target(arguments: argparse.Namespace) -> None:
    """A checkpoint's files, and whether its programs may run; a trace is checked as it opens,
    and asked about when it goes on."""
    target = arguments.target or DEFAULT_CHECKPOINT
    if not Path(target).is_file():
        _check_is_no_trace(Path(target))
        check_checkpoint(target, trust_of(arguments))


def _check_is_no_trace(target: Path) -> None:
    if target.suffix == ".trace" and not target.exists():
        raise InputError(f"there is no trace {target}", "check the path")


def _settings(arguments: argparse.Namespace) -> Settings | None:
    """The settings of a live run; None where none was given."""
    if not settings_given(arguments):
        return None
    target = arguments.target or DEFAULT_CHECKPOINT
    if Path(target).is_file():
        raise UsageError("a trace has its own settings", "give a checkpoint, or no settings")
    manifest = read_manifest(find_checkpoint(target))
    return settings_of(arguments, getattr(arguments, "controller", "adaptive"), manifest)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size (write 1280x720)")
    return int(found[1]), int(found[2])
