"""Reading a condition (core/expressions.py): the tree that a recursive descent makes of it.

Nothing of Python ever sees the text. Its length, its words and its depth are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

from core.tokens import ExpressionError, Token, tokens_of

DEEPEST = 32
"""Parentheses, calls, `not` and signs inside each other."""
FUNCTIONS = {"abs": "abs(x)", "min": "min(x, y)", "max": "max(x, y)"}
_WORDS = {"and", "or", "not", "true", "false", *FUNCTIONS}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression: a number, or a condition."""

    operator: str
    """number, name, compare, and, or, not, negate, abs, min, max, + - * / %."""
    condition: bool
    column: int
    parts: tuple[Node, ...] = ()
    value: float = 0.0
    name: str = ""
    symbols: tuple[str, ...] = ()
    """The comparisons between the parts."""


def read_condition(
    text: str, names: frozenset[str], booleans: frozenset[str]
) -> tuple[Node, frozenset[str]]:
    """The tree of a condition, and the names in it. Raises ExpressionError."""
    parser = _Parser(tokens_of(text), names, booleans)
    root = parser.read()
    return root, frozenset(parser.used)


class _Parser:
    """Recursive descent, one method for each level of the grammar."""

    def __init__(
        self, tokens: list[Token], names: frozenset[str], booleans: frozenset[str]
    ) -> None:
        self._tokens, self._names, self._booleans = tokens, names, booleans
        self._next, self._depth = 0, 0
        self.used: set[str] = set()

    def read(self) -> Node:
        """The whole condition."""
        if self._token.kind == "end":
            raise ExpressionError("the condition is empty", 1, "write one, such as t == 120")
        root = self._either()
        if self._token.kind != "end":
            raise self._surprise("join conditions with and, or")
        return _condition(root)

    def _either(self) -> Node:
        return self._joined("or", self._both)

    def _both(self) -> Node:
        return self._joined("and", self._negation)

    def _joined(self, word: str, read: Callable[[], Node]) -> Node:
        column = self._token.column
        parts = [read()]
        while self._take(word):
            parts.append(read())
        if len(parts) == 1:
            return parts[0]
        return Node(
            operator=word, condition=True, column=column, parts=tuple(map(_condition, parts))
        )

    def _negation(self) -> Node:
        column = self._token.column
        if not self._take("not"):
            return self._comparison()
        with self._inside():
            part = _condition(self._negation())
        return Node(operator="not", condition=True, column=column, parts=(part,))

    def _comparison(self) -> Node:
        column = self._token.column
        parts, symbols = [self._sum()], []
        while symbol := self._take(*COMPARISONS):
            symbols.append(symbol)
            parts.append(self._sum())
        if not symbols:
            return parts[0]
        if set(symbols) - {"==", "!="}:
            parts = [_plain(part) for part in parts]
        return Node(
            operator="compare",
            condition=True,
            column=column,
            parts=tuple(parts),
            symbols=tuple(symbols),
        )

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/", "%"), self._signed)

    def _chain(self, symbols: tuple[str, ...], read: Callable[[], Node]) -> Node:
        node = read()
        while symbol := self._take(*symbols):
            node = _calculation(symbol, node.column, node, read())
        return node

    def _signed(self) -> Node:
        column = self._token.column
        if not self._take("-"):
            return self._atom()
        with self._inside():
            return _calculation("negate", column, self._signed())

    def _atom(self) -> Node:
        token = self._token
        if token.kind == "number":
            return self._literal(token)
        if self._take("true", "false"):
            value = float(token.text == "true")
            return Node(operator="number", condition=True, column=token.column, value=value)
        if self._take("("):
            with self._inside():
                node = self._either()
            self._close()
            return node
        if token.kind != "name" or token.text in {"and", "or", "not"}:
            raise self._surprise("a number or a name belongs here")
        self._next += 1
        if token.text in FUNCTIONS or self._token.text == "(":
            return self._call(token)
        return self._quantity(token)

    def _literal(self, token: Token) -> Node:
        value = float(token.text)
        if not math.isfinite(value):
            fact = f"{token.text[:20]} is too large a number"
            raise ExpressionError(fact, token.column, "use numbers up to 1e308")
        self._next += 1
        return Node(operator="number", condition=False, column=token.column, value=value)

    def _quantity(self, token: Token) -> Node:
        if token.text not in self._names:
            near = get_close_matches(token.text.lower(), sorted(self._names | _WORDS), n=3)
            remedy = f"did you mean {', '.join(near)}?" if near else "see docs/conditions.md"
            fact = f"there is no quantity {token.text[:40]!r}"
            raise ExpressionError(fact, token.column, remedy)
        self.used.add(token.text)
        return Node(
            operator="name",
            condition=token.text in self._booleans,
            column=token.column,
            name=token.text,
        )

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            fact = f"there is no function {token.text[:40]!r}"
            raise ExpressionError(fact, token.column, f"there are {known}")
        parts: list[Node] = []
        if self._take("("):
            with self._inside():
                parts.append(self._sum())
                while self._take(","):
                    parts.append(self._sum())
            self._close()
        if (len(parts) == 1) != (token.text == "abs") or not parts:
            fact = f"{token.text} takes other arguments"
            raise ExpressionError(fact, token.column, f"write {FUNCTIONS[token.text]}")
        return _calculation(token.text, token.column, *parts)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> str:
        """Go past the next token where it is one of these; else nothing."""
        if self._token.text not in texts:
            return ""
        self._next += 1
        return self._tokens[self._next - 1].text

    def _close(self) -> None:
        if not self._take(")"):
            raise self._surprise("a ) belongs here")

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


def _calculation(operator: str, column: int, *parts: Node) -> Node:
    numbers = tuple(_plain(part) for part in parts)
    return Node(operator=operator, condition=False, column=column, parts=numbers)


def _plain(node: Node) -> Node:
    """The node, if it is a number."""
    if node.condition:
        what = node.name or "a condition"
        raise ExpressionError(
            f"{what} is true or false, no number", node.column, "join conditions with and, or"
        )
    return node


def _condition(node: Node) -> Node:
    """The node, if it is a condition."""
    if not node.condition:
        what = node.name or "a number alone"
        example = f"{node.name} > 0" if node.name else "t == 120"
        raise ExpressionError(
            f"{what} is no condition", node.column, f"compare it with something, as {example}"
        )
    return node
