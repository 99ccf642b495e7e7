"""Results as JSON files: written whole or not at all."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from core.checkpoints.disk import read_bounded, write_file
from core.checkpoints.strict_json import parse_json
from core.errors import InputError

LARGEST = 64 * 2**20
"""Bytes of a file that is read."""


def check_target(path: Path) -> None:
    """Raise InputError now, rather than after an hour, where no file can be written at path."""
    if path.is_dir():
        raise InputError(f"{path} is a folder", "name a file")
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"{folder} cannot be written", "name a file elsewhere")


def write_json(path: Path, values: Any) -> None:
    """Write values as JSON, atomically. Raises InputError where the disk refuses."""
    write_file(path, to_json(values).encode())


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises InputError on anything else."""
    values = read_any_json(path)
    if not isinstance(values, dict):
        raise InputError(f"{path} is not a JSON object", "delete it or name another file")
    return values


def read_any_json(path: Path) -> Any:
    """The JSON in a file. Raises InputError where it cannot be read."""
    return parse_json(read_bounded(path, LARGEST), str(path), limit=LARGEST)


def to_json(values: Any) -> str:
    """Indented JSON with a newline; NaN and infinities, which JSON lacks, become null."""
    return json.dumps(finite(values), indent=1, allow_nan=False) + "\n"


def finite(values: Any) -> Any:
    """The same with None in place of numbers that are not finite."""
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    if isinstance(values, dict):
        return {name: finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [finite(value) for value in values]
    return values
