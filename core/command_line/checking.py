"""Checkpoints are checked as files before torch is imported, which takes a second by itself."""

from __future__ import annotations

from pathlib import Path

from core.checkpoints.catalogue import find_checkpoint
from core.checkpoints.manifest import Manifest
from core.trust import Trust


def check_checkpoint(name: str | Path, trust: Trust) -> Manifest:
    """The manifest of a checkpoint whose files are sound and whose programs may run.

    Raises InputError with the reason; nothing runs.
    """
    from core.checkpoints.exported import check_program
    from core.checkpoints.stored_files import read_files

    manifest, contents = read_files(find_checkpoint(str(name)))
    for role, program in manifest.programs():
        if role in contents:
            check_program(contents[role], role, manifest.find_task(), program)
        trust.ask(role, program)
    return manifest
