"""The lock that makes a writer the only one. It dies with the process and leaves nothing.

It lies on the write-ahead log, which is there for as long as someone writes. The trace itself
must not be opened beside SQLite: closing it again would drop SQLite's own locks (POSIX).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**40
    """Windows forbids others to read a locked byte, so lock one that does not exist."""

    def take(path: Path) -> int | None:
        """Lock a file without waiting; a file descriptor to hold, or None if it is locked."""
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor

    def is_taken(path: Path) -> bool:
        """Whether somebody holds the lock of a file."""
        held = take(path)
        if held is not None:
            os.close(held)
        return held is None

else:
    import fcntl

    def take(path: Path) -> int | None:
        """Lock a file without waiting; a file descriptor to hold, or None if it is locked."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def is_taken(path: Path) -> bool:
        """Whether somebody holds the lock of a file: who asks is not taken for a holder."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
