"""Columns of an HDF5 file from a stranger: every size is checked before anything is read.

HDF5 can lie in several ways: claim rows that were never written, unpack a small file into a
huge array, fetch numbers from another file or device, and hold texts or objects for numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

LARGEST_FILE = 8 * 2**30
"""Bytes."""
LARGEST_COLUMN = 4 * 2**30
"""Bytes in memory."""
FREELY_PACKED = 2**23
"""Bytes a column may take in memory however few it takes in the file: flags pack to nothing."""
MOST_PACKED = 50
"""Bytes in memory for each byte in the file, beyond that."""


@contextmanager
def opened(path: Path, name: str) -> Iterator[Any]:
    """The open file. What HDF5 says against it becomes a DataError in one line."""
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        raise DataError(f"there is no readable HDF5 file of {name}", f"look at {path}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise DataError(
            f"{name} is not readable as HDF5 ({_line(error)})", "copy or collect it again"
        ) from error


def child(group: Any, key: str, name: str) -> Any:
    """What lies under a key of a group in this same file. Raises DataError, calling it `name`,
    where there is nothing, or only a link elsewhere."""
    if not isinstance(group, h5py.Group) or key not in group:
        raise DataError(f"{name} is missing", _REMEDY)
    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise DataError(f"{name} lies elsewhere: the file only links to it", _REMEDY)
    return group[key]


def column(group: Any, key: str, name: str) -> NDArray[Any]:
    """The numbers under a key, whole. Raises DataError, calling them `name`, where they are
    missing, no plain numbers, or far more than the file holds."""
    found = child(group, key, name)
    if not isinstance(found, h5py.Dataset) or found.ndim == 0:
        raise DataError(f"{name} is no column of numbers", _REMEDY)
    if found.dtype.kind not in "biuf" or found.external or found.is_virtual:
        raise DataError(f"{name} does not hold plain numbers", _REMEDY)
    size = found.size * found.dtype.itemsize
    packed = found.id.get_storage_size()
    chunk = found.dtype.itemsize * int(np.prod(found.chunks or (0,), dtype=np.float64))
    if chunk > max(2 * size, FREELY_PACKED):
        raise DataError(f"{name} claims chunks of {chunk >> 20} MiB", _REMEDY)
    if size > min(LARGEST_COLUMN, max(FREELY_PACKED, MOST_PACKED * packed)):
        raise DataError(
            f"{name} claims {size >> 20:,} MiB, the file holds {packed / 2**20:.1f}", _REMEDY
        )
    return np.asarray(found[()])


_REMEDY = "the file is broken or foreign: copy or collect it again"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
