"""What the window was asked to show: a recorded trace, or a live run of a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.catalogue import find_checkpoint

DEFAULT_CHECKPOINT = "hopper"
PROJECT_ROOT = Path(__file__).resolve().parents[2]
DEMO = PROJECT_ROOT / "assets" / "demo" / "hopper.trace"
"""Shown at once while the engine starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A trace to show first, a checkpoint to run, or both."""

    trace: Path | None
    checkpoint: Path | None

    @property
    def label(self) -> str:
        """What to call the trace."""
        return "recorded run" if self.checkpoint is None else "recorded demo"


def find_target(target: str | None, *, demo: Path = DEMO) -> Target:
    """A file is a trace, anything else a checkpoint. Raises InputError naming what exists.

    Paths are absolute: the engine and other processes run in a folder of their own.
    """
    if target is not None and Path(target).is_file():
        return Target(trace=Path(target).absolute(), checkpoint=None)
    folder = find_checkpoint(target if target is not None else DEFAULT_CHECKPOINT)
    return Target(trace=demo if demo.is_file() else None, checkpoint=folder.absolute())
