"""One record as rows: what is inserted, and how it is put together again."""

from __future__ import annotations

import sqlite3
from typing import Any

from core.errors import TraceError
from core.traces.digest import field_digests, record_digest
from core.traces.schema import Layout, layout
from core.traces.trace import Record
from core.traces.values import (
    DAMAGE,
    LARGEST_RECORD,
    Array,
    dtype_name,
    load_array,
    load_scalar,
    make_record,
    shape_text,
    values_of,
)


def insert_record(
    connection: sqlite3.Connection, seq: int, record: Record, previous: bytes
) -> bytes:
    """Insert the rows of a record, chained to the digest of the last; return its digest."""
    fields = layout(type(record).__name__)
    values = values_of(record)
    digests = field_digests(fields.kind, values)
    digest = record_digest(previous, fields.kind, digests)
    connection.execute(
        "INSERT INTO records VALUES (?, ?, ?, ?)", (seq, fields.kind, digest, digests)
    )
    connection.execute(fields.insert, (seq, *(values[name] for name in fields.scalars)))
    connection.executemany(
        "INSERT INTO arrays VALUES (?, ?, ?, ?, ?)",
        [(seq, name, *_blob(values[name])) for name in fields.arrays],
    )
    return digest


def load_record(connection: sqlite3.Connection, seq: int, kind: str) -> Record:
    """The record of that seq and kind; TraceError where rows are missing or unsound."""
    fields = layout(kind)
    row = connection.execute(fields.select, (seq,)).fetchone()
    if row is None:
        raise TraceError(f"table {kind} has no row for it", DAMAGE)
    scalars = {
        name: load_scalar(name, stored, scalar_type)
        for (name, scalar_type), stored in zip(fields.scalars.items(), row, strict=True)
    }
    return make_record(kind, scalars, _load_arrays(connection, seq, fields))


def load_field(connection: sqlite3.Connection, seq: int, field: str) -> Array:
    """One array of a record, without the others; TraceError where it is missing or unsound."""
    query = "SELECT dtype, shape, data FROM arrays WHERE seq = ? AND field = ?"
    rows = connection.execute(query, (seq, field)).fetchmany(2)
    if len(rows) != 1:
        raise TraceError(f"record {seq} has {len(rows)} arrays {field}", DAMAGE)
    return load_array(field, *rows[0])


def _load_arrays(connection: sqlite3.Connection, seq: int, fields: Layout) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    total = 0
    rows = connection.execute(
        "SELECT field, dtype, shape, data FROM arrays WHERE seq = ?", (seq,)
    )
    for field, dtype, shape, data in rows:
        if field not in fields.arrays or field in arrays:
            raise TraceError(f"it has a foreign array {field!s:.40}", DAMAGE)
        arrays[field] = load_array(field, dtype, shape, data)
        total += arrays[field].nbytes
        if total > LARGEST_RECORD:
            raise TraceError("it is larger than 128 MiB", DAMAGE)
    if len(arrays) != len(fields.arrays):
        missing = next(name for name in fields.arrays if name not in arrays)
        raise TraceError(f"it has no array {missing}", DAMAGE)
    return arrays


def _blob(array: Any) -> tuple[str, str, memoryview]:
    return dtype_name(array), shape_text(array), array.reshape(-1).view("uint8").data
