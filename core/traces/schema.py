"""The layout of a trace file, derived from the records of trace.py.

One table per record kind holds the scalars as columns; `arrays` holds the arrays as blobs in
little-endian order; `records` is the order and the digest chain. Columns of floats have no
declared type, as SQLite turns -0.0 into 0 in a REAL column. NaN is stored as NULL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

from core.traces.trace import RECORDS, Record, is_array, record_type

ScalarType = Literal["bool", "int", "float", "str"]

APPLICATION_ID = 0x50736953
"""What SQLite's header says of a trace: "PsiS"."""

_COLUMN_TYPES = {"bool": " INTEGER", "int": " INTEGER", "float": "", "str": " TEXT"}
_ADDRESS = ("branch", "episode", "t", "k")
_RECORDS_TABLE = (
    "CREATE TABLE records (seq INTEGER PRIMARY KEY, kind TEXT, digest BLOB, field_digests BLOB)"
)
_ARRAYS_TABLE = (
    "CREATE TABLE arrays (seq INTEGER, field TEXT, dtype TEXT, shape TEXT, data BLOB)"
)
_ARRAYS_INDEX = "CREATE INDEX arrays_seq ON arrays (seq)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The fields of one record kind, in declaration order, and the SQL for them.

    Names in the SQL are those of the record classes, never text of a file.
    """

    kind: str
    record_type: type[Record]
    scalars: dict[str, ScalarType]
    arrays: dict[str, tuple[str, ...]]
    """Letters of the shape of each array, e.g. ("M", "H+1", "S")."""
    deterministic: tuple[str, ...]
    """Names of the fields the digests cover."""

    @property
    def insert(self) -> str:
        """The statement that inserts seq and all scalars."""
        return f"INSERT INTO {self.kind} VALUES (?{', ?' * len(self.scalars)})"  # noqa: S608

    @property
    def select(self) -> str:
        """The query for all scalars of one seq."""
        return f"SELECT {', '.join(self.scalars)} FROM {self.kind} WHERE seq = ?"  # noqa: S608

    @property
    def select_newest(self) -> str:
        """The query for seq and address (branch, episode, t) of the newest row."""
        return f"SELECT seq, branch, episode, t FROM {self.kind} ORDER BY seq DESC LIMIT 1"  # noqa: S608

    @property
    def select_at(self) -> str:
        """The query for the seq of the row at (branch, episode, t); NULL for none."""
        return (
            f"SELECT max(seq) FROM {self.kind}"  # noqa: S608
            " WHERE branch = ? AND episode = ? AND t = ?"
        )

    def select_columns(self, names: Sequence[str], equal: Sequence[str]) -> str:
        """The query for seq and `names` after a seq, where each of `equal` has a value; at most
        as many rows as its last parameter says, -1 for all.

        By rowid, not by index: a row of a damaged file can then be seen to come twice.
        """
        where = "".join(f" AND {name} = ?" for name in equal)
        columns = ", ".join(("seq", *names))
        return (
            f"SELECT {columns} FROM {self.kind} NOT INDEXED"  # noqa: S608
            f" WHERE seq > ?{where} ORDER BY seq LIMIT ?"
        )


@cache
def layout(kind: str) -> Layout:
    """The layout of the record class of that name; TraceError for a foreign kind."""
    fields = dataclasses.fields(record_type(kind))
    return Layout(
        kind=kind,
        record_type=record_type(kind),
        scalars={f.name: _scalar_type(f) for f in fields if not is_array(f)},
        arrays={f.name: tuple(f.metadata["shape"].split(",")) for f in fields if is_array(f)},
        deterministic=tuple(f.name for f in fields if not f.metadata["observed"]),
    )


@cache
def statements() -> tuple[str, ...]:
    """Every CREATE statement of a trace, exactly as SQLite keeps them in its schema table."""
    created = [_RECORDS_TABLE, _ARRAYS_TABLE, _ARRAYS_INDEX]
    for kind in (layout(r.__name__) for r in RECORDS):
        columns = "".join(f", {n}{_COLUMN_TYPES[t]}" for n, t in kind.scalars.items())
        created.append(f"CREATE TABLE {kind.kind} (seq INTEGER PRIMARY KEY{columns})")
        address = ", ".join(name for name in _ADDRESS if name in kind.scalars)
        if address:
            created.append(f"CREATE INDEX {kind.kind}_address ON {kind.kind} ({address})")
    return tuple(created)


def _scalar_type(field: dataclasses.Field[object]) -> ScalarType:
    name = getattr(field.type, "__name__", field.type)
    for scalar_type in get_args(ScalarType):
        if name == scalar_type:
            return cast(ScalarType, scalar_type)
    raise TypeError(f"no column can hold field {field.name} of type {name}")
