"""A parser whose complaints are one line: what is wrong, how to mend it."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NoReturn

from core.errors import InputError

PROGRAM = "python main.py"


class UsageError(InputError):
    """The command line itself is wrong. Exit code 2."""


class Parser(argparse.ArgumentParser):
    """argparse without usage dumps and abbreviations; what is wrong raises UsageError."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with argparse's message, in our words."""
        fact = re.sub(r"^argument ", "", message)
        fact = fact.replace("the following arguments are required:", "missing:")
        raise UsageError(fact, f"see {self.prog} --help")

    def options(self) -> list[str]:
        """Every long option this parser knows."""
        return [o for action in self._actions for o in action.option_strings if len(o) > 2]


def refuse_unknown(words: list[str], parser: Parser) -> None:
    """Raise UsageError naming the first word the parser did not know, and what it resembles."""
    if not words:
        return
    word = next((w for w in words if w.startswith("-")), words[0])
    name = word.split("=")[0]
    resembling = get_close_matches(name, parser.options(), n=1, cutoff=0.5)
    remedy = f"did you mean {resembling[0]}?" if resembling else f"see {parser.prog} --help"
    kind = "unknown option" if word.startswith("-") else "unexpected argument"
    raise UsageError(f"{kind} {name}", remedy)


def whole_number(low: int, high: int = 2**32 - 1) -> Callable[[str], int]:
    """A converter for whole numbers from low to high."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from {low} to {high}"
            )
        return number

    return convert


def number(low: float, high: float, *, none_word: str = "") -> Callable[[str], float | None]:
    """A converter for numbers from low to high; none_word stands for None."""

    def convert(text: str) -> float | None:
        if none_word and text == none_word:
            return None
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            choice = f", nor {none_word!r}" if none_word else ""
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number from {low:g} to {high:g}{choice}"
            )
        return found

    return convert


def one_of(*names: str) -> Callable[[str], tuple[str, ...]]:
    """A converter for a comma-separated list of different names."""

    def convert(text: str) -> tuple[str, ...]:
        chosen = tuple(word.strip() for word in text.split(","))
        wrong = [word for word in chosen if word not in names]
        if wrong or len(set(chosen)) < len(chosen):
            fact = f"there is no {wrong[0]!r}" if wrong else f"{text!r} repeats a name"
            raise argparse.ArgumentTypeError(f"{fact} (choose from {', '.join(names)})")
        return chosen

    return convert


def add_command(
    commands: Any, name: str, execute: Callable[..., int], *, help: str, example: str
) -> argparse.ArgumentParser:
    """Add a subcommand with its one-line help and a worked example."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example:\n  {example}",
    )
    parser.set_defaults(execute=execute)
    return parser
