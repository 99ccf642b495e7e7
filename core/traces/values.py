"""Between a record and what the file holds: checked scalars, and arrays as little-endian blobs.

Everything here raises TraceError in one line, for records that cannot be stored as well as for
rows of a damaged or hostile file. Sizes are checked before anything is allocated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import TraceError
from core.traces.schema import Layout, ScalarType, layout
from core.traces.trace import Record

Scalar = bool | int | float | str
Array = NDArray[Any]
Value = Scalar | Array

DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")
LARGEST_ARRAY = 64 * 2**20
"""Bytes of one array."""
LARGEST_RECORD = 2 * LARGEST_ARRAY
"""Bytes of all arrays of a record."""
DAMAGE = "the trace is damaged, use a copy"
_LARGEST_RANK = 8
_INT64 = range(-(2**63), 2**63)
_SHAPE = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*", re.ASCII)
_STORED_TYPES = {"bool": int, "int": int, "float": float, "str": str}


def values_of(record: Record) -> dict[str, Any]:
    """The fields of a record as Python scalars and contiguous little-endian arrays."""
    kind = layout(type(record).__name__)
    scalars = {name: _scalar(kind, name, getattr(record, name)) for name in kind.scalars}
    arrays = {name: _array(kind, name, getattr(record, name)) for name in kind.arrays}
    _check_letters(kind, arrays)
    if sum(array.nbytes for array in arrays.values()) > LARGEST_RECORD:
        raise TraceError(f"a {kind.kind} is larger than 128 MiB", "keep fewer particles")
    return scalars | arrays


def make_record(kind: str, scalars: Mapping[str, Any], arrays: Mapping[str, Any]) -> Record:
    """The record of those fields, the inverse of values_of."""
    _check_letters(layout(kind), arrays)
    return layout(kind).record_type(**scalars, **arrays)


def load_scalar(name: str, stored: object, scalar_type: ScalarType) -> Scalar:
    """The scalar of one stored column."""
    if scalar_type == "float" and stored is None:
        return math.nan
    if type(stored) is not _STORED_TYPES[scalar_type]:
        raise _damaged(f"column {name} holds {type(stored).__name__}, not {scalar_type}")
    if scalar_type == "bool" and stored not in (0, 1):
        raise _damaged(f"column {name} holds {stored!r}, not a bool")
    return bool(stored) if scalar_type == "bool" else cast(Scalar, stored)


def load_array(field: str, dtype: object, shape: object, data: object) -> Array:
    """The read-only array of one row of the table `arrays`."""
    if not (isinstance(dtype, str) and isinstance(shape, str) and isinstance(data, bytes)):
        raise _damaged(f"array {field} has columns of a wrong type")
    if dtype not in DTYPES:
        raise _damaged(f"array {field} has the unknown dtype {dtype[:20]!r}")
    sizes = _parse_shape(field, shape)
    little = np.dtype(dtype).newbyteorder("<")
    largest = math.prod(max(size, 1) for size in sizes) * little.itemsize
    if math.prod(sizes) * little.itemsize != len(data) or largest > LARGEST_ARRAY:
        raise _damaged(f"array {field} says {dtype} ({shape}) and holds {len(data)} bytes")
    array: Array = np.frombuffer(data, dtype=little).astype(dtype, copy=False).reshape(sizes)
    if dtype == "bool" and data and array.view(np.uint8).max() > 1:
        raise _damaged(f"array {field} holds bytes that are no bools")
    array.setflags(write=False)
    return array


def dtype_name(array: Array) -> str:
    """The name an array's dtype has in a trace, the same on every machine."""
    return _name(array.dtype)


@cache
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.newbyteorder("=").name


def shape_text(array: Array) -> str:
    """The shape as stored, e.g. "8,6,11"."""
    return ",".join(str(size) for size in array.shape)


def _scalar(kind: Layout, name: str, value: Any) -> Scalar:
    scalar_type = kind.scalars[name]
    if scalar_type == "str" and isinstance(value, str) and _is_utf8(value):
        return str(value)
    if isinstance(value, bool | np.bool_):
        if scalar_type == "bool":
            return bool(value)
    elif scalar_type == "int" and isinstance(value, int | np.integer) and int(value) in _INT64:
        return int(value)
    elif scalar_type == "float" and isinstance(value, int | float | np.integer | np.floating):
        return float(value)
    raise _unfit(kind, name, f"{value!r:.40} is not {scalar_type}")


def _array(kind: Layout, name: str, value: Any) -> Array:
    if not isinstance(value, np.ndarray) or dtype_name(value) not in DTYPES:
        found = getattr(value, "dtype", type(value).__name__)
        raise _unfit(kind, name, f"{found} is not an array of {', '.join(DTYPES)}")
    if value.nbytes > LARGEST_ARRAY or value.ndim > _LARGEST_RANK:
        raise _unfit(kind, name, f"an array of {value.nbytes} bytes is too large")
    return np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).reshape(value.shape)


def _check_letters(kind: Layout, arrays: Mapping[str, Array]) -> None:
    """One letter is one size within a record; an array without elements stands for "none"."""
    sizes: dict[str, int] = {}
    for name, letters in kind.arrays.items():
        shape = arrays[name].shape
        if arrays[name].size == 0:
            continue
        agree = len(shape) == len(letters)
        for letter, size in zip(letters, shape, strict=False):
            base, _, more = letter.partition("+")
            expected = (
                int(base) if base.isdigit() else sizes.setdefault(base, size - int(more or 0))
            )
            agree = agree and size == expected + int(more or 0)
        if not agree:
            raise _unfit(kind, name, f"shape {shape} is not ({', '.join(letters)})")


def _parse_shape(field: str, shape: str) -> tuple[int, ...]:
    sizes = shape.split(",") if len(shape) <= 10 * _LARGEST_RANK else []
    if not _SHAPE.fullmatch(shape) or not 1 <= len(sizes) <= _LARGEST_RANK:
        raise _damaged(f"array {field} has the unreadable shape {shape[:40]!r}")
    return tuple(int(size) for size in sizes)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _damaged(fact: str) -> TraceError:
    return TraceError(fact, DAMAGE)


def _unfit(kind: Layout, name: str, fact: str) -> TraceError:
    return TraceError(f"{kind.kind}.{name}: {fact}", "this record cannot be stored")
