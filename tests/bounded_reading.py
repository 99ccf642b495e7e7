"""What comes of files of strangers, read in a process with limits; for table-driven tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 2.0
"""Seconds of the process for one file."""
MOST_MEMORY = 300.0
"""MiB of the whole process, its libraries included."""
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of one file."""

    line: str
    seconds: float
    grown_mib: float
    executed: tuple[str, ...]


Case = tuple[str, str]
"""The kind of file, and what is wrong with it."""


def read_all(paths: Mapping[Case, Path]) -> tuple[dict[Case, Reading], float]:
    """What came of each file, and the peak memory of the process that read all, MiB."""
    words = [f"{kind}={path}" for (kind, _), path in paths.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bounded_reader", *words],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *lines, last = map(json.loads, done.stdout.splitlines())
    for found in lines:
        del found["path"]
        found["executed"] = tuple(found["executed"])
    readings = zip(paths, lines, strict=True)
    return {case: Reading(**found) for case, found in readings}, last["peak_mib"]


def assert_refused(reading: Reading, words: str) -> None:
    """In one line, soon, without running anything."""
    assert reading.line.startswith("refused: ")
    assert words in reading.line
    assert "\n" not in reading.line
    assert len(reading.line) < 700
    assert reading.seconds < PATIENCE
    assert reading.executed == ()
