"""The words of a condition (core/expressions.py), and why it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InputError

LONGEST = 500
"""Characters of a condition."""
MOST_TOKENS = 200
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol>\*\*|<=|>=|==|!=|[-+*/%<>(),])"
)
_HINTS = {
    "**": "write x * x, there are no powers",
    "^": "write x * x, there are no powers",
    "=": "write == to compare",
    "!": "write not",
    "&": "write and",
    "|": "write or",
    ".": "names have no attributes, numbers one point",
}
_ALLOWED = "use numbers, names, + - * / %, comparisons, and, or, not, ( )"


class ExpressionError(InputError):
    """A condition cannot be read. `column` counts its characters from 1."""

    def __init__(self, fact: str, column: int, remedy: str) -> None:
        self.column = column
        super().__init__(f"{fact} (column {column})", remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word."""

    kind: str
    """number, name, symbol, end."""
    text: str
    column: int


def tokens_of(text: str) -> list[Token]:
    """The words of a condition and an end; its length and their number are bounded."""
    if len(text) > LONGEST:
        fact = f"a condition of {len(text)} characters is too long"
        raise ExpressionError(fact, LONGEST + 1, f"use at most {LONGEST}")
    found: list[Token] = []
    place = 0
    while True:
        while place < len(text) and text[place] in " \t\r\n":
            place += 1
        if place == len(text):
            return [*found, Token(kind="end", text="", column=place + 1)]
        match = _TOKEN.match(text, place)
        column = place + 1
        if match is None:
            raise _unreadable(text[place:], column)
        if match.group() in _HINTS:
            raise ExpressionError(f"{match.group()} is unknown", column, _HINTS[match.group()])
        if len(found) == MOST_TOKENS:
            fact = f"a condition of more than {MOST_TOKENS} words is too long"
            raise ExpressionError(fact, column, "use several breakpoints or searches")
        found.append(Token(kind=str(match.lastgroup), text=match.group(), column=column))
        place = match.end()


def _unreadable(rest: str, column: int) -> ExpressionError:
    word = re.match(r"[A-Za-z0-9_.]+", rest)
    if word and not re.match(r"\.[^0-9]|\.$", rest):
        return ExpressionError(
            f"{word.group()[:40]!r} is no number", column, "write numbers as 0.1 or 1e-4"
        )
    return ExpressionError(
        f"{rest[0]!r} is no part of a condition", column, _HINTS.get(rest[0], _ALLOWED)
    )
