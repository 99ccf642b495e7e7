"""Numbers as people read them: significant digits, a true minus sign, a dash for nothing."""

from __future__ import annotations

import math

MINUS = "−"
NO_BREAK = "\u00a0"
"""A blank that no line ends at."""
NOTHING = "–"
"""What stands for a value that does not exist (NaN in a record)."""


def plain(value: float, digits: int = 3) -> str:
    """`digits` significant digits; 2 and an exponent below 0.001 and from 100,000 on."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    exponent = _exponent(value, digits)
    if -4 < exponent < 5:
        return _minus(f"{value:.{max(0, digits - 1 - exponent)}f}")
    mantissa, power = f"{value:.1e}".split("e")
    return _minus(f"{mantissa}e{int(power)}")


def exact(value: float) -> str:
    """What was set, and no digit more: 0.05, 4e−4; an exponent where `plain` has one."""
    if not math.isfinite(value) or value == 0:
        return plain(value)
    if 1e-3 <= abs(value) < 1e5:
        return _minus(f"{value:.6g}")
    mantissa, power = f"{value:.5e}".split("e")
    return _minus(f"{float(mantissa):g}e{int(power)}")


def setting(value: object) -> str:
    """A setting as people write it; `none` where it is off, the built-in rule by that word."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return short_name(value) if value else "built-in"
    return exact(value) if isinstance(value, float) else str(value)


def short_name(reference: str) -> str:
    """A function of a file without the file's folder; any other word as it is."""
    _, slash, name = reference.rpartition("/")
    return name if slash and ".py:" in name else reference


def number(text: str) -> float | None:
    """What a person typed or `exact` wrote; None where that is no finite number."""
    try:
        value = float(text.replace(MINUS, "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def signed(value: float, digits: int = 3) -> str:
    """As `plain`, with a plus sign: for gains and differences."""
    text = plain(value, digits)
    return f"+{text}" if value > 0 else text


def pair(first: float, second: float) -> tuple[str, str]:
    """Two levels with as many decimals as their difference needs, so that it can be seen."""
    difference = second - first
    if not math.isfinite(difference) or difference == 0 or abs(first) >= 1e5:
        return plain(first, 4), plain(second, 4)
    decimals = min(4, max(1, 1 - _exponent(difference, 2)))
    return _minus(f"{first:.{decimals}f}"), _minus(f"{second:.{decimals}f}")


def alike(*values: float, digits: int = 3) -> tuple[str, ...]:
    """Signed, all with the decimals the largest of them needs: for gains side by side."""
    known = [abs(value) for value in values if math.isfinite(value)]
    largest = max(known, default=0.0)
    if not 1e-3 <= largest < 1e5:
        return tuple(signed(value, digits) for value in values)
    decimals = max(0, digits - 1 - _exponent(largest, digits))
    return tuple(
        _minus(f"{value:+.{decimals}f}") if math.isfinite(value) and value else signed(value)
        for value in values
    )


def summands(*values: float, digits: int = 4) -> tuple[str, ...]:
    """Levels that add up, all with the decimals the largest of them needs."""
    return tuple(text.removeprefix("+") for text in alike(*values, digits=digits))


def against(value: float, reference: float) -> str:
    """`(+1.4)`: how far a value is above the reference's."""
    return f"({signed(value - reference, 2)})"


def fraction(value: float) -> str:
    """A trust factor: 1, 1/2, 1/4 ..; `plain` for anything else."""
    if value == 1:
        return "1"
    if 0 < value < 1 and (1 / value).is_integer():
        return f"1/{int(1 / value)}"
    return plain(value)


def milliseconds(value: float) -> str:
    """A duration: 0.42 ms, 8.3 ms, 42 ms, 1234 ms."""
    if not math.isfinite(value):
        return NOTHING
    decimals = 0 if abs(value) >= 9.95 else 1 if abs(value) >= 0.995 else 2
    return _minus(f"{value:.{decimals}f} ms")


def tick(value: float, spacing: float) -> str:
    """The label of an axis tick that is `spacing` away from the next."""
    if abs(value) < spacing / 1000:
        return "0"
    if abs(value) >= 1e5 or spacing < 1e-4:
        return plain(value, 2)
    return _minus(f"{value:.{max(0, math.ceil(-math.log10(spacing) - 1e-9))}f}")


def _exponent(value: float, digits: int) -> int:
    """The power of ten after rounding: 9.996 at three digits is 10.0."""
    return int(f"{value:.{digits - 1}e}".split("e")[1])


def _minus(text: str) -> str:
    """A true minus sign, and none before a zero."""
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    return text.replace("-", MINUS)
