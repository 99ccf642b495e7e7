"""What a command prints: results on stdout, progress on stderr and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from core.errors import escaped
from core.evaluation.json_file import to_json


def say(text: str) -> None:
    """One or more lines on stdout. They may quote a stranger's file."""
    sys.stdout.write(escaped(text, keep="\n") + "\n")
    sys.stdout.flush()


def warn(line: str) -> None:
    """One line on stderr."""
    sys.stderr.write(escaped(" ".join(line.split())) + "\n")
    sys.stderr.flush()


def say_json(values: Any) -> None:
    """JSON on stdout; numbers that are not finite become null."""
    say(to_json(values).rstrip())


def progress(total: int, unit: str, *, done: int = 0) -> Any:
    """A bar with rate and time left; silent where stderr is not a terminal."""
    from tqdm import tqdm

    return tqdm(total=total, unit=f" {unit}", initial=done, disable=None, leave=False)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equally many cells, the first row being the heading; columns aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
