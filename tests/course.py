"""A session and its trace, driven record by record: an engine without a protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.checkpoints.checkpoint import Checkpoint
from core.commands import Command
from core.session.breakpoints import Watch
from core.session.obey import obey
from core.session.replay import first_difference, set_breakpoints
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at_head
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    Record,
    RunStarted,
)
from core.traces.verify import check_integrity, compare_records

TOLD = (CommandApplied, BranchStarted, BreakpointHit, RunStarted)
"""Records that a session does not make by going on."""

STEP = Settings(
    horizon=1, particles=2, denoising_levels=1, ascent_steps=2, delta=0.05, trust_radius=0.1
)
EPISODE = STEP.replace(
    step_rule="plain", step_size=1e-3, trust_radius=None, reset_mode="episode"
)
ADAM = EPISODE.replace(optimizer="adam", reset_mode="never", gradient_clip=10.0)
VARIANTS = {"reset at each step": STEP, "reset at each episode": EPISODE, "adam": ADAM}


class Course:
    """Records what the session does and what it is told."""

    def __init__(
        self, path: Path, checkpoint: Checkpoint, settings: Settings = STEP, seed: int = 5
    ) -> None:
        self.path, self.shelf, self.watch = path, Shelf(checkpoint), Watch()
        self.session = Session(checkpoint, settings, seed=seed)
        self.writer = TraceWriter.create(path, self.session.started())
        self.reader = TraceReader(path)
        self._told = 0

    def go(self, count: int = 1) -> list[Record]:
        """Some records more."""
        made: list[Record] = []
        for _ in range(count):
            record = self.session.advance()
            hits = self.watch.check(record)
            self.writer.append(record, *hits)
            made += [record, *hits]
        return made

    def go_to(self, kind: type[Record], **values: Any) -> Record:
        """On to the next record of that kind with these values."""
        for _ in range(2000):
            record = self.go()[0]
            if isinstance(record, kind) and all(
                getattr(record, name) == value for name, value in values.items()
            ):
                return record
        raise AssertionError(f"there is no {kind.__name__} with {values}")

    def tell(self, name: str, **given: Any) -> CommandApplied:
        """Give a command; its record."""
        self._told += 1
        command = Command(id=given.pop("id", f"c{self._told}"), name=name, **given)
        session, records = obey(
            self.session, command, self.reader, self.shelf, before=self.writer.last_seq + 1
        )
        self.writer.append(*records)
        set_breakpoints(self.watch, command, records[0])
        self.session = session
        applied = records[0]
        assert isinstance(applied, CommandApplied)
        return applied

    def crash(self) -> None:
        """Everything in memory is lost; go on from the trace."""
        self.shelf = Shelf()
        self.watch = Watch.from_trace(self.reader)
        self.session = session_at_head(self.reader, self.shelf)

    def branch_started(self) -> BranchStarted:
        """How the newest branch began."""
        branches = self.reader.branches()
        started = branches.started(branches.newest)
        assert started is not None
        return started

    def made(self, branch: int | None = None) -> list[Record]:
        """What the session recorded by going on, in a branch or in all."""
        return [
            record
            for record in self.reader.records()
            if not isinstance(record, TOLD) and branch in (None, record.branch)
        ]

    def verify(self) -> None:
        """The trace holds to its digests, and to its recomputation from the seeds."""
        assert check_integrity(self.reader) is None
        assert first_difference(self.reader, Shelf(), 0.0) is None

    def close(self) -> None:
        """Close the trace."""
        self.reader.close()
        self.writer.close()


def assert_same(
    stored: Iterable[Record], again: Iterable[Record], *, branch: int | None = None
) -> None:
    """Bit for bit in every deterministic field, but for the branch where one is named."""
    for place, (one, other) in enumerate(zip(stored, again, strict=True)):
        if branch is not None:
            one = dataclasses.replace(one, branch=branch)
        difference = compare_records(one, other, place)
        assert difference is None, difference
