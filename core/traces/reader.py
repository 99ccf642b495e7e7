"""Reading a trace, also while it is written: every query is its own short read transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from core.errors import TraceError
from core.traces.columns import Column, read_columns
from core.traces.connection import open_read_only, remove_empty_log, reported
from core.traces.lineage import Branches
from core.traces.rows import load_field, load_record
from core.traces.schema import layout
from core.traces.structure import check_structure
from core.traces.trace import (
    BranchStarted,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
    RunStarted,
)
from core.traces.values import DAMAGE, Array

_MOST_UPDATES = 1000
_NO_SEQ = 2**63 - 1
"""After every record."""
_Addressed = TypeVar("_Addressed", GradientUpdate, Proposal, EnvironmentStep)


class TraceReader:
    """A read-only view of a trace. It may change threads, but serves one at a time.

    seq counts from 1 and record 1 is RunStarted. Every error is a TraceError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_read_only(path)
        self._branches = Branches()
        try:
            self._started = self._read_started()
        except TraceError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close; where the run ended meanwhile and no one else reads, leave one file."""
        self._connection.close()
        remove_empty_log(self.path)

    def __enter__(self) -> TraceReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def started(self) -> RunStarted:
        """Record 1: what the run is."""
        return self._started

    def last_seq(self) -> int:
        """seq of the last committed record."""
        ((seq,),) = self._rows("SELECT max(seq) FROM records")
        if not isinstance(seq, int) or seq < 1:
            raise TraceError(f"{self.path} holds no record", DAMAGE)
        return seq

    def kind(self, seq: int) -> str:
        """The name of the record's class."""
        return self._entry(seq)[0]

    def digest(self, seq: int) -> bytes:
        """The record's digest as stored, 32 bytes."""
        return self._entry(seq)[1]

    def field_digests(self, seq: int) -> bytes:
        """The digests of the record's deterministic fields as stored, 8 bytes each."""
        return self._entry(seq)[2]

    def read(self, seq: int) -> Record:
        """One record; its arrays are read-only."""
        kind = self.kind(seq)
        with reported(self.path):
            try:
                return load_record(self._connection, seq, kind)
            except TraceError as error:
                fact = f"{self.path}, record {seq}: {error.fact}"
                raise TraceError(fact, error.remedy) from error

    def arrays(self, field: str, seqs: Sequence[int]) -> list[Array]:
        """That array of each of the records; nothing else of them is read."""
        with reported(self.path):
            return [load_field(self._connection, seq, field) for seq in seqs]

    def records(self, first: int = 1, last: int | None = None) -> Iterator[Record]:
        """Records first..last in order; last None: the newest at the time of the call."""
        end = self.last_seq() if last is None else last
        return (self.read(seq) for seq in range(first, end + 1))

    def branches(self) -> Branches:
        """The tree of branches, as far as it is written."""
        self._branches = self.branches_before(_NO_SEQ)
        return self._branches

    def branches_before(self, seq: int) -> Branches:
        """The same, as it was before a record; nothing later is read."""
        known = self._branches
        seqs = self.columns("BranchStarted", [], since_seq=known.seqs[-1])["seq"]
        begun = list(zip(known.seqs[1:], known.records, strict=True))
        begun += [(int(at), self._read_branch(int(at))) for at in seqs if at < seq]
        if len(begun) == len(known.records) and known.seqs[-1] < seq:
            return known
        return Branches([(at, record) for at, record in begun if at < seq])

    def update_seq(self, branch: int, episode: int, t: int, k: int) -> int | None:
        """seq of the branch's own update at that address; None without."""
        query = (
            "SELECT max(seq) FROM GradientUpdate"
            " WHERE branch = ? AND episode = ? AND t = ? AND k = ?"
        )
        return self._newest(query, (branch, episode, t, k))

    def last_snapshot(self, first: int, last: int) -> int | None:
        """seq of the newest snapshot from `first` to `last`; None without."""
        query = "SELECT max(seq) FROM Snapshot WHERE seq BETWEEN ? AND ?"
        return self._newest(query, (first, last))

    def updates(self, branch: int, episode: int, t: int) -> tuple[GradientUpdate, ...]:
        """The gradient updates of one environment step by k, with those of the parents.

        Where a branch begins at k of t and has not made that update itself yet, the parent's
        stands for it: it has the same psi_k.
        """
        found: dict[int, tuple[int, int]] = {}
        for segment in self.branches().path(branch):
            rows = self._rows(
                "SELECT k, max(seq) FROM GradientUpdate"
                " WHERE branch = ? AND episode = ? AND t = ? GROUP BY k ORDER BY k LIMIT ?",
                (segment.branch, episode, t, _MOST_UPDATES + 1),
            )
            if len(rows) > _MOST_UPDATES:
                raise TraceError(f"t = {t} has more than {_MOST_UPDATES} updates", DAMAGE)
            found |= {
                k: (segment.branch, seq)
                for k, seq in rows
                if segment.holds_update(episode, t, k)
            }
        return tuple(
            self._read_at(GradientUpdate, seq, (home, episode, t))
            for _, (home, seq) in sorted(found.items())
        )

    def proposal(self, branch: int, episode: int, t: int) -> Proposal | None:
        """The action proposed at that t, before it was applied; None without."""
        return self._find(Proposal, branch, episode, t)

    def environment_step(self, branch: int, episode: int, t: int) -> EnvironmentStep | None:
        """What happened at that t; None where it has not happened yet."""
        return self._find(EnvironmentStep, branch, episode, t)

    def last_t(self, branch: int, episode: int) -> int | None:
        """The last environment step of an episode that was made; None without."""
        query = "SELECT max(t) FROM EnvironmentStep WHERE branch = ? AND episode = ? AND t < ?"
        for segment in reversed(self.branches().path(branch)):
            t = self._newest(query, (segment.branch, episode, segment.until(episode)))
            if t is not None:
                return t
        return None

    def latest_moment(self) -> tuple[int, int, int] | None:
        """branch, episode, t of the newest update or step or branch; None before any."""
        rows = [
            row
            for kind in (GradientUpdate, Proposal, EnvironmentStep, BranchStarted)
            for row in self._rows(layout(kind.__name__).select_newest)
        ]
        if not rows:
            return None
        if not all(type(number) is int for row in rows for number in row):
            raise TraceError("an address holds something else than whole numbers", DAMAGE)
        _, branch, episode, t = max(rows)
        return branch, episode, t

    def columns(
        self,
        kind: str,
        names: Sequence[str],
        branch: int | None = None,
        episode: int | None = None,
        since_seq: int = 0,
        most: int | None = None,
    ) -> dict[str, Column]:
        """Scalars of all records of a kind after since_seq, and "seq", as arrays of one length.

        bool, int64, float64 (NaN where it was), or object for text. branch and episode
        select only where the kind has them; None means all. most: the first so many rows. The
        rows of a branch are its own; those of its parents are in `path_columns`.
        """
        wanted = {"branch": branch, "episode": episode}
        conditions = {name: value for name, value in wanted.items() if value is not None}
        with reported(self.path):
            return read_columns(
                self._connection, layout(kind), names, conditions, since_seq, most
            )

    def path_columns(
        self, kind: str, names: Sequence[str], branch: int, episode: int | None = None
    ) -> dict[str, Column]:
        """The same along the path to a branch: its parents' rows until it begins, its own.

        Only for kinds that have an address (episode, t). Of commands, those given on the way,
        and that which left a branch at its end.
        """
        has_k = "k" in layout(kind).scalars
        wanted = list(dict.fromkeys(["episode", "t", *(["k"] if has_k else []), *names]))
        parts = [self.columns(kind, wanted, since_seq=_NO_SEQ)]
        for segment in self.branches().path(branch):
            part = self.columns(kind, wanted, branch=segment.branch, episode=episode)
            k = part["k"] if has_k else None
            closed = kind == "CommandApplied"
            held = segment.held(part["episode"], part["t"], k, closed=closed)
            parts.append({name: column[held] for name, column in part.items()})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def check_structure(self) -> None:
        """Read the whole file; TraceError for broken pages or rows that belong to no record."""
        with reported(self.path):
            check_structure(self._connection)

    def _rows(self, query: str, values: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        with reported(self.path):
            return self._connection.execute(query, values).fetchall()

    def _entry(self, seq: int) -> tuple[str, bytes, bytes]:
        query = "SELECT kind, digest, field_digests FROM records WHERE seq = ?"
        for kind, digest, digests in self._rows(query, (seq,)):
            if (
                isinstance(kind, str)
                and isinstance(digest, bytes)
                and isinstance(digests, bytes)
            ):
                return kind, digest, digests
            raise TraceError(f"record {seq} has columns of a wrong type", DAMAGE)
        raise TraceError(f"{self.path} has no record {seq}", f"the last is {self.last_seq()}")

    def _read_started(self) -> RunStarted:
        record = self.read(1)
        if not isinstance(record, RunStarted):
            raise TraceError(f"{self.path} does not begin with RunStarted", DAMAGE)
        return record

    def _newest(self, query: str, values: tuple[int, ...]) -> int | None:
        ((seq,),) = self._rows(query, values)
        if seq is not None and type(seq) is not int:
            raise TraceError("a seq is no whole number", DAMAGE)
        return seq

    def _read_branch(self, seq: int) -> BranchStarted:
        record = self.read(seq)
        if not isinstance(record, BranchStarted):
            raise TraceError(f"an index leads to record {seq}, which is elsewhere", DAMAGE)
        return record

    def _find(
        self, record_type: type[_Addressed], branch: int, episode: int, t: int
    ) -> _Addressed | None:
        query = layout(record_type.__name__).select_at
        for segment in self.branches().path(branch):
            seq = self._newest(query, (segment.branch, episode, t))
            if seq is not None and segment.holds_step(episode, t):
                return self._read_at(record_type, seq, (segment.branch, episode, t))
        return None

    def _read_at(
        self, record_type: type[_Addressed], seq: int, address: tuple[int, int, int]
    ) -> _Addressed:
        record = self.read(seq)
        if (
            not isinstance(record, record_type)
            or (record.branch, record.episode, record.t) != address
        ):
            raise TraceError(f"an index leads to record {seq}, which is elsewhere", DAMAGE)
        return record
