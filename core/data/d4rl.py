"""D4RL's flat HDF5: one row after the other, with flags where an episode ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.data.columns import opened
from core.data.dataset import Episode
from core.errors import DataError

_COLUMNS = ("observations", "actions", "rewards", "terminals")


def episodes(path: Path) -> Iterator[Episode]:
    """The row after a terminal or time-limit row belongs to another episode, so the last row of
    each episode has no next state. Raises DataError where the file is not of that layout."""
    with opened(path, str(path)) as columns:
        file = columns.root
        flat = {key: columns.column(file, key, f"{key} of {path}") for key in _COLUMNS}
        if "timeouts" in file:
            flat["timeouts"] = columns.column(file, "timeouts", f"timeouts of {path}")
    if len({len(rows) for rows in flat.values()}) != 1:
        raise DataError(f"the columns of {path} differ in length", "use D4RL's HDF5 layout")
    terminals = np.asarray(flat["terminals"], bool)
    ends = terminals | np.asarray(flat.get("timeouts", np.zeros(len(terminals))), bool)
    yield from _between(flat, terminals, ends)


def _between(flat: dict[str, Any], terminals: Any, ends: Any) -> Iterator[Episode]:
    if len(ends):
        ends[-1] = True
    first = 0
    for last in np.flatnonzero(ends):
        rows = slice(first, last + 1)
        yield Episode(
            states=flat["observations"][rows],
            actions=flat["actions"][rows],
            rewards=flat["rewards"][rows],
            terminated=bool(terminals[last]),
        )
        first = int(last) + 1
