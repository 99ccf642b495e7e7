"""Search in time: where a condition holds along the path to a branch of a trace.

A moment is a gradient update (t, k) together with the proposal and the environment step of its
t. A condition that names no quantity of updates asks once per t, at the update that acts. A
moment is looked at as soon as every record is there that the condition names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.expressions import Expression
from core.traces.path_rows import PathRows, Place
from core.traces.quantities import QUANTITIES, Kind, Numbers
from core.traces.reader import TraceReader

Integers = NDArray[np.int64]
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Where a condition holds, in the order of the path."""

    seq: Integers
    """Of the gradient update; of the proposal where the condition asks once per t."""
    branch: Integers
    """Whose record that is: of the branch searched, or of one that it comes from."""
    episode: Integers
    t: Integers
    k: Integers
    values: dict[str, Numbers]
    """The quantities that the condition names."""
    looked_at: int
    """Environment steps of which moments were looked at."""

    def __len__(self) -> int:
        return len(self.seq)


def find_moments(
    reader: TraceReader, expression: Expression, *, branch: int, episode: int | None = None
) -> Moments:
    """All moments along the path to a branch, of one episode or of all."""
    return MomentSearch(expression, branch=branch, episode=episode).refresh(reader)


class MomentSearch:
    """A search that goes on while the trace grows; what was read is not read again."""

    def __init__(
        self, expression: Expression, *, branch: int, episode: int | None = None
    ) -> None:
        """expression: read by core.traces.quantities.search_condition."""
        self.expression, self.branch, self.episode = expression, branch, episode
        kinds: set[Kind] = {QUANTITIES[name].kind for name in expression.names}
        base: Kind = "GradientUpdate" if "GradientUpdate" in kinds else "Proposal"
        # What comes last in a t is read first, so that no t is read by halves.
        order: tuple[Kind, ...] = ("EnvironmentStep", "Proposal")
        sides = [kind for kind in order if kind in kinds and kind != base]
        self._sides = {kind: self._rows(kind) for kind in sides}
        self._base = self._rows(base)
        self._pending, self._read = _NONE, 0
        self._steps: set[Place] = set()
        self._complete = False
        values = {name: np.zeros(0) for name in sorted(expression.names)}
        self._moments = Moments(
            seq=_NONE, branch=_NONE, episode=_NONE, t=_NONE, k=_NONE, values=values, looked_at=0
        )

    def refresh(self, reader: TraceReader) -> Moments:
        """All moments found so far. Raises InputError where there is no such branch."""
        if self._complete:
            return self._moments
        branches = reader.branches()
        if not 0 <= self.branch < len(branches):
            raise InputError(
                f"there is no branch {self.branch}", f"the newest is {branches.newest}"
            )
        grows, path = self.branch == branches.newest, branches.path(self.branch)
        for rows in (*self._sides.values(), self._base):
            rows.read(reader, path, self.episode)
        self._look()
        self._complete = not grows
        return self._moments

    def _rows(self, kind: Kind) -> PathRows:
        asked = [QUANTITIES[name] for name in sorted(self.expression.names)]
        return PathRows(kind, [c for q in asked if q.kind == kind for c in q.columns])

    def _look(self) -> None:
        """Look at the moments that have become complete."""
        rows = np.concatenate([self._pending, np.arange(self._read, len(self._base))])
        self._read = len(self._base)
        pairs = self._base.pairs(rows)
        places = {kind: side.find(pairs) for kind, side in self._sides.items()}
        there = np.ones(len(rows), np.bool_)
        for place in places.values():
            there &= place >= 0
        self._pending = rows[~there]
        if there.any():
            self._steps.update(pair for pair, full in zip(pairs, there, strict=True) if full)
            held = {kind: place[there] for kind, place in places.items()}
            self._ask(rows[there], held)

    def _ask(self, rows: Integers, places: dict[Kind, Integers]) -> None:
        """Ask the condition of these rows; places: their t's rows of the other kinds."""
        values = {name: self._numbers(name, rows, places) for name in self._moments.values}
        holds = self.expression.mask({"": rows, **values})
        found, before, columns = rows[holds], self._moments, self._base.columns
        self._moments = Moments(
            seq=np.concatenate([before.seq, columns["seq"][found]]),
            branch=np.concatenate([before.branch, columns["branch"][found]]),
            episode=np.concatenate([before.episode, columns["episode"][found]]),
            t=np.concatenate([before.t, columns["t"][found]]),
            k=np.concatenate([before.k, columns["k"][found]]),
            values={
                name: np.concatenate([old, values[name][holds]])
                for name, old in before.values.items()
            },
            looked_at=len(self._steps),
        )

    def _numbers(self, name: str, rows: Integers, places: dict[Kind, Integers]) -> Numbers:
        """A quantity at these rows."""
        quantity, source = QUANTITIES[name], self._base
        if quantity.kind in places:
            rows, source = places[quantity.kind], self._sides[quantity.kind]
        return quantity.numbers({c: source.columns[c][rows] for c in quantity.columns})
