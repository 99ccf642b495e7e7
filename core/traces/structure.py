"""Whether the tables of a trace fit together, apart from what the digests cover."""

from __future__ import annotations

import sqlite3

from core.errors import TraceError
from core.traces.schema import layout
from core.traces.trace import RECORDS
from core.traces.values import DAMAGE


def check_structure(connection: sqlite3.Connection) -> None:
    """Read the whole file; TraceError for broken pages or rows that belong to no record."""
    for (problem,) in connection.execute("PRAGMA integrity_check(1)"):
        if problem != "ok":
            raise TraceError(f"the file is broken ({problem!s:.200})", DAMAGE)
    query = "SELECT count(*), min(seq), max(seq) FROM records"
    count, first, last = connection.execute(query).fetchone()
    if (first, last) != (1, count):
        raise TraceError(f"records are missing between 1 and {last}", DAMAGE)
    kinds = dict(connection.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
    arrays = 0
    for fields in (layout(r.__name__) for r in RECORDS):
        expected = kinds.get(fields.kind, 0)
        _expect(connection, fields.kind, expected)
        arrays += expected * len(fields.arrays)
    _expect(connection, "arrays", arrays)


def _expect(connection: sqlite3.Connection, table: str, expected: int) -> None:
    # The name is one of ours, never text of the file.
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    if found != expected:
        raise TraceError(
            f"table {table} has {found} rows, the records ask for {expected}", DAMAGE
        )
