"""Synthetic traces with branches: what a branch records depends on its address alone.

So a fork with nothing changed repeats its parent bit for bit; a test plants the differences.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.divergence import Comparison, find_divergence
from core.traces.reader import TraceReader
from core.traces.trace import Record
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.motion import Sizes
from tests.records import (
    make_branch_started,
    make_command,
    make_episode_ended,
    make_episode_started,
    make_run_started,
)

SMALL = Sizes(horizon=2, particles=2)
Plant = Callable[[Record], Record]


def as_it_is(record: Record) -> Record:
    """Plants nothing."""
    return record


@dataclass(frozen=True, kw_only=True)
class Fork:
    """A branch to write after those before it, number = its place + 1."""

    t: int
    k: int = 0
    parent: int = 0
    until: int = 8
    """First environment step that it does not record."""
    plant: Plant = as_it_is
    settings: Settings = field(default_factory=Settings)
    started: dict[str, Any] = field(default_factory=dict)
    """Other fields of BranchStarted."""
    ends: bool = False
    """Whether the episode ends after it and the next begins."""


def plant(kind: str, at: tuple[int, ...], **changes: Any) -> Plant:
    """Changes fields of the record of that kind at (episode, t) or (episode, t, k)."""

    def changed(record: Record) -> Record:
        names = ("episode", "t", "k")[: len(at)]
        here = tuple(getattr(record, name, 0) for name in names)
        if type(record).__name__ == kind and here == at:
            return dataclasses.replace(record, **changes)
        return record

    return changed


def course(
    branch: int, t: int, until: int, *, k: int = 0, ascent_steps: int = 1, sizes: Sizes = SMALL
) -> Iterator[Record]:
    """Environment steps t .. until - 1 of episode 0, the first from its update k on."""
    for now in range(t, until):
        updates = [
            make_update(
                np.random.default_rng((now, each)),
                t=now,
                k=each,
                ascent_steps=ascent_steps,
                sizes=sizes,
                branch=branch,
            )
            for each in range(ascent_steps + 1)
        ]
        yield from updates[k if now == t else 0 :]
        yield make_proposal(
            np.random.default_rng(now),
            t=now,
            before=updates[0],
            after=updates[-1],
            sizes=sizes,
            branch=branch,
        )
        yield make_environment_step(
            np.random.default_rng(now),
            t=now,
            reward=2.0 + 0.1 * now,
            episode_return=2.5 * (now + 1),
            branch=branch,
        )


def ending(branch: int, until: int) -> tuple[Record, ...]:
    """The end of episode 0 after `until` environment steps, and the beginning of the next."""
    return (
        make_episode_ended(branch=branch, t=until),
        make_episode_started(branch=branch, episode=1),
    )


def write_branches(
    path: Path,
    *forks: Fork,
    until: int = 8,
    ascent_steps: int = 1,
    sizes: Sizes = SMALL,
    ends: bool = False,
) -> Path:
    """The root's environment steps 0 .. until - 1, then the forks, one after another."""
    with TraceWriter.create(path, make_run_started()) as writer:
        writer.append(make_episode_started(sizes=sizes))
        for record in course(0, 0, until, ascent_steps=ascent_steps, sizes=sizes):
            writer.append(record)
        for record in ending(0, until) if ends else ():
            writer.append(record)
        for branch, fork in enumerate(forks, start=1):
            append_fork(writer, branch, fork, ascent_steps=ascent_steps, sizes=sizes)
    return path


def compared(path: Path, a: int = 0, b: int = 1) -> Comparison:
    """How two branches of a trace compare."""
    with TraceReader(path) as reader:
        return find_divergence(reader, a, b)


def append_fork(
    writer: TraceWriter, branch: int, fork: Fork, *, ascent_steps: int = 1, sizes: Sizes = SMALL
) -> None:
    """The command, the branch's beginning and its records."""
    writer.append(make_command(branch=fork.parent, t=fork.t, command_id=f"fork-{branch}"))
    writer.append(
        make_branch_started(
            branch=branch,
            t=fork.t,
            k=fork.k,
            parent=fork.parent,
            settings=fork.settings.to_json(),
            **fork.started,
        )
    )
    records = course(
        branch, fork.t, fork.until, k=fork.k, ascent_steps=ascent_steps, sizes=sizes
    )
    for record in records:
        writer.append(fork.plant(record))
    for record in ending(branch, fork.until) if fork.ends else ():
        writer.append(fork.plant(record))
