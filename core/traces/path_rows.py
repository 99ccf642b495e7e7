"""The rows of one kind of record along the path to a branch, kept while the trace grows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.traces.columns import Column
from core.traces.lineage import Segment
from core.traces.quantities import Kind
from core.traces.reader import TraceReader

Place = tuple[int, int]
"""(episode, t)."""


class PathRows:
    """Columns that grow; each row is read once."""

    def __init__(self, kind: Kind, columns: Sequence[str]) -> None:
        """columns: scalars of the kind to keep beside the address and `branch`."""
        self.kind = kind
        address = ["branch", "episode", "t", *([] if kind == "EnvironmentStep" else ["k"])]
        self._names = list(dict.fromkeys([*address, *columns]))
        self.columns: dict[str, Column] = {}
        self._rows: dict[Place, int] = {}
        self._last_seq = 0

    def __len__(self) -> int:
        return len(self.columns["seq"]) if self.columns else 0

    def read(
        self, reader: TraceReader, path: Sequence[Segment], episode: int | None = None
    ) -> None:
        """Add what is new. Only the last segment of a path can have grown since."""
        for segment in path if not self.columns else path[-1:]:
            new = reader.columns(
                self.kind,
                self._names,
                branch=segment.branch,
                episode=episode,
                since_seq=self._last_seq,
            )
            if len(new["seq"]):
                self._last_seq = int(new["seq"][-1])
                # A t that the next segment begins in the middle of is proposed there.
                k = new["k"] if self.kind == "GradientUpdate" else None
                self._add(new, segment.held(new["episode"], new["t"], k))
            elif not self.columns:
                self._add(new, np.zeros(0, np.bool_))

    def pairs(self, rows: NDArray[np.int64]) -> list[Place]:
        """(episode, t) of these rows."""
        episode, t = self.columns["episode"][rows], self.columns["t"][rows]
        return list(zip(episode.tolist(), t.tolist(), strict=True))

    def find(self, places: Sequence[Place]) -> NDArray[np.int64]:
        """The row at each (episode, t), -1 without."""
        return np.array([self._rows.get(place, -1) for place in places], np.int64)

    def _add(self, new: dict[str, Column], held: NDArray[np.bool_]) -> None:
        first = len(self)
        kept = {name: column[held] for name, column in new.items()}
        self.columns = {
            name: np.concatenate([self.columns[name], column]) if first else column
            for name, column in kept.items()
        }
        rows = np.arange(first, len(self))
        self._rows.update(zip(self.pairs(rows), rows.tolist(), strict=True))
