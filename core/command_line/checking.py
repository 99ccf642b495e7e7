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

    manifest, contents = check_networks_of(find_checkpoint(str(name)))
    for role, program in manifest.programs():
        if role in contents:
            check_program(contents[role], role, manifest.find_task(), program)
        trust.ask(role, program)
    return manifest


def check_networks_of(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest, and network name -> bytes of its file; what is no program can be built.

    Raises CheckpointError with the reason.
    """
    from core.checkpoints.layouts import check_networks, needed_networks
    from core.checkpoints.stored_files import arrays_of, read_files

    manifest, contents = read_files(folder)
    needed = contents.keys() & needed_networks(manifest)
    check_networks(manifest, {each: arrays_of(contents[each], each) for each in needed})
    return manifest, contents
