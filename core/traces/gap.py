"""The course of a branch as columns, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.traces.columns import Column
from core.traces.reader import TraceReader

_STEP_COLUMNS = ("episode_return", "reward")
_PROPOSAL_COLUMNS = ("objective_gain", "true_gain")
COURSE_COLUMNS = (*_STEP_COLUMNS, *_PROPOSAL_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Columns of two branches, by name, over the environment steps that both have, in order."""

    episode: Column
    t: Column
    a: dict[str, Column]
    b: dict[str, Column]


def course(reader: TraceReader, branch: int, episode: int | None = None) -> dict[str, Column]:
    """episode, t and COURSE_COLUMNS of the whole environment steps on the path to a branch."""
    steps = reader.path_columns("EnvironmentStep", _STEP_COLUMNS, branch, episode)
    proposals = reader.path_columns("Proposal", _PROPOSAL_COLUMNS, branch, episode)
    _, ours, theirs = np.intersect1d(_places(steps), _places(proposals), return_indices=True)
    columns = {name: steps[name][ours] for name in ("episode", "t", *_STEP_COLUMNS)}
    return columns | {name: proposals[name][theirs] for name in _PROPOSAL_COLUMNS}


def gap(reader: TraceReader, a: int, b: int, episode: int | None = None) -> Gap:
    """Return, reward and both gains of two branches on the environment steps of both."""
    first, second = (course(reader, branch, episode) for branch in (a, b))
    _, ours, theirs = np.intersect1d(_places(first), _places(second), return_indices=True)
    return Gap(
        episode=first["episode"][ours],
        t=first["t"][ours],
        a={name: first[name][ours] for name in COURSE_COLUMNS},
        b={name: second[name][theirs] for name in COURSE_COLUMNS},
    )


def _places(columns: dict[str, Column]) -> NDArray[np.int64]:
    """(episode, t) as one number that rises along the path."""
    return np.asarray((columns["episode"] << 32) + columns["t"])
