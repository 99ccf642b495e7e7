"""`doctor`: what is missing or slow, and the command that mends it."""

from __future__ import annotations

import argparse
from typing import Any

from core.command_line.parser import add_command
from core.command_line.window import WindowCommands


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "doctor",
        execute,
        help="check display, OpenGL, threads, versions; name what mends each fault",
        example="python main.py doctor --json",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Hand over to the doctor."""
    from core.doctor import main

    return main(json=arguments.json)
