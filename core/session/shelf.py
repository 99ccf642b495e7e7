"""The checkpoints that a trace was made with, each loaded once."""

from __future__ import annotations

from pathlib import Path

from core.checkpoints.checkpoint import Checkpoint, load
from core.errors import CheckpointError, InputError
from core.tasks import Task
from core.traces.trace import BranchStarted, RunStarted
from core.trust import UNTRUSTED, Trust


class Shelf:
    """Checkpoints by digest; those that bring programs only where these may run."""

    def __init__(self, *checkpoints: Checkpoint, trust: Trust = UNTRUSTED) -> None:
        self.trust = trust
        self._known = {checkpoint.digest: checkpoint for checkpoint in checkpoints}

    def of(self, started: RunStarted | BranchStarted) -> Checkpoint:
        """Where it was when the record was made, else by its name."""
        if started.checkpoint_digest not in self._known:
            try:
                found = load(Path(started.checkpoint_path), self.trust)
            except CheckpointError:
                found = load(started.checkpoint, self.trust)
            self._known[started.checkpoint_digest] = found
        return self._known[started.checkpoint_digest]

    def named(self, name: str, task: Task) -> Checkpoint:
        """A checkpoint of that name or folder for the task; InputError for another task."""
        found = load(name, self.trust)
        if found.task != task:
            same = found.task.name == task.name
            raise InputError(
                f"{name} is a checkpoint for {'another ' if same else ''}{found.task.name}",
                f"choose one for {task.name} as it is here",
            )
        return self._known.setdefault(found.digest, found)
