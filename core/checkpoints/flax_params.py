"""Parameters that flax.serialization wrote: msgpack with arrays in it, read without unpickling.

Only what such a file needs is read: maps with text keys, and arrays (extension type 1: shape,
dtype name, bytes). Everything is checked against the bytes that are there before it is made.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from core.errors import CheckpointError

MOST_ITEMS = 4096
DEEPEST = 16
_ARRAY = 1
"""Flax's extension type of an array."""
_DTYPES = {"float32": 4, "float16": 2, "float64": 8, "int32": 4, "int64": 8, "uint32": 4}
_LENGTHS = {
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"), 0xDE: ("map", ">H"), 0xDF: ("map", ">I"),
    0xC7: ("extension", ">B"), 0xC8: ("extension", ">H"), 0xC9: ("extension", ">I"),
}  # fmt: skip
_FIXED = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
"""Extensions whose length is in their first byte."""
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def looks_like_flax(content: bytes) -> bool:
    """Whether it begins as a map of msgpack does."""
    return bool(content) and (content[0] in (0xDE, 0xDF) or 0x81 <= content[0] <= 0x8F)


def read_flax_params(content: bytes, name: str) -> dict[str, Any]:
    """Nested dictionaries of arrays. Raises CheckpointError on anything doubtful."""
    reader = _Reader(content)
    try:
        found = reader.value(0)
    except (ValueError, struct.error, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())[:120]
        raise CheckpointError(f"{name} is not a flax file ({line})", _AGAIN) from error
    if not isinstance(found, dict) or reader.place != len(content):
        raise CheckpointError(f"{name} is not a flax file", _AGAIN)
    return found


_AGAIN = "write it with flax.serialization.to_bytes(params)"


class _Reader:
    """Reads values one after the other; ValueError where the bytes are not what they say."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = self.items = 0

    def value(self, depth: int) -> Any:
        self.items += 1
        if depth > DEEPEST or self.items > MOST_ITEMS:
            raise ValueError("it is nested too deep or has too many items")
        first = self._take(1)[0]
        if first < 0x80 or first >= 0xE0:
            return first if first < 0x80 else first - 0x100
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            return self._number(_NUMBERS[first])
        if first in _FIXED:
            return self._extension(_FIXED[first], depth)
        kind, size = self._kind(first)
        return self._sized(kind, size, depth)

    def _kind(self, first: int) -> tuple[str, int]:
        if first in _LENGTHS:
            kind, code = _LENGTHS[first]
            return kind, int(self._number(code))
        if first < 0x90:
            return "map", first & 0x0F
        if first < 0xA0:
            return "list", first & 0x0F
        if first < 0xC0:
            return "text", first & 0x1F
        raise ValueError(f"the byte {first:#x} begins nothing")

    def _sized(self, kind: str, size: int, depth: int) -> Any:
        if kind == "extension":
            return self._extension(size, depth)
        if kind == "text":
            return self._take(size).decode()
        if kind == "bytes":
            return self._take(size)
        # Each item takes a byte at least.
        if size > len(self.content) - self.place:
            raise ValueError(f"a {kind} claims {size:,} items")
        if kind == "list":
            return [self.value(depth + 1) for _ in range(size)]
        found: dict[str, Any] = {}
        for _ in range(size):
            key = self.value(depth + 1)
            if not isinstance(key, str) or key in found:
                raise ValueError("a key is no text, or comes twice")
            found[key] = self.value(depth + 1)
        return found

    def _extension(self, size: int, depth: int) -> Any:
        kind = self._number(">b")
        inner = _Reader(self._take(size))
        if kind != _ARRAY:
            raise ValueError(f"it holds an extension {kind}, not an array")
        parts = inner.value(depth + 1)
        if not isinstance(parts, list) or len(parts) != 3 or inner.place != size:
            raise ValueError("an array has not shape, dtype and data")
        return _array(*parts)

    def _number(self, code: str) -> Any:
        (found,) = struct.unpack(code, self._take(struct.calcsize(code)))
        return found

    def _take(self, size: int) -> bytes:
        taken = self.content[self.place : self.place + size]
        if len(taken) < size:
            raise ValueError(f"it claims {size:,} bytes where {len(taken):,} are left")
        self.place += size
        return taken


def _array(shape: Any, dtype: Any, data: Any) -> Any:
    sizes = shape if isinstance(shape, list) else []
    whole = all(type(size) is int and 0 <= size < 2**31 for size in sizes)
    if not whole or len(sizes) > 4 or not isinstance(data, bytes) or dtype not in _DTYPES:
        raise ValueError("an array of a foreign kind")
    count = 1
    for size in sizes:
        count *= size
    if count * _DTYPES[dtype] != len(data):
        raise ValueError(f"an array says {sizes} of {dtype} and holds {len(data)} bytes")
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(sizes).astype(dtype)
