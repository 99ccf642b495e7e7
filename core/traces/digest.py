"""Digests: 8 bytes for each deterministic field, 32 bytes for a record, chained to the last.

Canonical bytes of a field: a letter for its type, then the value in little-endian order; of an
array also dtype and shape. Every NaN counts as the same; -0.0 and 0.0 differ. Observed fields
never enter.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from core.traces.schema import layout
from core.traces.values import Array, Value, dtype_name, shape_text

FIELD_BYTES = 8
RECORD_BYTES = 32
START = bytes(RECORD_BYTES)
"""What the first record's digest is chained to."""
_NAN = bytes.fromhex("000000000000f87f")


def field_digests(kind: str, values: Mapping[str, Value]) -> bytes:
    """The digests of the deterministic fields, in declaration order, 8 bytes each."""
    return b"".join(_field_digest(values[n]) for n in layout(kind).deterministic)


def record_digest(previous: bytes, kind: str, digests: bytes) -> bytes:
    """The digest (32 bytes) of a record of that kind whose fields have those digests."""
    chained = previous + kind.encode() + b"\0" + digests
    return blake2b(chained, digest_size=RECORD_BYTES).digest()


def _field_digest(value: Value) -> bytes:
    if isinstance(value, np.ndarray):
        return _array_digest(value)
    return blake2b(_scalar_bytes(value), digest_size=FIELD_BYTES).digest()


def _scalar_bytes(value: bool | int | float | str) -> bytes:
    match value:
        case bool():
            return b"b" + struct.pack("<?", value)
        case int():
            return b"i" + struct.pack("<q", value)
        case float():
            return b"f" + (_NAN if math.isnan(value) else struct.pack("<d", value))
        case str():
            return b"s" + value.encode()


def _array_digest(array: Array) -> bytes:
    digest = blake2b(
        f"a{dtype_name(array)},{shape_text(array)}".encode(), digest_size=FIELD_BYTES
    )
    digest.update(b"\0")
    if array.dtype.kind == "f":
        missing = np.isnan(array)
        if missing.any():
            array = np.where(missing, array.dtype.type(np.nan), array)
    digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).data)
    return digest.digest()
