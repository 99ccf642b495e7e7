"""The programs and commands of docs/own-code.md, as a reader would copy them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "own-code.md").read_text()
_PROGRAM = re.compile(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", re.DOTALL)


def write_programs(folder: Path) -> None:
    """Write every program of the document under the name it has there."""
    for name, source in _PROGRAM.findall(TEXT):
        (folder / name).write_text(source)


def lines_of(name: str) -> int:
    """How long a program is, without blank lines."""
    (source,) = [source for found, source in _PROGRAM.findall(TEXT) if found == name]
    return len([line for line in source.splitlines() if line.strip()])


def commands(word: str) -> list[list[str]]:
    """The words of each command of that name, after `python main.py`."""
    found = re.findall(r"^    python main\.py (.*)$", TEXT, re.MULTILINE)
    return [words for line in found if (words := shlex.split(line))[0] == word]
