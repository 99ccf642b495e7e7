"""What the window knows of one training: what it last said, and whether it still lives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.checkpoints.training import StageProgress, TrainingProgress, TrainingRequest

State = Literal["starting", "running", "stopping", "stopped", "killed", "failed", "finished"]
ALIVE: tuple[State, ...] = ("starting", "running", "stopping")
RESUMABLE: tuple[State, ...] = ("stopped", "killed", "failed")
_WORDS: dict[State, str] = {
    "starting": "starting",
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
    "killed": "ended from outside",
    "failed": "failed",
    "finished": "finished",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One row of the list."""

    output: Path
    """The checkpoint it makes."""
    state: State
    progress: TrainingProgress | None = None
    """None where it has said nothing that can be read."""
    line: str = ""
    """Why it failed."""

    @property
    def name(self) -> str:
        """Of the checkpoint."""
        return self.output.name

    @property
    def request(self) -> TrainingRequest | None:
        """What was asked for, where that is known."""
        return None if self.progress is None else self.progress.request

    @property
    def share(self) -> float:
        """0 .. 1 of all gradient updates."""
        if self.state == "finished":
            return 1.0
        stages = () if self.progress is None else self.progress.stages
        total = sum(stage.of for stage in stages)
        return sum(stage.number for stage in stages) / total if total else 0.0

    @property
    def stage(self) -> StageProgress | None:
        """The one that is fitted."""
        stages = () if self.progress is None else self.progress.stages
        return stages[self.progress.stage] if self.progress is not None and stages else None


def with_state(training: Training, state: State) -> Training:
    """The same in another state."""
    return dataclasses.replace(training, state=state)


def row(training: Training) -> tuple[str, ...]:
    """Name, what it learns from, state, share."""
    source = training.request.dataset if training.request else ""
    return training.name, source, _WORDS[training.state], f"{training.share:.0%}"


def words(training: Training) -> str:
    """How it stands, in a sentence or two."""
    if training.state == "finished":
        return f"Finished: the checkpoint {training.name} is complete."
    if training.state == "starting":
        return "Starting: the data are read first."
    if training.state == "failed":
        reason = training.line or "it did not say why"
        return f"Failed: {reason[:300]}"
    where = _where(training)
    if training.state == "stopped":
        return f"Stopped at {where}. Resume goes on from there, bit for bit."
    if training.state == "killed":
        return (
            f"Its process was ended from outside, at {where}. Resume goes on from the last "
            "evaluation before that."
        )
    if training.state == "stopping":
        return f"Stopping after this update, at {where}; its state is kept."
    return f"{where[:1].upper()}{where[1:]}{_pace(training)}."


def duration(seconds: float) -> str:
    """About how long: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _where(training: Training) -> str:
    progress, stage = training.progress, training.stage
    if progress is None or stage is None:
        return "its beginning"
    count = f"stage {progress.stage + 1} of {len(progress.stages)}"
    return f"{stage.name} ({count}), update {stage.number:,} of {stage.of:,}"


def _pace(training: Training) -> str:
    progress, stage = training.progress, training.stage
    if progress is None or stage is None or not progress.rate:
        return ""
    left = duration((stage.of - stage.number) / progress.rate)
    rate = f"{progress.rate:.0f}" if progress.rate >= 10 else f"{progress.rate:.1f}"
    return f", {rate} a second, about {left} left in this stage"
