"""The columns of one episode along the path to a branch, read as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.state.moment import HISTORY_COLUMNS, PROPOSAL_COLUMNS, STEP_COLUMNS, History
from app.state.walk import PHYSICS_PLACE, Floats, Walk
from core.traces.lineage import Branches, Segment
from core.traces.reader import TraceReader

Column = NDArray[Any]


class EpisodeColumns:
    """What was proposed and what happened, one row per environment step.

    What the branch inherited is read once: only the newest branch grows.
    """

    def __init__(
        self, reader: TraceReader, branch: int, episode: int, *, walks: bool = False
    ) -> None:
        """walks: whether states and physics states say where the body is in a maze."""
        self._proposals = _Rows(reader, "Proposal", PROPOSAL_COLUMNS, branch, episode)
        if walks:
            self._proposals.read_places()
        self._steps = _Rows(reader, "EnvironmentStep", STEP_COLUMNS, branch, episode)
        self._known = History.empty()
        self._joined = (0, 0)

    def __len__(self) -> int:
        """Rows that are kept in memory."""
        return len(self._proposals) + len(self._steps)

    def read(self, most: int | None = None) -> bool:
        """Read what is new, at most so many rows of each kind; whether that was all."""
        return all([self._proposals.read(most), self._steps.read(most)])

    def known(self) -> History:
        """What was read; the last row may be proposed only."""
        rows = (len(self._proposals), len(self._steps))
        if rows != self._joined:
            self._joined, self._known = rows, self._join()
        return self._known

    def history(self) -> History:
        """As far as it is recorded."""
        self.read()
        return self.known()

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
        return History.from_columns(
            {name: columns[name] for name in HISTORY_COLUMNS}, self._proposals.walk()
        )


class _Rows:
    """The rows of one kind, read segment by segment of the path."""

    def __init__(
        self, reader: TraceReader, kind: str, names: Sequence[str], branch: int, episode: int
    ) -> None:
        self._reader, self._kind, self._names = reader, kind, ("t", *names)
        self._episode = episode
        branches = reader.branches()
        self._path, self._begins = _path_of(branches, branch, episode), branches.seqs
        self._since = 0
        self._over = False
        self._reads_places = False
        self._places: dict[str, Floats] = {name: np.zeros((0, 2)) for name in ("real", "twin")}
        self.columns: dict[str, Column] = {
            name: np.zeros(0, np.int64) for name in ("seq", *self._names)
        }

    def __len__(self) -> int:
        return len(self.columns["seq"])

    def read_places(self) -> None:
        """From now on, also where the body and its frozen twin are."""
        self._reads_places = True

    def read(self, most: int | None) -> bool:
        """Read at most so many rows; whether there are no more now."""
        left = most
        # A branch that is left, or an episode that has ended, grows no more.
        over = self._over or self._has_ended(self._path[-1].branch)
        while not self._over:
            inherited = len(self._path) > 1
            count, passed = self._read_on(self._path[0], left)
            full = count == left
            left = None if left is None else left - count
            if not inherited and not full:
                self._over = over
                return True
            if inherited and (passed or not full):
                self._path.pop(0)
            if left == 0:
                return False
        return True

    def _read_on(self, segment: Segment, most: int | None) -> tuple[int, bool]:
        """How many rows were read, and whether they led beyond the end of the segment."""
        until = segment.until(self._episode)
        if until == 0:
            return 0, True
        new = self._reader.columns(
            self._kind,
            self._names,
            branch=segment.branch,
            episode=self._episode,
            since_seq=max(self._since, self._begins[segment.branch]),
            most=most,
        )
        if not len(new["seq"]):
            return 0, False
        self._since = int(new["seq"][-1])
        held = new["t"] < until
        if held.any():
            self.columns = {
                name: np.concatenate([column, new[name][held]])
                for name, column in self.columns.items()
            }
            self._add_places(new["seq"][held].tolist())
        return len(held), not held.all()

    def walk(self) -> Walk:
        """The places that were read."""
        read = len(self._places["real"])
        return Walk(t=self.columns["t"][:read].astype(float), **self._places)

    def _add_places(self, seqs: list[int]) -> None:
        if not self._reads_places:
            return
        for name, field, part in (
            ("real", "state", slice(0, 2)),
            ("twin", "twin_physics_state", PHYSICS_PLACE),
        ):
            rows = [each[part] for each in self._reader.arrays(field, seqs)]
            found = [row if row.shape == (2,) else (np.nan, np.nan) for row in rows]
            self._places[name] = np.concatenate([self._places[name], np.array(found, float)])

    def _has_ended(self, branch: int) -> bool:
        """Whether the branch grows no more in this episode."""
        if branch < self._reader.branches().newest:
            return True
        ends = self._reader.columns("EpisodeEnded", [], branch=branch, episode=self._episode)
        return len(ends["seq"]) > 0


def _path_of(branches: Branches, branch: int, episode: int) -> list[Segment]:
    """The segments that hold the episode."""
    path: list[Segment] = []
    for segment in branches.path(branch):
        path.append(segment)
        if segment.holds_episode(episode):
            break
    return path
