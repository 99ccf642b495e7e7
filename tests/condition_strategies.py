"""Random conditions, and what Python's own parser makes of them with scalars."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

NUMBERS = ("drift", "true_gain", "t")
BOOLEANS = ("finite", "refused")

SCALARS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else math.nan,
    ast.Mod: lambda a, b: math.nan if b == 0 or math.isinf(a) else a % b,
}
COMPARED: dict[type, Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: lambda a, b: a < b or a > b,
}


def reference(node: ast.AST, values: Mapping[str, float]) -> float | bool:
    """What Python's own parser makes of the text, with scalars."""
    match node:
        case ast.Constant(value=float() | int() as value):
            return float(value)
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not truth(operand, values)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -reference(operand, values)
        case ast.BinOp(left=left, op=symbol, right=right):
            return SCALARS[type(symbol)](reference(left, values), reference(right, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(truth(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(truth(part, values) for part in parts)
        case ast.Compare(left=left, ops=symbols, comparators=others):
            numbers = [float(reference(part, values)) for part in (left, *others)]
            links = zip(symbols, numbers, numbers[1:], strict=False)
            return all(COMPARED[type(symbol)](a, b) for symbol, a, b in links)
        case ast.Call(func=ast.Name(id="abs"), args=[only]):
            return abs(reference(only, values))
        case ast.Call(func=ast.Name(id=name), args=parts):
            numbers = [float(reference(part, values)) for part in parts]
            if any(math.isnan(number) for number in numbers):
                return math.nan
            return min(numbers) if name == "min" else max(numbers)
    raise AssertionError(ast.dump(node))


def truth(node: ast.AST, values: Mapping[str, float]) -> bool:
    found = reference(node, values)
    return bool(found) and not math.isnan(found)


def joined(parts: st.SearchStrategy[str], words: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(parts, st.sampled_from(words), parts).map(" ".join)


def larger_sums(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        joined(parts, list("+-*/%"))
        | parts.map("({})".format)
        | parts.map("- {}".format)
        | parts.map("abs({})".format)
        | joined(parts, [","]).map("min({})".format)
        | joined(parts, [","]).map("max({})".format)
    )


def larger_conditions(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        joined(parts, ["and", "or"])
        | parts.map("not {}".format)
        | parts.map("({})".format)
        | joined(parts.map("({})".format), ["==", "!="])
    )


sums = st.recursive(
    st.sampled_from([*NUMBERS, "0", "1", "2.5", "1e308", ".5", "3."]), larger_sums, max_leaves=6
)
chains = st.lists(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), sums).map(" ".join),
    min_size=1,
    max_size=3,
)
comparisons = st.tuples(sums, chains.map(" ".join)).map(" ".join)
conditions = st.recursive(
    comparisons | st.sampled_from([*BOOLEANS, "true", "false", "refused == false"]),
    larger_conditions,
    max_leaves=6,
)
values_of = st.fixed_dictionaries(
    {name: st.floats() | st.sampled_from([0.0, 1.0, 2.0, 5e-324]) for name in NUMBERS}
    | {name: st.sampled_from([0.0, 1.0, math.nan]) for name in BOOLEANS}
)
