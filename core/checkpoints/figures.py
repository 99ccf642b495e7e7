"""Figures that somebody wrote into a result or a checkpoint, read with care."""

from __future__ import annotations

from typing import Any, TypeGuard

LARGEST = 1e12
"""Of a return, a score or a time, whatever its sign. The longest episode, a million environment
steps, at a reward of a million each returns that much: more is no figure but a mistake, its
square is far from overflow, and its digits fit a cell of a table."""
_MOST = 10_000
"""Episodes of a controller."""


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether a result may hold it: no text, no truth value, nothing that is not finite."""
    return type(value) in (int, float) and abs(value) <= LARGEST


def figure(value: Any, name: str) -> float:
    """The number. Raises ValueError, naming it, on anything else."""
    if not is_figure(value):
        raise ValueError(f"{name} is {value!r:.40}, not a number from -1e12 to 1e12")
    return float(value)


def optional(value: Any, name: str) -> float | None:
    """The number, or None where it is not known."""
    return None if value is None else figure(value, name)


def figures(values: dict[str, Any], name: str, count: int) -> list[float]:
    """The list of that name, of that many numbers. Raises ValueError."""
    return [figure(each, f"one of {name}") for each in listed(values, name, count)]


def whole(value: Any, name: str) -> int:
    """A whole number from 0 on. Raises ValueError."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{name} is {value!r:.40}, not a whole number from 0 on")
    return value


def yes_or_no(value: Any, name: str) -> bool:
    """true, false, 0 or 1. Raises ValueError."""
    if type(value) not in (bool, int) or value not in (0, 1):
        raise ValueError(f"{name} is {value!r:.40}, not 0 or 1")
    return bool(value)


def text(value: Any, name: str) -> str:
    """A text that a terminal can be sent. Raises ValueError."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"{name} is {value!r:.40}, not a printable text")
    return value


def listed(values: dict[str, Any], name: str, count: int | None = None) -> list[Any]:
    """The list of that name, of that many, or of any from 1 to 10,000. Raises ValueError."""
    found = values.get(name)
    if not isinstance(found, list) or not 0 < len(found) <= _MOST:
        raise ValueError(f"there is no list {name} of 1 to {_MOST:,}")
    if count is not None and len(found) != count:
        raise ValueError(f"{name} are {len(found)}, not {count}")
    return found


def part(values: Any, name: str) -> dict[str, Any]:
    """The object of that name. Raises ValueError."""
    found = values.get(name) if isinstance(values, dict) else None
    if not isinstance(found, dict):
        raise ValueError(f"there is no object {name[:40]!r}")
    return found
