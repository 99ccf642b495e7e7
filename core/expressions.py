"""Conditions such as `action_change > 0.1 and true_gain < 0`: a small language of its own.

    condition   comparisons and boolean names, with and, or, not
    comparison  sum (< <= > >= == !=) sum ..., chained as in a < b <= c
    sum         numbers and names with + - * / %, unary -, parentheses, abs min max

A missing value is NaN: a comparison with NaN does not hold, != neither; arithmetic, abs, min
and max pass it on; a missing boolean does not hold. Division by zero gives NaN.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.grammar import Instruction, read_condition
from core.tokens import LONGEST, ExpressionError

__all__ = ["LONGEST", "Expression", "ExpressionError", "parse_expression"]

Array = NDArray[Any]
_COMPARISONS: dict[str, Any] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_FOLDED: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A condition that was read. Made by `parse_expression`."""

    text: str
    names: frozenset[str]
    """The quantities it asks for."""
    program: tuple[Instruction, ...] = field(repr=False)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether it holds for these values; each of `names` must be there."""
        return bool(self.mask({name: np.array([values[name]]) for name in self.names})[0])

    def mask(self, columns: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Where it holds, for columns of one length; booleans may be 0 and 1."""
        numbers = {name: np.asarray(columns[name], np.float64) for name in self.names}
        stack: list[Array] = []
        with np.errstate(all="ignore"):
            for instruction in self.program:
                popped = stack[len(stack) - instruction.pops :]
                del stack[len(stack) - instruction.pops :]
                stack.append(_result(instruction, popped, numbers))
        length = max((len(column) for column in columns.values()), default=1)
        return np.broadcast_to(_truth(stack[0]), (length,)).copy()


def parse_expression(
    text: str, names: Collection[str], booleans: Collection[str] = ()
) -> Expression:
    """Read a condition over the quantities `names`; those in `booleans` are conditions.

    Raises ExpressionError in one line. Takes a few milliseconds at most, whatever the text.
    """
    program = read_condition(text, frozenset(names), frozenset(booleans))
    used = frozenset(instruction.name for instruction in program if instruction.name)
    return Expression(text=text, names=used, program=program)


def _result(
    instruction: Instruction, popped: list[Array], values: Mapping[str, Array]
) -> Array:
    match instruction.operator:
        case "number":
            return np.array([instruction.value])
        case "name":
            return values[instruction.name]
        case "compare":
            return _compared(instruction.symbols, popped)
        case "and" | "or" | "not" as word:
            return _joined(word, [_truth(part) for part in popped])
    return _calculated(instruction.operator, popped)


def _truth(part: Array) -> Array:
    """Where a part is a condition that holds; NaN is a missing boolean."""
    return np.asarray((part != 0) & ~np.isnan(part))


def _compared(symbols: tuple[str, ...], parts: list[Array]) -> Array:
    held = [
        _COMPARISONS[symbol](a, b) & ~np.isnan(a) & ~np.isnan(b)
        for symbol, a, b in zip(symbols, parts, parts[1:], strict=False)
    ]
    return np.asarray(reduce(np.logical_and, held), np.float64)


def _joined(word: str, truths: list[Array]) -> Array:
    if word == "not":
        return 1.0 - truths[0]
    joined = truths[0] & truths[1] if word == "and" else truths[0] | truths[1]
    return np.asarray(joined, np.float64)


def _calculated(operator: str, numbers: list[Array]) -> Array:
    if operator == "negate":
        return -numbers[0]
    if operator == "abs":
        return np.abs(numbers[0])
    if operator in ("/", "%"):
        a, b = numbers[0], np.where(numbers[1] == 0, np.nan, numbers[1])
        return a / b if operator == "/" else np.mod(a, b)
    return np.asarray(reduce(_FOLDED[operator], numbers))
