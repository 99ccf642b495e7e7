"""The header of a safetensors file, checked before anything is allocated.

Eight bytes (little-endian length), JSON of that length (name -> dtype, shape, offsets), data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.checkpoints.strict_json import parse_json
from core.errors import CheckpointError

LARGEST_HEADER = 2**20
"""Bytes."""
MOST_TENSORS = 4096
MOST_DIMENSIONS = 8
ITEM_SIZES = {"F32": 4, "F64": 8, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
"""The dtypes that Psiscope stores -> bytes an item."""

_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_AGAIN = "copy or train it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Shapes by tensor name, and the file's free texts."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]
    places: dict[str, tuple[str, int, int]]
    """Tensor name -> its dtype, and where in the file its bytes begin and end."""


def check_header(content: bytes, name: str, *, limit: int = LARGEST_HEADER) -> Header:
    """Check a whole file. Raises CheckpointError unless its tensors fill it exactly."""
    refuse_pickle(content, name)
    length = int.from_bytes(content[:8], "little")
    if len(content) < 10 or length > len(content) - 8:
        raise CheckpointError(f"{name} is cut off or not a safetensors file", _AGAIN)
    if length > limit:
        raise CheckpointError(f"the header of {name} claims {length:,} bytes", _AGAIN)
    values = parse_json(content[8 : 8 + length], f"the header of {name}", limit=limit)
    if not isinstance(values, dict) or len(values) > MOST_TENSORS:
        raise CheckpointError(f"the header of {name} is no list of tensors", _AGAIN)
    metadata = _check_metadata(values.pop("__metadata__", {}), name)
    spans = {tensor: _check_tensor(entry, tensor, name) for tensor, entry in values.items()}
    _check_spans([span for _, span in spans.values()], len(content) - 8 - length, name)
    data = 8 + length
    return Header(
        shapes={tensor: shape for tensor, (shape, _) in spans.items()},
        metadata=metadata,
        places={
            tensor: (values[tensor]["dtype"], data + first, data + last)
            for tensor, (_, (first, last)) in spans.items()
        },
    )


def refuse_pickle(content: bytes, name: str) -> None:
    """Raise CheckpointError where the first bytes are those of a pickle or of torch.save."""
    a_header_length = not any(content[3:8])
    if content.startswith(_PICKLES) and not a_header_length:
        raise CheckpointError(
            f"{name} is a pickle",
            "Psiscope does not read pickles, they can run code; save it as safetensors",
        )


def _check_metadata(values: Any, name: str) -> dict[str, str]:
    texts = isinstance(values, dict) and all(isinstance(text, str) for text in values.values())
    if not texts:
        raise CheckpointError(f"the metadata of {name} are not texts", _AGAIN)
    return dict(values)


def _check_tensor(
    entry: Any, tensor: str, name: str
) -> tuple[tuple[int, ...], tuple[int, int]]:
    """The shape and the first and last byte of one tensor."""
    where = f"tensor {tensor[:80]!r} in {name}"
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise CheckpointError(f"{where} is not described", _AGAIN)
    dtype, shape, span = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise CheckpointError(
            f"{where} has dtype {str(dtype)[:20]}", f"use {', '.join(ITEM_SIZES)}"
        )
    if not (_are_sizes(shape) and len(shape) <= MOST_DIMENSIONS):
        raise CheckpointError(f"{where} has no usable shape", _AGAIN)
    claimed = math.prod(shape) * ITEM_SIZES[dtype]
    if not (_are_sizes(span) and len(span) == 2 and span[1] - span[0] == claimed):
        raise CheckpointError(f"{where} claims {claimed:,} bytes and has others", _AGAIN)
    return tuple(shape), (span[0], span[1])


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(
        type(value) is int and value >= 0 for value in values
    )


def _check_spans(spans: list[tuple[int, int]], available: int, name: str) -> None:
    """The tensors lie one after the other and fill the data."""
    position = 0
    for first, last in sorted(spans):
        if first != position:
            raise CheckpointError(f"the tensors in {name} overlap or leave gaps", _AGAIN)
        position = last
    if position != available:
        raise CheckpointError(
            f"{name} should hold {position:,} bytes, it has {available:,}", _AGAIN
        )
