"""Breakpoints: conditions checked on each record, before the action is applied.

A condition over quantities of gradient updates is checked at each update k. Every other one is
checked at the Proposal, once per t, with the values of the update whose weights act.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.commands import Breakpoint, parse_command
from core.errors import InputError
from core.expressions import Expression
from core.traces.quantities import (
    QUANTITIES,
    Values,
    breakpoint_condition,
    plain_value,
    proposal_values,
    update_values,
)
from core.traces.reader import TraceReader
from core.traces.trace import BreakpointHit, GradientUpdate, Proposal, Record

Observed = GradientUpdate | Proposal


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A breakpoint, its condition, and how often it has held."""

    breakpoint: Breakpoint
    expression: Expression
    at_updates: bool
    count: int = 0


class Watch:
    """The breakpoints in force; a pure function of the records and lists it is given."""

    def __init__(self, breakpoints: Sequence[Breakpoint] = ()) -> None:
        """Raises InputError as `set` does."""
        self._watched: dict[str, _Watched] = {}
        self._updates: tuple[GradientUpdate, ...] = ()
        self.set(breakpoints)

    @classmethod
    def from_trace(cls, reader: TraceReader, before_seq: int | None = None) -> Watch:
        """As it stood after the last record, or before the record of that seq."""
        end = reader.last_seq() + 1 if before_seq is None else before_seq
        watch = cls()
        for _, told in sorted([*_lists(reader, end), *_counts(reader, end)], key=_seq):
            if isinstance(told, _Counted):
                watch._recall(told)
            else:
                watch.set(told)
        watch._updates = _last_updates(reader, end)
        return watch

    def set(self, breakpoints: Sequence[Breakpoint]) -> None:
        """Watch for these and no others; InputError, changing nothing, where one is unsound.

        A count goes on where id and condition are as before.
        """
        watched: dict[str, _Watched] = {}
        for wanted in breakpoints:
            if wanted.id in watched:
                raise InputError(f"two breakpoints have the id {wanted.id!r:.40}", "rename one")
            expression = breakpoint_condition(wanted.condition)
            known = self._watched.get(wanted.id)
            same = known is not None and known.breakpoint.condition == wanted.condition
            watched[wanted.id] = _Watched(
                breakpoint=wanted,
                expression=expression,
                at_updates=_is_of_updates(expression),
                count=known.count if known and same else 0,
            )
        self._watched = watched

    def count(self, id: str) -> int:
        """How often the breakpoint has held; 0 for one that is not there."""
        return self._watched[id].count if id in self._watched else 0

    def check(self, record: Record) -> tuple[BreakpointHit, ...]:
        """The hits at this record. Call it once with every record, in order."""
        if isinstance(record, GradientUpdate):
            self._updates = (*self._updates[-1:], record)
            return self._hits(record, at_updates=True)
        if isinstance(record, Proposal):
            return self._hits(record, at_updates=False)
        return ()

    def _hits(self, record: Observed, *, at_updates: bool) -> tuple[BreakpointHit, ...]:
        asked = [
            watched
            for watched in self._watched.values()
            if watched.breakpoint.enabled and watched.at_updates == at_updates
        ]
        if not asked:
            return ()
        values = self._values(record)
        return tuple(_hit(w, record, values) for w in asked if w.expression.holds(values))

    def _values(self, record: Observed) -> Values:
        if isinstance(record, GradientUpdate):
            return update_values(record)
        update = _at(self._updates, record, record.k)
        return proposal_values(update, record, _at(self._updates, record, record.k - 1))

    def _recall(self, counted: _Counted) -> None:
        watched = self._watched.get(counted.id)
        if watched is not None and watched.breakpoint.condition == counted.condition:
            watched.count = counted.hits


def _is_of_updates(expression: Expression) -> bool:
    kinds = {QUANTITIES[name].kind for name in expression.names}
    return "GradientUpdate" in kinds and "Proposal" not in kinds


def _at(
    updates: tuple[GradientUpdate, ...], proposal: Proposal, k: int
) -> GradientUpdate | None:
    """The branch's own update k at the t of a proposal."""
    home = (proposal.branch, proposal.episode, proposal.t, k)
    found = [u for u in updates if (u.branch, u.episode, u.t, u.k) == home]
    return found[-1] if found else None


def _hit(watched: _Watched, record: Observed, values: Values) -> BreakpointHit:
    """Counts it."""
    watched.count += 1
    asked = watched.breakpoint
    named = {name: plain_value(name, values[name]) for name in watched.expression.names}
    return BreakpointHit(
        branch=record.branch,
        episode=record.episode,
        t=record.t,
        k=record.k,
        breakpoint=asked.id,
        condition=asked.condition,
        hits=watched.count,
        paused=not asked.log_only and watched.count > asked.ignore,
        quantities=json.dumps(named, sort_keys=True),
    )


# What a trace tells of them.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """A recorded hit."""

    id: str
    condition: str
    hits: int


_Told = tuple[int, tuple[Breakpoint, ...] | _Counted]


def _seq(told: _Told) -> int:
    return told[0]


def _lists(reader: TraceReader, end: int) -> Iterator[_Told]:
    """The lists that were accepted, with their seq."""
    columns = reader.columns("CommandApplied", ["command", "accepted"])
    for seq, line, accepted in zip(*columns.values(), strict=True):
        if accepted and seq < end and '"breakpoints"' in line:
            command = parse_command(line)
            if command.name == "breakpoints":
                yield int(seq), command.breakpoints


def _counts(reader: TraceReader, end: int) -> Iterator[_Told]:
    """The hits, with their seq."""
    columns = reader.columns("BreakpointHit", ["breakpoint", "condition", "hits"])
    for seq, id, condition, hits in zip(*columns.values(), strict=True):
        if seq < end:
            yield int(seq), _Counted(id=id, condition=condition, hits=int(hits))


def _last_updates(reader: TraceReader, end: int) -> tuple[GradientUpdate, ...]:
    """The last two updates of the trace."""
    seqs = reader.columns("GradientUpdate", [])["seq"]
    updates = [reader.read(int(seq)) for seq in seqs[seqs < end][-2:]]
    return tuple(update for update in updates if isinstance(update, GradientUpdate))
