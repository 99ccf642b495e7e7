"""A value of a record, spoilt by as little as possible."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def other(value: Any, *, place: int = -1) -> Any:
    """The nearest other value of the same kind; of an array, another number at that place.

    An empty array becomes one with a single number: then its shape is another.
    """
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return math.nextafter(value, math.inf) if math.isfinite(value) else 0.0
        case str():
            return value + "x"
    return _other_array(value, place)


def _other_array(value: NDArray[Any], place: int) -> NDArray[Any]:
    if not value.size:
        return np.zeros((1,) * value.ndim, value.dtype)
    changed = value.copy()
    number = changed.flat[place]
    if value.dtype.kind != "f":
        changed.flat[place] = number ^ 1
    elif np.isfinite(number):
        changed.flat[place] = np.nextafter(number, np.inf, dtype=value.dtype)
    else:
        changed.flat[place] = 0
    return changed
