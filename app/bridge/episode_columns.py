"""The columns of one episode along the path to a branch, read as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.state.moment import HISTORY_COLUMNS, PROPOSAL_COLUMNS, STEP_COLUMNS, History
from core.traces.reader import TraceReader

Column = NDArray[Any]


class EpisodeColumns:
    """What was proposed and what happened, one row per environment step.

    What the branch inherited is read once: only the newest branch grows.
    """

    def __init__(self, reader: TraceReader, branch: int, episode: int) -> None:
        self._proposals = _Rows(reader, "Proposal", PROPOSAL_COLUMNS, branch, episode)
        self._steps = _Rows(reader, "EnvironmentStep", STEP_COLUMNS, branch, episode)
        self._history = History.empty()

    def history(self) -> History:
        """As far as it is recorded; the last row may be proposed only."""
        grown = (self._proposals.read(), self._steps.read())
        if any(grown):
            self._history = self._join()
        return self._history

    def last_t(self) -> int | None:
        """The last environment step whose action was applied; None before the first."""
        self._steps.read()
        t = self._steps.columns["t"]
        return int(t[-1]) if len(t) else None

    def _join(self) -> History:
        proposals, steps = self._proposals.columns, self._steps.columns
        t = np.union1d(proposals["t"], steps["t"])
        columns: dict[str, Column] = {"t": t}
        for rows, names in ((proposals, PROPOSAL_COLUMNS), (steps, STEP_COLUMNS)):
            places = np.searchsorted(t, rows["t"])
            for name in (*names, "seq"):
                spread = columns.get(name, np.full(len(t), np.nan))
                spread[places] = rows[name]
                columns[name] = spread
        return History.from_columns({name: columns[name] for name in HISTORY_COLUMNS})


class _Rows:
    """The rows of one kind."""

    def __init__(
        self, reader: TraceReader, kind: str, names: Sequence[str], branch: int, episode: int
    ) -> None:
        self._reader, self._kind, self._names = reader, kind, ("t", *names)
        self._branch, self._episode = branch, episode
        self.columns = reader.path_columns(kind, self._names, branch, episode)
        self._unseen = True

    def read(self) -> bool:
        """Read what is new; whether there was anything since the last time."""
        seq = self.columns["seq"]
        new = self._reader.columns(
            self._kind,
            self._names,
            branch=self._branch,
            episode=self._episode,
            since_seq=int(seq[-1]) if len(seq) else 0,
        )
        grown = self._unseen or len(new["seq"]) > 0
        self._unseen = False
        if len(new["seq"]):
            self.columns = {
                name: np.concatenate([self.columns[name], new[name]]) for name in new
            }
        return grown
