"""`checkpoints`: what is there. Reads manifests only, so it needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.checkpoints.catalogue import list_checkpoints, read_manifest
from core.checkpoints.document import document
from core.checkpoints.evaluated import frozen_figures
from core.checkpoints.manifest import Manifest
from core.command_line.output import say, table
from core.command_line.parser import add_command
from core.command_line.window import WindowCommands
from core.errors import InputError, escaped

_HEADING = ("name", "task", "data", "return", "score", "size")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "checkpoints",
        execute,
        help="list what is there: task, data, score of the frozen policy, size",
        example="python main.py checkpoints",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print docs/checkpoints.md instead"
    )


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Print the table, or the page of the documents."""
    folders = list_checkpoints()
    if arguments.markdown:
        say(document(read_manifest(folder) for folder in folders).rstrip())
        return 0
    if not folders:
        say("there is no checkpoint: make one with python main.py train --help")
        return 0
    say(table([_HEADING, *(_row(folder) for folder in folders)]))
    return 0


def _row(folder: Path) -> tuple[str, ...]:
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return (folder.name, "broken", error.fact, "", "", "")
    data = escaped(manifest.dataset.id) if manifest.dataset else "unknown"
    return (folder.name, manifest.task, data, *_result(manifest), _size(manifest))


def _result(manifest: Manifest) -> tuple[str, str]:
    """Mean return and score of the frozen policy."""
    first, second = ("-" if n is None else f"{n:.1f}" for n in frozen_figures(manifest))
    return first, second


def _size(manifest: Manifest) -> str:
    return f"{sum(file.bytes for file in manifest.files.values()) / 2**20:.1f} MiB"
