"""Scalars of many records as numpy columns, in one query."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import TraceError
from core.traces.schema import Layout, ScalarType
from core.traces.values import DAMAGE

Column = NDArray[Any]

_DTYPES: dict[ScalarType, Any] = {
    "bool": np.bool_,
    "int": np.int64,
    "float": np.float64,
    "str": np.object_,
}
_STORED: dict[ScalarType, set[type]] = {
    "bool": {int},
    "int": {int},
    "float": {float, type(None)},
    "str": {str},
}
_FETCH = 4096


def read_columns(
    connection: sqlite3.Connection,
    fields: Layout,
    names: Sequence[str],
    conditions: dict[str, int],
    since_seq: int,
    most: int | None = None,
) -> dict[str, Column]:
    """Columns `names` and seq of the records after since_seq that meet name = value, by seq.

    most: the first so many of them.
    """
    names = [name for name in names if name != "seq"]
    for name in names:
        if name not in fields.scalars:
            raise TraceError(
                f"{fields.kind} has no scalar {name}", "see docs/record-reference.md"
            )
    equal = {name: value for name, value in conditions.items() if name in fields.scalars}
    query = fields.select_columns(names, list(equal))
    values = (since_seq, *equal.values(), -1 if most is None else most)
    rows = _fetch(connection.execute(query, values), since_seq)
    columns = zip(*rows, strict=True) if rows else ((),) * (1 + len(names))
    types: dict[str, ScalarType] = {"seq": "int", **{n: fields.scalars[n] for n in names}}
    return {
        name: _column(name, column, types[name])
        for name, column in zip(("seq", *names), columns, strict=True)
    }


def _fetch(cursor: sqlite3.Cursor, since_seq: int) -> list[tuple[Any, ...]]:
    """All rows. In a damaged file rows can come again and again, so seq must rise."""
    rows: list[tuple[Any, ...]] = []
    last = since_seq
    while batch := cursor.fetchmany(_FETCH):
        seqs = [last, *(row[0] for row in batch)]
        if any(b <= a for a, b in pairwise(seqs)):
            raise TraceError("the rows of a table are out of order", DAMAGE)
        rows += batch
        last = seqs[-1]
    return rows


def _column(name: str, stored: Sequence[Any], scalar_type: ScalarType) -> Column:
    foreign = set(map(type, stored)) - _STORED[scalar_type]
    if foreign or (scalar_type == "bool" and not set(stored) <= {0, 1}):
        raise TraceError(f"column {name} holds values that are no {scalar_type}", DAMAGE)
    return np.array(stored, dtype=_DTYPES[scalar_type])
