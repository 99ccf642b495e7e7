"""Two values that differ, in words: both of them, and of arrays how much and where."""

from __future__ import annotations

import numpy as np

from core.traces.values import Array, Scalar, dtype_name

_DIGITS = (3, 6, 9, 12, 15)
_LONGEST = 60


def scalar_difference(a: Scalar, b: Scalar) -> str:
    """`1e-4 against 2e-4`, with as many digits as it takes to see a difference."""
    if not (isinstance(a, float) and isinstance(b, float)):
        return f"{_word(a)} against {_word(b)}"
    for digits in _DIGITS:
        first, second = float_text(a, digits), float_text(b, digits)
        if first != second:
            return f"{first} against {second}"
    return f"{a!r} against {b!r}"


def float_text(value: float, digits: int = 6) -> str:
    """Up to so many significant digits: 0.05, 4e-4."""
    mantissa, _, power = f"{value:.{digits}g}".partition("e")
    if not power and 0 < abs(value) < 1e-3:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(power)}" if power else mantissa


def array_difference(a: Array, b: Array) -> str:
    """The first elements that differ, how many do, and the largest difference of all."""
    ours, theirs = (f"{dtype_name(array)} {array.shape}" for array in (a, b))
    if ours != theirs:
        return f"{ours} against {theirs}"
    differ = ~_same(a, b)
    place = np.unravel_index(int(differ.argmax()), differ.shape)
    elements = scalar_difference(a[place].item(), b[place].item())
    with np.errstate(all="ignore"):
        largest = np.abs(a.astype(np.float64) - b.astype(np.float64))
    known = largest[np.isfinite(largest)].max(initial=0.0)
    where = ", ".join(str(int(i)) for i in place)
    count = f"{np.count_nonzero(differ)} of {a.size} differ"
    return f"{elements} at [{where}]; {count}, by at most {known:.3g}"


def _same(a: Array, b: Array) -> Array:
    """Elementwise; NaN equals NaN, and -0.0 differs from 0.0, as in the digests."""
    if a.dtype.kind != "f":
        return np.asarray(a == b)
    equal = (a == b) & (np.signbit(a) == np.signbit(b))
    return np.asarray(equal | (np.isnan(a) & np.isnan(b)))


def _word(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        short = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
        return repr(short)
    return str(value)
