"""A long trace made of a short real one: its records with other addresses and other numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from core.checkpoints.checkpoint import Checkpoint
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.trace import (
    BranchStarted,
    CommandApplied,
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    Record,
    RunStarted,
    Snapshot,
)

EPISODES = (8_000, 1_000, 1_000)
"""Environment steps of the root's episodes; the first is longer than any task's, on purpose."""
FORKS = ((0, 4_000, 0, 300), (1, 4_100, 1, 300))
"""Parent, t and k of episode 0 where a branch begins, and its environment steps."""
REAL_STEPS = 50
"""Environment steps of the real run."""
_TOGETHER = 400
_VARIED = {
    GradientUpdate: ("objective", "objective_std", "gradient_norm", "drift", "q_spread"),
    Proposal: ("objective_gain", "true_gain", "action_change", "drift", "model_error"),
    EnvironmentStep: ("reward", "total_ms", "simulate_ms", "imagine_ms", "backward_ms"),
}
"""What changes from t to t, by kind."""
_Any = TypeVar("_Any", bound=GradientUpdate | Proposal | EnvironmentStep)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """A real run: what it began with, and the records of each environment step."""

    run: RunStarted
    started: EpisodeStarted
    by_t: tuple[tuple[Record, ...], ...]


def record_stretch(checkpoint: Checkpoint, settings: Settings) -> Stretch:
    """Run REAL_STEPS environment steps, over as many episodes as that takes."""
    session = Session(checkpoint, settings, seed=0)
    run, started = session.started(), session.advance()
    assert isinstance(started, EpisodeStarted)  # noqa: S101 - a session begins with it
    by_t: list[tuple[Record, ...]] = []
    records: list[Record] = []
    while len(by_t) < REAL_STEPS:
        record = session.advance()
        if not isinstance(record, EpisodeStarted | EpisodeEnded):
            records.append(record)
        if isinstance(record, EnvironmentStep):
            by_t.append(tuple(records))
            records = []
    return Stretch(run=run, started=started, by_t=tuple(by_t))


def write_long_trace(
    path: Path,
    stretch: Stretch,
    episodes: Sequence[int],
    forks: Sequence[tuple[int, int, int, int]],
) -> int:
    """Write it; the count of its records. Its digests hold, but it cannot be recomputed."""
    records = _records(stretch, episodes, forks)
    count = 1
    with TraceWriter.create(path, stretch.run) as writer:
        while together := tuple(islice(records, _TOGETHER)):
            count = writer.append(*together)
    return count


def _records(
    stretch: Stretch, episodes: Sequence[int], forks: Sequence[tuple[int, int, int, int]]
) -> Iterator[Record]:
    for episode, length in enumerate(episodes):
        yield replace(stretch.started, episode=episode, seed=stretch.run.seed + episode)
        yield from _course(stretch, 0, episode, range(length))
        yield _ended(stretch, episode, length)
    for branch, (parent, t, k, length) in enumerate(forks, start=1):
        yield from _beginning(stretch, branch, parent, t, k)
        yield from _course(stretch, branch, 0, range(t, t + length), k)


def _course(
    stretch: Stretch, branch: int, episode: int, times: range, first_k: int = 0
) -> Iterator[Record]:
    total = frozen = 0.0
    for t in times:
        for record in stretch.by_t[t % len(stretch.by_t)]:
            if isinstance(record, Snapshot):
                yield replace(record, branch=branch, episode=episode, t=t)
            elif isinstance(record, GradientUpdate | Proposal):
                inherited = t == times.start and isinstance(record, GradientUpdate)
                if not (inherited and record.k < first_k):
                    yield _varied(record, branch, episode, t)
            elif isinstance(record, EnvironmentStep):
                found = _varied(record, branch, episode, t)
                total, frozen = total + found.reward, frozen + record.reward
                yield replace(found, episode_return=total, frozen_return=frozen)


def _varied(record: _Any, branch: int, episode: int, t: int) -> _Any:
    """Slowly and quickly changing with t, never twice the same."""
    factor = 1.0 + 0.3 * math.sin(t / 97.0) + 0.2 * math.sin(1.7 * t + branch + 3.0 * episode)
    changed: dict[str, Any] = {
        name: factor * getattr(record, name) for name in _VARIED[type(record)]
    }
    return replace(record, branch=branch, episode=episode, t=t, **changed)


def _ended(stretch: Stretch, episode: int, length: int) -> EpisodeEnded:
    return EpisodeEnded(
        branch=0,
        episode=episode,
        t=length,
        seed=stretch.run.seed + episode,
        reason="truncated",
        episode_return=2.0 * length,
        frozen_return=2.0 * length,
        frozen_length=length,
        score=50.0,
    )


def _beginning(
    stretch: Stretch, branch: int, parent: int, t: int, k: int
) -> tuple[CommandApplied, BranchStarted]:
    """The command that leaves the parent, and the branch."""
    run = stretch.run
    command = CommandApplied(
        branch=parent,
        episode=0,
        t=t,
        k=k,
        command_id=f"fork-{branch}",
        command=f'{{"at":[{parent},0,{t},{k}],"command":"fork","id":"fork-{branch}"}}',
        effect=f"branch {branch} begins at episode 0, t = {t}, k = {k}",
        accepted=True,
    )
    return command, BranchStarted(
        branch=branch,
        episode=0,
        t=t,
        k=k,
        parent=parent,
        reason="fork",
        settings=run.settings,
        seed=run.seed,
        checkpoint=run.checkpoint,
        checkpoint_digest=run.checkpoint_digest,
        checkpoint_path=run.checkpoint_path,
    )
