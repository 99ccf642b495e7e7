"""Where two branches of a trace part in fact: record, field, difference, and what caused it.

Compared is what a branch computed and did: every deterministic field but `branch`. Commands,
snapshots and hits of breakpoints are no part of it. Branches may part long after the address at
which one was forked, or not at all.
"""

from __future__ import annotations

import dataclasses
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from core.errors import InputError, TraceError
from core.traces.branch_walk import BranchWalk, Course, Entry
from core.traces.conditions import Change, Conditions, changes, condition_text, conditions_at
from core.traces.lineage import Clock
from core.traces.reader import TraceReader
from core.traces.trace import EpisodeStarted, GradientUpdate, Proposal
from core.traces.value_difference import array_difference, scalar_difference
from core.traces.values import DAMAGE, Scalar
from core.traces.verify import compare_records

_AFTER_UPDATES = 2**62
_DEEDS = {
    "EpisodeStarted": "begins episode {episode}",
    "GradientUpdate": "makes gradient update k = {k} of t = {t}",
    "Proposal": "proposes the action of t = {t} after update k = {k}",
    "EnvironmentStep": "applies the action of t = {t}",
    "EpisodeEnded": "ends episode {episode} after {t} environment steps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first pair of records that differs, and its first field that does."""

    episode: int
    t: int
    k: int | None
    """None for what happens after all updates of t."""
    kind: str
    """Record of branch a."""
    field: str
    """Field of it; "kind" where branch b has another record in its place."""
    detail: str
    """The two values; of arrays the first elements that differ, and the largest difference."""
    a_value: Scalar | None
    """None for arrays and for "kind"."""
    b_value: Scalar | None
    seq_a: int
    seq_b: int
    cause: str
    """What one branch was told to do otherwise, or empty."""

    def __str__(self) -> str:
        """One line: address, record, field, values, cause."""
        episode = f"episode {self.episode}, " if self.episode else ""
        k = "" if self.k is None else f", k = {self.k}"
        cause = f" ({self.cause})" if self.cause else ""
        return f"{episode}t = {self.t}{k}, {self.kind}.{self.field}: {self.detail}{cause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two branches compared as far as both go."""

    a: int
    b: int
    begin: Clock
    """The first address (episode, t, k) that they do not share."""
    alike: int
    """Records of each from there on that are the same."""
    divergence: Divergence | None
    note: str
    """What to say where nothing differs; empty where something does."""
    changes: tuple[Change, ...]
    """What differs in settings, seed, checkpoint: at the divergence, else where they end."""


def find_divergence(reader: TraceReader, a: int, b: int) -> Comparison:
    """The first difference of two branches. InputError where there is no such branch."""
    check_branches(reader, a, b)
    with closing(BranchWalk(reader.path, reader.branches(), a, b)) as walk:
        return compare(reader, walk)


def check_branches(reader: TraceReader, a: int, b: int) -> None:
    """Raise InputError for branches that do not exist or are the same."""
    count = len(reader.branches())
    known = "branch 0 alone" if count == 1 else f"branches 0 to {count - 1}"
    for number in (a, b):
        if not 0 <= number < count:
            raise InputError(
                f"{reader.path} has no branch {number}", f"it has {known}: name two of them"
            )
    if a == b:
        raise InputError(
            f"branch {a} is no other branch than itself", f"{reader.path} has {known}"
        )


def compare(reader: TraceReader, walk: BranchWalk) -> Comparison:
    """Go on with a walk as far as both branches are recorded now."""
    found = walk.next_difference()
    divergence, note = None, ""
    if found is None:
        here, there = (conditions_at(reader, branch) for branch in (walk.a, walk.b))
        note = _note(reader, walk)
    else:
        ours, theirs = (_record(reader, entry) for entry in found)
        at = min(_clock(ours), _clock(theirs))
        here, there = (conditions_at(reader, branch, at) for branch in (walk.a, walk.b))
        homes = (ours.branch, theirs.branch)
        cause = _cause(reader, walk, homes, (here, there), at)
        divergence = _divergence(found, ours, theirs, cause)
    return Comparison(
        a=walk.a,
        b=walk.b,
        begin=walk.begin,
        alike=walk.alike,
        divergence=divergence,
        note=note,
        changes=changes(here, there),
    )


def _divergence(
    entries: tuple[Entry, Entry], ours: Course, theirs: Course, cause: str
) -> Divergence:
    earlier = min(ours, theirs, key=_clock)
    a_value: Scalar | None = None
    b_value: Scalar | None = None
    if type(ours) is not type(theirs) or _clock(ours) != _clock(theirs):
        field = "kind"
        detail = f"branch {ours.branch} {_deed(ours)}, branch {theirs.branch} {_deed(theirs)}"
    else:
        field = _first_field(ours, theirs, entries[0].seq)
        first, second = getattr(ours, field), getattr(theirs, field)
        if isinstance(first, np.ndarray):
            detail = array_difference(first, second)
        else:
            a_value, b_value = first, second
            detail = scalar_difference(first, second)
    return Divergence(
        episode=earlier.episode,
        t=_clock(earlier)[1],
        k=earlier.k if isinstance(earlier, GradientUpdate | Proposal) else None,
        kind=entries[0].kind,
        field=field,
        detail=detail,
        a_value=a_value,
        b_value=b_value,
        seq_a=entries[0].seq,
        seq_b=entries[1].seq,
        cause=cause,
    )


def _record(reader: TraceReader, entry: Entry) -> Course:
    record = reader.read(entry.seq)
    if not isinstance(record, Course):
        raise TraceError(f"record {entry.seq} is not what the trace says it is", DAMAGE)
    return record


def _clock(record: Course) -> Clock:
    """(episode, t, k); what follows the updates of a t comes after all of them."""
    if isinstance(record, EpisodeStarted):
        return record.episode, 0, -1
    k = record.k if isinstance(record, GradientUpdate | Proposal) else _AFTER_UPDATES
    return record.episode, record.t, k


def _deed(record: Course) -> str:
    kind = type(record).__name__
    names = ("episode", "t", "k")
    return _DEEDS[kind].format(**{name: getattr(record, name, 0) for name in names})


def _first_field(ours: Course, theirs: Course, seq: int) -> str:
    """The first deterministic field but `branch` that differs."""
    difference = compare_records(ours, dataclasses.replace(theirs, branch=ours.branch), seq)
    if difference is None:
        raise TraceError(f"the digests of record {seq} are not those of its values", DAMAGE)
    return difference.field


def _cause(
    reader: TraceReader,
    walk: BranchWalk,
    homes: tuple[int, int],
    conditions: tuple[Conditions, Conditions],
    at: Clock,
) -> str:
    """Which branch changed what since they had everything in common.

    homes: the branches of the two records, on the paths to those that are compared.
    """
    branches = reader.branches()
    paths = zip(branches.path(walk.a), branches.path(walk.b), strict=False)
    shared = [ours.branch for ours, theirs in paths if ours.branch == theirs.branch]
    before = conditions_at(reader, shared[-1], walk.begin)
    found = [change.name for change in changes(*conditions)]
    parts = []
    for home, now in zip(homes, conditions, strict=True):
        words = [
            f"{name} {condition_text(before[name])} -> {condition_text(now[name])}"
            for name in found
            if before[name] != now[name]
        ]
        started = branches.started(home)
        if words:
            parts.append(f"branch {home} changed {', '.join(words)}")
        elif not found and started and (started.episode, started.t) == at[:2]:
            parts.append(f"branch {home} began here: {started.reason}")
    return "; ".join(parts)


def _note(reader: TraceReader, walk: BranchWalk) -> str:
    """How far two branches are the same."""
    if walk.last_alike is None:
        return "nothing to compare yet: one of them has no record of its own"
    last = _record(reader, walk.last_alike)
    episode, t, k = _clock(last)
    place = f"t = {t}" if k in (-1, _AFTER_UPDATES) else f"t = {t}, k = {k}"
    place = f"episode {episode}, {place}" if episode else place
    return f"identical as far as both go: to {place}"
