"""JSON from outside, read strictly: bounded, finite, no key twice; decoded into dataclasses."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from core.errors import CheckpointError

LARGEST_JSON = 4 * 2**20
"""Bytes of one JSON file."""
DEEPEST_JSON = 32
"""Lists and objects inside one another."""
_LARGEST_INTEGER = 2**63

Record = TypeVar("Record")


def parse_json(
    content: bytes, name: str, *, limit: int = LARGEST_JSON, deepest: int = DEEPEST_JSON
) -> Any:
    """Parse UTF-8 JSON. Raises CheckpointError, naming the source, on anything doubtful."""
    if len(content) > limit:
        raise CheckpointError(f"{name} is over {limit >> 20} MiB of JSON", "it is not ours")
    try:
        found = json.loads(
            content.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
        _check_values(found, deepest)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise CheckpointError(f"{name} is not valid JSON", reason) from error
    return found


def canonical_json(value: Any) -> str:
    """Sorted keys, no blanks, exact floats. Raises CheckpointError for NaN and infinity."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError("a value cannot be written as JSON", str(error)) from error


def decode(record: type[Record], value: Any, name: str) -> Record:
    """Build a dataclass from parsed JSON by its annotations; every key must be known and right.

    Understands int, float, str, bool, X | None, tuple[X, ...], dict[str, X], Any, dataclasses.
    """
    if not isinstance(value, dict):
        raise CheckpointError(f"{name} is not a JSON object", "the file is broken or foreign")
    fields = {field.name: field for field in dataclasses.fields(record)}  # type: ignore[arg-type]
    unknown = sorted(value.keys() - fields.keys())
    if unknown:
        raise CheckpointError(f"{name} has an unknown key {unknown[0][:80]!r}", _FOREIGN)
    hints = get_type_hints(record)
    missing = [
        key for key, field in fields.items() if key not in value and not _has_default(field)
    ]
    if missing:
        raise CheckpointError(f"{name} has no {missing[0]!r}", _FOREIGN)
    return record(**{key: _decode(hints[key], value[key], f"{name}: {key}") for key in value})


_FOREIGN = "the file is broken or written by another program"


def _decode(hint: Any, value: Any, name: str) -> Any:
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return decode(hint, value, name)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is types.UnionType:
        return None if value is None else _decode(arguments[0], value, name)
    if origin is tuple and isinstance(value, list):
        return tuple(_decode(arguments[0], item, name) for item in value)
    if origin is dict and isinstance(value, dict):
        return {
            key: _decode(arguments[1], item, f"{name}: {key}") for key, item in value.items()
        }
    return _decode_scalar(hint, value, name)


def _decode_scalar(hint: Any, value: Any, name: str) -> Any:
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        wanted = {
            int: "a whole number",
            float: "a number",
            str: "a text",
            bool: "true or false",
        }
        raise CheckpointError(
            f"{name} should be {wanted.get(hint, 'a list or object')}", _FOREIGN
        )
    return value


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} comes twice")
    return values


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _bounded(text: str) -> int:
    number = int(text) if len(text) < 21 else _LARGEST_INTEGER
    if not -_LARGEST_INTEGER <= number < _LARGEST_INTEGER:
        raise ValueError(f"{text[:40]} is too large")
    return number


def _check_values(found: Any, deepest: int) -> None:
    """Refuse what nests too deep, and texts no file or screen can take (lone surrogates)."""
    level = [found]
    for _ in range(deepest):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, str):
                value.encode()
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, dict):
                deeper += (*value, *value.values())
        level = deeper
    if level:
        raise ValueError("it is nested too deep")
