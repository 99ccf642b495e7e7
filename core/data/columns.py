"""Columns of an HDF5 file from a stranger: every size is checked before anything is read.

HDF5 can lie in several ways: claim rows that were never written, unpack a small file into a
huge array, fetch numbers from another file or device, and hold texts or objects for numbers.
"""

from __future__ import annotations

import math
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
FREELY = 2**24
"""Bytes that the columns of a file may take in memory however small it is: flags pack well."""
MOST_PACKED = 12
"""Bytes in memory for each byte of the file, beyond that."""
_SURELY_WHOLE = 2**30
"""Bytes up to which a file is not suspected to consist of holes."""


class Columns:
    """The columns of one open file; together they take no more memory than the file bears."""

    def __init__(self, file: Any, size: int) -> None:
        """file: an open h5py.File of `size` bytes."""
        self.root = file
        self._left = FREELY + MOST_PACKED * size

    def child(self, group: Any, key: str, name: str) -> Any:
        """What lies under a key of a group in this same file. Raises DataError, calling it
        `name`, where there is nothing, or only a link elsewhere."""
        link = group.get(key, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise DataError(f"{name} is missing", _REMEDY)
        if not isinstance(link, h5py.HardLink):
            raise DataError(f"{name} lies elsewhere: the file only links to it", _REMEDY)
        return group[key]

    def column(self, group: Any, key: str, name: str) -> NDArray[Any]:
        """The numbers under a key, whole. Raises DataError, calling them `name`, where they are
        missing, no plain numbers, or more than the file bears."""
        found = self.child(group, key, name)
        if not isinstance(found, h5py.Dataset) or found.ndim == 0:
            raise DataError(f"{name} are no column of numbers", _REMEDY)
        if found.dtype.kind not in "biuf" or found.external or found.is_virtual:
            raise DataError(f"{name} are no plain numbers", _REMEDY)
        size = found.dtype.itemsize * math.prod(found.shape)
        chunk = found.dtype.itemsize * math.prod(found.chunks or ())
        if max(size, chunk) > self._left:
            raise DataError(
                f"{name} claim {max(size, chunk) >> 20:,} MiB, more than the file bears",
                _REMEDY,
            )
        self._left -= size
        return np.asarray(found[()])


@contextmanager
def opened(path: Path, name: str) -> Iterator[Columns]:
    """The columns of a file. What HDF5 says against it becomes a DataError in one line."""
    if not path.is_file():
        fact = "is no file" if path.exists() else "does not exist"
        whose = "" if name == str(path) else f"{name} cannot be read, "
        raise DataError(f"{whose}{path} {fact}", "check the path")
    size = _size(path, name)
    try:
        with h5py.File(path, "r") as file:
            yield Columns(file, size)
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise DataError(
            f"{name} is not readable as HDF5 ({_line(error)})", "copy or collect it again"
        ) from error


def _size(path: Path, name: str) -> int:
    """Bytes of the file. Raises DataError where it is too large, or hardly more than holes."""
    status = path.stat()
    held = getattr(status, "st_blocks", status.st_size) * 512
    if status.st_size > LARGEST_FILE:
        raise DataError(
            f"{name} is {status.st_size >> 30} GiB", f"at most {LARGEST_FILE >> 30} are read"
        )
    if status.st_size > _SURELY_WHOLE and held < status.st_size // MOST_PACKED:
        raise DataError(f"the file of {name} consists of holes", "copy it again")
    return status.st_size


_REMEDY = "the file is broken or foreign: copy or collect it again"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
