"""The reference of the records, docs/record-reference.md: `python -m core.traces.reference`."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from typing import Any

from core.traces.schema import layout
from core.traces.trace import FORMAT_VERSION, RECORDS, Record
from core.traces.values import DTYPES

_MODULES = " and ".join(
    f"{module.replace('.', '/')}.py"
    for module in sorted({record_type.__module__ for record_type in RECORDS})
)
_HEAD = f"""# Records of a trace

Generated from {_MODULES} by
`python -m core.traces.reference`; do not edit.
Trace format {FORMAT_VERSION}.

A trace is one SQLite file. Table `records` (seq, kind, digest, field_digests) holds the order,
from seq 1 without gaps; record 1 is RunStarted. Each record has a row of scalars in the table
of its kind, found by seq. Its arrays are rows of table `arrays` (seq, field, dtype, shape,
data): bytes in little-endian, row-major order; shape is text such as `8,6,11`; dtype is one of
{", ".join(DTYPES)}. A NaN is stored as NULL, a bool as 0 or 1.

Letters in shapes: S state, A action, H imagined steps, M particles kept (at most 64), L policy
layers, P physics state, W policy weights, R and C rows and columns of a maze's squares (four to
the edge of a cell). One letter is one size within a record; an array without elements means
"none". Unit 1 is dimensionless.

*Deterministic* fields (d) are covered by the digests and are bit-identical on replay;
*observed* fields (o) are not. The digest (blake2b) of a field has 8 bytes, that of a record 32:
it is taken over the digest of the record before, the kind and the digests of the fields, see
core/traces/digest.py.
"""


def reference() -> str:
    """The whole document, in Markdown."""
    return "\n".join((_HEAD, *(_section(record_type) for record_type in RECORDS)))


def _section(record_type: type[Record]) -> str:
    rows = "\n".join(_row(record_type, f) for f in dataclasses.fields(record_type))
    return (
        f"## {record_type.__name__}\n\n{inspect.cleandoc(record_type.__doc__ or '')}\n\n"
        "| field | type | shape | unit | | meaning |\n|---|---|---|---|---|---|\n"
        f"{rows}\n"
    )


def _row(record_type: type[Record], field: dataclasses.Field[Any]) -> str:
    fields = layout(record_type.__name__)
    about = field.metadata
    cells = (
        f"`{field.name}`",
        fields.scalars.get(field.name, "array"),
        about["shape"].replace(",", ", "),
        about["unit"],
        "o" if about["observed"] else "d",
        about["meaning"].replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
