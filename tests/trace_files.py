"""Traces to be damaged, and everything one can do with a trace."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import TraceError
from core.traces.archive import TraceReader
from core.traces.schema import layout
from core.traces.trace import Difference, Record
from core.traces.verify import check_integrity
from tests.motion import Sizes

SMALL = Sizes(particles=2, horizon=2, weights=5)
ADDRESSED = (
    "EnvironmentStep", "Proposal", "GradientUpdate", "CommandApplied", "EpisodeEnded",
    "BranchStarted", "BreakpointHit",
)  # fmt: skip
"""Kinds with an address (episode, t)."""


def change(path: Path, *statements: str) -> None:
    """Run SQL on a trace, as anyone can."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def read_everything(path: Path) -> list[Record]:
    """Use a trace in every way there is."""
    with TraceReader(path) as reader:
        moment = reader.latest_moment()
        if moment is not None:
            reader.updates(*moment)
            reader.proposal(*moment)
            reader.environment_step(*moment)
        branches = reader.branches()
        for kind in ADDRESSED:
            reader.columns(kind, list(layout(kind).scalars))
            reader.path_columns(kind, list(layout(kind).scalars), branches.newest)
        branches.common(0, branches.newest)
        return list(reader.records())


def verify(path: Path) -> Difference | None:
    with TraceReader(path) as reader:
        return check_integrity(reader)


def refused(path: Path, use: Callable[[Path], Any] = read_everything) -> str:
    """The one line with which a use of the file ends."""
    with pytest.raises(TraceError) as refusal:
        use(path)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    return str(refusal.value)
