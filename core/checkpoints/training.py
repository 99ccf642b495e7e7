"""A training on disk while it runs or waits: what was asked for and how far it is.

`<output>.training/progress.json` is written by the training and read by whoever watches it. It
is for people: what the training goes on from are the states beside it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.checkpoints.disk import read_bounded
from core.checkpoints.strict_json import decode, parse_json
from core.errors import CheckpointError

SUFFIX = ".training"
PROGRESS_FILE = "progress.json"
LOCK_FILE = "lock"
"""Locked by the training for as long as it lives."""
LARGEST_PROGRESS = 2**20
"""Bytes."""
STATES = ("running", "stopped", "finished", "failed")
RECIPES = ("cpu", "paper")
FROM_DATASET = "dataset"
"""In place of a task: the environment that the data set names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What makes a training: the same again gives the same checkpoint."""

    task: str
    """A known task, or FROM_DATASET."""
    dataset: str
    """A Minari id, or the path of a D4RL file."""
    recipe: str
    """cpu or paper."""
    beta_actor: float | None = None
    beta_critic: float | None = None
    """None: those known for this kind of data."""
    updates: int | None = None
    """At most so many gradient updates in each stage; None: as many as the recipe says."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """One model being fitted."""

    name: str
    number: int
    """Gradient updates done."""
    of: int
    """Gradient updates in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """How far a training is."""

    state: str
    """One of STATES; `running` also where the process was killed: the lock tells."""
    request: TrainingRequest
    command: str = ""
    """The command line that makes it, for people."""
    process: int = 0
    """The id of the process that works on it, or did last."""
    line: str = ""
    """What was said at the end."""
    stage: int = 0
    """Index of the stage that is fitted."""
    stages: tuple[StageProgress, ...] = ()
    rate: float = 0.0
    """Gradient updates a second in this stage; 0 where that is not known."""
    curves: dict[str, dict[str, tuple[float | None, ...]]] = dataclasses.field(
        default_factory=dict
    )
    """Stage -> quantity -> one value for each evaluation; None: not finite."""


def training_folder(output: Path) -> Path:
    """Where the unfinished work of a checkpoint folder lies."""
    return output.with_name(f"{output.name}{SUFFIX}")


def output_of(folder: Path) -> Path:
    """The checkpoint folder that a training folder is for."""
    return folder.with_name(folder.name.removesuffix(SUFFIX))


def list_trainings(parent: Path) -> list[Path]:
    """The training folders inside a folder, by name."""
    try:
        found = [
            folder
            for folder in parent.iterdir()
            if folder.name.endswith(SUFFIX)
            and not folder.name.startswith(".")
            and folder.is_dir()
            and not folder.is_symlink()
        ]
    except OSError:
        return []
    return sorted(found)


def write_progress(folder: Path, progress: TrainingProgress) -> None:
    """Put the file in place at once. Not flushed to the disk: losing it loses no work."""
    values = dataclasses.asdict(dataclasses.replace(progress, curves={}))
    values["curves"] = progress.curves
    content = json.dumps(_finite(values), allow_nan=False).encode()
    temporary = folder / f".{PROGRESS_FILE}.writing"
    temporary.write_bytes(content)
    os.replace(temporary, folder / PROGRESS_FILE)  # noqa: PTH105 - as core.checkpoints.disk


def read_progress(folder: Path) -> TrainingProgress:
    """What a training last said. Raises CheckpointError where it said nothing that is whole."""
    path = folder / PROGRESS_FILE
    content = read_bounded(path, LARGEST_PROGRESS)
    progress = decode(TrainingProgress, parse_json(content, str(path)), str(path))
    known = progress.state in STATES and progress.request.recipe in RECIPES
    counts = all(0 <= stage.number <= stage.of for stage in progress.stages)
    inside = 0 <= progress.stage <= max(0, len(progress.stages) - 1)
    if not (known and counts and inside and progress.rate >= 0 and progress.process >= 0):
        raise CheckpointError(f"{path} contradicts itself", "start the training again")
    return progress


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
