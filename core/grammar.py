"""Reading a condition (core/expressions.py): a program for a stack, by precedence climbing.

Nothing of Python ever sees the text. Its length, its words and its depth are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

from core.tokens import ExpressionError, Token, tokens_of

DEEPEST = 32
"""Parentheses, calls, `not` and signs inside each other."""
FUNCTIONS = {"abs": "abs(x)", "min": "min(x, y)", "max": "max(x, y)"}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_WORDS = {"and", "or", "not", "true", "false", *FUNCTIONS}
_NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN = 3, 4, 5, 6, 7
_BINDING = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(COMPARISONS, _COMPARISON),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%"), _PRODUCT),
}
"""How tightly what stands between two parts binds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What to do next: push a number or a name's value, or pop some and push what they make."""

    operator: str
    """number, name, compare, and, or, not, negate, abs, min, max, + - * / %."""
    pops: int = 0
    value: float = 0.0
    name: str = ""
    symbols: tuple[str, ...] = ()
    """The comparisons between the parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part that was read: a condition or a number, and where it begins."""

    condition: bool
    column: int
    name: str = ""
    """Where it is a name alone."""


def read_condition(
    text: str, names: frozenset[str], booleans: frozenset[str]
) -> tuple[Instruction, ...]:
    """The program of a condition. Raises ExpressionError."""
    return _Parser(tokens_of(text), names, booleans).read()


class _Parser:
    def __init__(
        self, tokens: list[Token], names: frozenset[str], booleans: frozenset[str]
    ) -> None:
        self._tokens, self._names, self._booleans = tokens, names, booleans
        self._next, self._depth = 0, 0
        self._program: list[Instruction] = []

    def read(self) -> tuple[Instruction, ...]:
        """The whole condition."""
        if self._token.kind == "end":
            raise ExpressionError("the condition is empty", 1, "write one, such as t == 120")
        _check_condition(self._operation(0))
        if self._token.kind != "end":
            raise self._surprise("join conditions with and, or")
        return tuple(self._program)

    def _operation(self, binding: int) -> _Part:
        """A part, and all that follows it and binds at least as tightly."""
        part = self._prefixed(binding)
        while _BINDING.get(self._token.text, -1) >= binding:
            if self._token.text in COMPARISONS:
                part = self._comparison(part)
                continue
            symbol = self._advance().text
            other = self._operation(_BINDING[symbol] + 1)
            part = self._made(symbol, part.column, part, other)
        return part

    def _comparison(self, first: _Part) -> _Part:
        parts, symbols = [first], []
        while self._token.text in COMPARISONS:
            symbols.append(self._advance().text)
            parts.append(self._operation(_SUM))
        if set(symbols) - {"==", "!="}:
            for part in parts:
                _check_number(part)
        self._emit("compare", pops=len(parts), symbols=tuple(symbols))
        return _Part(condition=True, column=first.column)

    def _prefixed(self, binding: int) -> _Part:
        token = self._token
        if token.text == "not" and binding <= _NOT:
            operator, tightness = "not", _NOT
        elif token.text == "-":
            operator, tightness = "negate", _SIGN
        else:
            return self._atom()
        self._advance()
        with self._inside():
            return self._made(operator, token.column, self._operation(tightness))

    def _atom(self) -> _Part:
        token = self._token
        if token.kind == "number":
            return self._number(token)
        if token.text == "(":
            self._advance()
            with self._inside():
                part = self._operation(0)
            self._close()
            return part
        if token.kind != "name" or token.text in {"and", "or", "not"}:
            raise self._surprise("a number or a name belongs here")
        self._advance()
        if token.text in {"true", "false"}:
            self._emit("number", value=float(token.text == "true"))
            return _Part(condition=True, column=token.column)
        if token.text in FUNCTIONS or self._token.text == "(":
            return self._call(token)
        return self._quantity(token)

    def _number(self, token: Token) -> _Part:
        value = float(token.text)
        if not math.isfinite(value):
            fact = f"{token.text[:20]} is too large a number"
            raise ExpressionError(fact, token.column, "use numbers up to 1e308")
        self._advance()
        self._emit("number", value=value)
        return _Part(condition=False, column=token.column)

    def _quantity(self, token: Token) -> _Part:
        if token.text not in self._names:
            near = get_close_matches(token.text.lower(), sorted(self._names | _WORDS), n=3)
            remedy = f"did you mean {', '.join(near)}?" if near else "see docs/conditions.md"
            fact = f"there is no quantity {token.text[:40]!r}"
            raise ExpressionError(fact, token.column, remedy)
        self._emit("name", name=token.text)
        condition = token.text in self._booleans
        return _Part(condition=condition, column=token.column, name=token.text)

    def _call(self, token: Token) -> _Part:
        if token.text not in FUNCTIONS:
            fact = f"there is no function {token.text[:40]!r}"
            raise ExpressionError(fact, token.column, f"there are {', '.join(FUNCTIONS)}")
        parts: list[_Part] = []
        if self._token.text == "(":
            self._advance()
            with self._inside():
                parts.append(self._operation(_SUM))
                while self._token.text == ",":
                    self._advance()
                    parts.append(self._operation(_SUM))
            self._close()
        if (len(parts) == 1) != (token.text == "abs") or not parts:
            fact = f"{token.text} takes other arguments"
            raise ExpressionError(fact, token.column, f"write {FUNCTIONS[token.text]}")
        return self._made(token.text, token.column, *parts)

    def _made(self, operator: str, column: int, *parts: _Part) -> _Part:
        """What an operator makes of the parts that were read last."""
        condition = operator in {"and", "or", "not"}
        for part in parts:
            if condition:
                _check_condition(part)
            else:
                _check_number(part)
        self._emit(operator, pops=len(parts))
        return _Part(condition=condition, column=column)

    def _emit(
        self,
        operator: str,
        *,
        pops: int = 0,
        value: float = 0.0,
        name: str = "",
        symbols: tuple[str, ...] = (),
    ) -> None:
        self._program.append(
            Instruction(operator=operator, pops=pops, value=value, name=name, symbols=symbols)
        )

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        """The token that comes next, which is left behind."""
        self._next += 1
        return self._tokens[self._next - 1]

    def _close(self) -> None:
        if self._token.text != ")":
            raise self._surprise("a ) belongs here")
        self._advance()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEEPEST:
            fact = f"more than {DEEPEST} levels inside each other"
            raise ExpressionError(fact, self._token.column, "write it with fewer parentheses")
        yield
        self._depth -= 1

    def _surprise(self, remedy: str) -> ExpressionError:
        token = self._token
        fact = f"{token.text[:40]!r} is unexpected" if token.text else "something is missing"
        return ExpressionError(fact, token.column, remedy)


def _check_number(part: _Part) -> None:
    if part.condition:
        fact = f"{part.name or 'a condition'} is true or false, no number"
        raise ExpressionError(fact, part.column, "join conditions with and, or")


def _check_condition(part: _Part) -> None:
    if not part.condition:
        fact = f"{part.name or 'a number alone'} is no condition"
        example = f"{part.name} > 0" if part.name else "t == 120"
        raise ExpressionError(fact, part.column, f"compare it with something, as {example}")
