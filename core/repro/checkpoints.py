"""The checkpoints of a trace by their digests, wherever they are now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.checkpoints.catalogue import (
    FOLDER_VARIABLE,
    checkpoint_digest,
    find_checkpoint,
    list_checkpoints,
)
from core.checkpoints.checkpoint import Checkpoint, load
from core.errors import CheckpointError
from core.repro.document import CheckpointReference
from core.session.shelf import Shelf

_DIGITS = 12


def shelf_of(references: Iterable[CheckpointReference]) -> Shelf:
    """All of them, loaded. Raises CheckpointError naming the one that is not here."""
    return Shelf(*(_load(reference) for reference in references))


def _load(reference: CheckpointReference) -> Checkpoint:
    for folder in _candidates(reference):
        try:
            if checkpoint_digest(folder) == reference.digest:
                return load(folder)
        except CheckpointError:
            continue
    raise CheckpointError(
        f"checkpoint {reference.name!r:.80}, digest {reference.digest[:_DIGITS]}, is not here",
        f"put it into a folder and name that folder in {FOLDER_VARIABLE}",
    )


def _candidates(reference: CheckpointReference) -> Iterable[Path]:
    """Where it was, what has its name, and all others that have a name."""
    for hint in (reference.path, reference.name):
        try:
            yield find_checkpoint(hint)
        except CheckpointError:
            continue
    yield from list_checkpoints()
