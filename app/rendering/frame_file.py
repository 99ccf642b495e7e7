"""Two pictures in one mapped file: the process fills one while the window reads the other."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.rendering.wire import MOST_PIXELS

SLOTS = 2
SLOT_BYTES = 3 * MOST_PIXELS
MEMORY = Path("/dev/shm")  # noqa: S108  mkstemp makes the names in it
Pixels = NDArray[np.uint8]


class FrameFile:
    """The window makes it, the process opens it by its path; each maps all of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SLOTS * SLOT_BYTES)

    @classmethod
    def create(cls) -> FrameFile:
        """A new file, in memory where there is a place for that. OSError where it is full."""
        folder = MEMORY if os.access(MEMORY, os.W_OK) else None
        handle, name = tempfile.mkstemp(prefix="psiscope-frames-", dir=folder)
        try:
            os.ftruncate(handle, SLOTS * SLOT_BYTES)
        finally:
            os.close(handle)
        return cls(Path(name))

    def slot(self, index: int, width: int, height: int) -> Pixels:
        """A view (height, width, 3) of a slot, rows from the top, without padding."""
        pixels = np.frombuffer(
            self._map, dtype=np.uint8, count=3 * width * height, offset=index * SLOT_BYTES
        )
        return pixels.reshape(height, width, 3)

    def remove(self) -> None:
        """Takes the name away; maps that exist stay valid until their process ends."""
        self.path.unlink(missing_ok=True)
