"""The hits of breakpoints that a trace holds: how many, where, and the one it pauses at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.readouts import plain
from app.state.tips import plain_tip
from core.traces.columns import Column
from core.traces.lineage import Branches
from core.traces.reader import TraceReader
from core.traces.trace import BreakpointHit

Key = tuple[str, str]
"""Id and condition of a breakpoint: with another condition it counts anew."""
MOST_MARKS = 2000
"""Hits that are named on the t lane."""
_FIELDS = ("branch", "episode", "t", "k", "breakpoint", "condition", "hits", "paused")
_HEAD = ("EpisodeStarted", "GradientUpdate", "Proposal", "EnvironmentStep", "BranchStarted")
"""What a run records when it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What is known of them after a look at the trace."""

    counts: Mapping[Key, int]
    """How often each has held."""
    ts: tuple[int, ...]
    """Environment steps of the shown episode with a hit, rising."""
    tips: tuple[str, ...]
    """What held at each, as HTML; empty beyond MOST_MARKS."""
    broken: tuple[BreakpointHit, ...]
    """Those at which the run has paused, and after which it has recorded nothing more."""


NO_HITS = Hits(counts={}, ts=(), tips=(), broken=())


class HitLog:
    """Reads the hits of one trace as it grows; each only once."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}
        self._counts: dict[Key, int] = {}
        self._shown: tuple[int, int, int, int] | None = None
        self._marks: tuple[tuple[int, ...], tuple[str, ...]] = ((), ())

    def refresh(self, reader: TraceReader, branch: int, episode: int) -> Hits:
        """All hits so far; `branch` and `episode` are those shown."""
        self._read(reader)
        branches = reader.branches()
        shown = (len(self._columns["seq"]), len(branches), branch, episode)
        if shown != self._shown and branch < len(branches):
            self._shown = shown
            self._marks = self._find_marks(branches, branch, episode)
        ts, tips = self._marks
        return Hits(
            counts=dict(self._counts), ts=ts, tips=tips, broken=self._find_broken(reader)
        )

    def _read(self, reader: TraceReader) -> None:
        known = self._columns
        since = int(known["seq"][-1]) if known and len(known["seq"]) else 0
        new = reader.columns("BreakpointHit", _FIELDS, since_seq=since)
        for row in range(len(new["seq"])):
            key = (new["breakpoint"][row], new["condition"][row])
            self._counts[key] = int(new["hits"][row])
        if not known:
            self._columns = new
        elif len(new["seq"]):
            self._columns = {name: np.concatenate([known[name], new[name]]) for name in known}

    def _find_marks(
        self, branches: Branches, branch: int, episode: int
    ) -> tuple[tuple[int, ...], tuple[str, ...]]:
        columns = self._columns
        on_path = np.zeros(len(columns["seq"]), np.bool_)
        for segment in branches.path(branch):
            held = segment.held(columns["episode"], columns["t"], columns["k"])
            on_path |= held & (columns["branch"] == segment.branch)
        rows = np.flatnonzero(on_path & (columns["episode"] == episode))
        tips: dict[int, list[str]] = {}
        for row in rows[:MOST_MARKS]:
            tips.setdefault(int(columns["t"][row]), []).append(self._tip(int(row)))
        for row in rows[MOST_MARKS:]:
            tips.setdefault(int(columns["t"][row]), [])
        ts = tuple(sorted(tips))
        return ts, tuple(plain_tip("\n".join(tips[t])) if tips[t] else "" for t in ts)

    def _tip(self, row: int) -> str:
        columns = self._columns
        done = "paused" if columns["paused"][row] else "logged"
        t, k = columns["t"][row], columns["k"][row]
        return f"{done} at t = {t}, k = {k}: {columns['condition'][row]}"

    def _find_broken(self, reader: TraceReader) -> tuple[BreakpointHit, ...]:
        columns = self._columns
        paused = np.flatnonzero(columns["paused"])
        if not len(paused):
            return ()
        last = int(paused[-1])
        newest = int(columns["seq"][last])
        if any(len(reader.columns(kind, [], since_seq=newest)["seq"]) for kind in _HEAD):
            return ()
        rows = [row for row in range(self._first_beside(last), last + 1) if row in paused]
        found = [reader.read(int(columns["seq"][row])) for row in rows]
        return tuple(record for record in found if isinstance(record, BreakpointHit))

    def _first_beside(self, row: int) -> int:
        """The first hit of the same record: they follow it, and so each other."""
        seqs = self._columns["seq"]
        while row > 0 and seqs[row - 1] == seqs[row] - 1:
            row -= 1
        return row


def break_sentence(broken: tuple[BreakpointHit, ...]) -> str:
    """Where and why the run pauses: `Break before the action at t = 64, k = 1: ...`."""
    if not broken:
        return ""
    first = broken[0]
    words = [f"t = {first.t}", f"k = {first.k}"]
    if first.episode:
        words.insert(0, f"episode {first.episode}")
    if first.branch:
        words.insert(0, f"branch {first.branch}")
    reasons = "; ".join(_reason(hit) for hit in broken)
    return f"Break before the action at {', '.join(words)}: {reasons}"


def _reason(hit: BreakpointHit) -> str:
    known = [f"{name} = {value}" for name, value in _values(hit).items()]
    if hit.hits > 1:
        known.append(f"hit {hit.hits}")
    return f"{hit.condition} ({', '.join(known)})" if known else hit.condition


def _values(hit: BreakpointHit) -> dict[str, str]:
    """The quantities of a hit but those of its address, as text."""
    try:
        found = json.loads(hit.quantities)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    plainly = {n: v for n, v in found.items() if n not in ("t", "k", "episode", "branch")}
    return {str(name)[:60]: _text(value) for name, value in plainly.items()}


def _text(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, float) else str(value)[:60]
