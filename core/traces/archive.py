"""Writing a trace: one SQLite file, one commit per record, one writer at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path
from types import TracebackType

from core.errors import TraceError
from core.traces import lock
from core.traces.connection import (
    TraceFull,
    connect,
    open_writable,
    reported,
    wal_bytes,
    wal_path,
)
from core.traces.digest import START
from core.traces.reader import TraceReader
from core.traces.rows import insert_record
from core.traces.schema import APPLICATION_ID, statements
from core.traces.trace import FORMAT_VERSION, Record, RunStarted

__all__ = ["TraceFull", "TraceReader", "TraceWriter"]


class TraceWriter:
    """The one writer of a trace. Every error is a TraceError; a full disk a TraceFull."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = _lock(path)
        self._last_seq, self._digest = _last(connection)

    @classmethod
    def create(cls, path: Path, started: RunStarted) -> TraceWriter:
        """A new trace whose record 1 is `started`. The file appears complete or not at all."""
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with reported(path):
            if path.exists():
                raise _exists(path)
            if wal_bytes(path):
                # SQLite would take it for a part of the new file.
                raise TraceError(
                    f"{wal_path(path)} is left of another trace",
                    "move it or choose another name",
                )
            try:
                _write_first(new, started)
                _publish(new, path)
            finally:
                for suffix in ("", "-journal"):
                    Path(f"{new}{suffix}").unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> TraceWriter:
        """Go on after the last committed record; TraceError while another process writes."""
        connection = open_writable(path)
        try:
            with reported(path):
                return cls(path, connection)
        except TraceError:
            connection.close()
            raise

    @property
    def last_seq(self) -> int:
        """seq of the last committed record."""
        return self._last_seq

    def append(self, *records: Record) -> int:
        """Commit records together and return the last seq. After a TraceFull try again."""
        seq, digest = self._last_seq, self._digest
        with reported(self.path):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                for record in records:
                    seq += 1
                    digest = insert_record(self._connection, seq, record, digest)
                self._connection.execute("COMMIT")
            except (sqlite3.Error, TraceError):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        self._last_seq, self._digest = seq, digest
        return seq

    def paused_since(self, seq: int) -> bool:
        """Whether a breakpoint has paused the run after that record."""
        query = "SELECT count(*) FROM BreakpointHit WHERE seq > ? AND paused"
        with reported(self.path):
            (count,) = self._connection.execute(query, (seq,)).fetchone()
        return bool(count)

    def command_seq(self, command_id: str) -> int | None:
        """seq of the record of that command; None where it was never applied."""
        query = "SELECT min(seq) FROM CommandApplied WHERE command_id = ?"
        with reported(self.path):
            (seq,) = self._connection.execute(query, (command_id,)).fetchone()
        return None if seq is None else int(seq)

    def was_accepted(self, seq: int) -> bool:
        """Whether the command of that record took effect."""
        query = "SELECT accepted FROM CommandApplied WHERE seq = ?"
        with reported(self.path):
            (accepted,) = self._connection.execute(query, (seq,)).fetchone()
        return bool(accepted)

    def close(self) -> None:
        """Leave one file. Where readers are still open, the last of them does."""
        with reported(self.path):
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.execute("PRAGMA busy_timeout = 0")
                os.close(self._lock)
                with contextlib.suppress(sqlite3.OperationalError):
                    self._connection.execute("PRAGMA journal_mode = DELETE")
            finally:
                self._connection.close()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _write_first(path: Path, started: RunStarted) -> None:
    connection = connect(path, "mode=rwc")
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("BEGIN")
        for statement in statements():
            connection.execute(statement)
        insert_record(connection, 1, started, START)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _publish(new: Path, path: Path) -> None:
    """Give the finished file its name, never over another file."""
    try:
        os.link(new, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        # A file system without hard links.
        new.rename(path)


def _lock(path: Path) -> int:
    descriptor = lock.take(wal_path(path))
    if descriptor is None:
        raise TraceError(
            f"another process writes {path}", "stop that engine or choose another name"
        )
    return descriptor


def _last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    query = "SELECT seq, digest FROM records ORDER BY seq DESC LIMIT 1"
    seq, digest = connection.execute(query).fetchone() or (0, START)
    return seq, digest


def _exists(path: Path) -> TraceError:
    return TraceError(f"{path} exists", "choose another name or remove it")
