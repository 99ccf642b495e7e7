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

from core.grammar import Node, read_condition
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
    "and": np.logical_and,
    "or": np.logical_or,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A condition that was read. Made by `parse_expression`."""

    text: str
    names: frozenset[str]
    """The quantities it asks for."""
    root: Node = field(repr=False)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether it holds for these values; each of `names` must be there."""
        return bool(self.mask({name: np.float64(values[name]) for name in self.names}))

    def mask(self, columns: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Where it holds, for arrays of one shape (booleans as 0 and 1)."""
        numbers = {name: np.asarray(columns[name], np.float64) for name in self.names}
        shapes = [np.shape(column) for column in columns.values()]
        with np.errstate(all="ignore"):
            found = _truth(self.root, numbers)
        return np.broadcast_to(found, np.broadcast_shapes(*shapes)).copy()


def parse_expression(
    text: str, names: Collection[str], booleans: Collection[str] = ()
) -> Expression:
    """Read a condition over the quantities `names`; those in `booleans` are conditions.

    Raises ExpressionError in one line. Takes a few milliseconds at most, whatever the text.
    """
    root, used = read_condition(text, frozenset(names), frozenset(booleans))
    return Expression(text=text, names=used, root=root)


def _truth(node: Node, values: Mapping[str, Array]) -> Array:
    """Where a condition holds."""
    if node.operator == "number":
        return np.asarray(node.value != 0)
    if node.operator == "name":
        value = values[node.name]
        return np.asarray((value != 0) & ~np.isnan(value))
    if node.operator == "compare":
        numbers = [_number(part, values) for part in node.parts]
        links = zip(node.symbols, numbers, numbers[1:], strict=False)
        return reduce(np.logical_and, [_compare(*link) for link in links])
    truths = [_truth(part, values) for part in node.parts]
    if node.operator == "not":
        return np.logical_not(truths[0])
    return reduce(_FOLDED[node.operator], truths)


def _compare(symbol: str, a: Array, b: Array) -> Array:
    return np.asarray(_COMPARISONS[symbol](a, b) & ~np.isnan(a) & ~np.isnan(b))


def _number(node: Node, values: Mapping[str, Array]) -> Array:
    """The value of a part; a condition counts as 1 where it holds, else 0."""
    if node.operator == "name":
        return values[node.name]
    if node.condition:
        return _truth(node, values).astype(np.float64)
    if node.operator == "number":
        return np.asarray(node.value)
    numbers = [_number(part, values) for part in node.parts]
    return np.asarray(_calculate(node.operator, numbers))


def _calculate(operator: str, numbers: list[Array]) -> Array:
    if operator == "negate":
        return np.negative(numbers[0])
    if operator == "abs":
        return np.abs(numbers[0])
    if operator in ("/", "%"):
        a, b = numbers[0], np.where(numbers[1] == 0, np.nan, numbers[1])
        return np.divide(a, b) if operator == "/" else np.mod(a, b)
    return np.asarray(reduce(_FOLDED[operator], numbers))
