"""Reading files with bounds; writing files and folders whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from core.errors import CheckpointError

_LEFTOVER = "writing"


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; links and devices are refused."""
    with reporting(path, "read"), _open_regular(path) as file:
        content = b""
        size = os.fstat(file.fileno()).st_size
        if size <= limit:
            content = file.read(limit + 1)
        if max(size, len(content)) > limit:
            raise CheckpointError(
                f"{path} is {size:,} bytes, at most {limit:,} are expected",
                "copy or make it again",
            )
    return content


def read_start(path: Path, count: int) -> bytes:
    """The first bytes of a regular file; links and devices are refused."""
    with reporting(path, "read"), _open_regular(path) as file:
        return file.read(count)


def list_names(folder: Path) -> set[str]:
    """The names in a folder."""
    with reporting(folder, "read"):
        return {entry.name for entry in folder.iterdir()}


def _open_regular(path: Path) -> BinaryIO:
    if path.is_symlink():
        raise CheckpointError(f"{path} is a symbolic link", "copy the file itself")
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, os.O_RDONLY | safe | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise CheckpointError(f"{path} is not a regular file", "copy the file itself")
    return os.fdopen(handle, "rb")


def write_file(path: Path, content: bytes) -> None:
    """Put a file in place at once: a crash or a full disk leaves the old one or none."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.{_LEFTOVER}")
    with reporting(path, "written"), _parents(path.parent):
        _remove_leftovers(path)
        try:
            _write(temporary, content)
            os.replace(temporary, path)  # noqa: PTH105 - one name for files and folders
            _flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder in place at once: a crash or a full disk leaves the old one or none."""
    folder = folder.resolve()
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.{_LEFTOVER}")
    with reporting(folder, "written"), _parents(folder.parent):
        _remove_leftovers(folder)
        try:
            temporary.mkdir()
            for name, content in files.items():
                _write(temporary / name, content)
            _flush_folder(temporary)
            _put_in_place(temporary, folder)
            _flush_folder(folder.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill under another name, put in place when it is complete.

    A crash, a full disk or any exception leaves none. Raises CheckpointError where something is
    there already, and where the disk refuses.
    """
    folder = folder.resolve()
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.{_LEFTOVER}")
    with reporting(folder, "written"), _parents(folder.parent):
        _refuse_existing(folder)
        _remove_leftovers(folder)
        try:
            temporary.mkdir()
            yield temporary
            _refuse_existing(folder)
            _flush_folder(temporary)
            os.replace(temporary, folder)  # noqa: PTH105 - one name for files and folders
            _flush_folder(folder.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _refuse_existing(folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise CheckpointError(f"{folder} exists", "choose another name or remove it")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(new: Path, target: Path) -> None:
    """Rename a folder over another. What was there ends up under the name `new`, or is gone."""
    if not target.exists():
        os.replace(new, target)  # noqa: PTH105
    elif not _exchange(new, target):
        retired = new.with_name(f"{new.name}.old")
        os.replace(target, retired)  # noqa: PTH105
        try:
            os.replace(new, target)  # noqa: PTH105
        except BaseException:
            os.replace(retired, target)  # noqa: PTH105
            raise
        shutil.rmtree(retired, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names in one act, which only Linux offers; False where it cannot be done."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    here, exchange = -100, 2
    if swap is None:
        return False
    return bool(swap(here, os.fsencode(first), here, os.fsencode(second), exchange) == 0)


def _flush_folder(folder: Path) -> None:
    """Make renames in a folder last; Windows has no such call."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_leftovers(path: Path) -> None:
    """Remove what a killed writer of the same path left, but never the only copy."""
    prefix = f".{path.name}."
    endings = (f".{_LEFTOVER}", f".{_LEFTOVER}.old") if path.exists() else (f".{_LEFTOVER}",)
    for entry in path.parent.iterdir():
        if entry.name.startswith(prefix) and entry.name.endswith(endings):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


@contextlib.contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make missing parents, and remove them again when the writing fails."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in missing:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


@contextlib.contextmanager
def reporting(path: Path, done: str) -> Iterator[None]:
    """Turn what the system says into a fact and a remedy."""
    try:
        yield
    except OSError as error:
        remedies = {
            errno.ENOSPC: "the disk is full: free some space",
            errno.EDQUOT: "the disk quota is used up: free some space",
            errno.EROFS: "the disk is read-only: choose another folder",
            errno.EACCES: "permission is denied: choose another folder or change its mode",
            errno.EPERM: "permission is denied: choose another folder or change its mode",
            errno.ENOENT: "it does not exist, check the path",
        }
        remedy = remedies.get(error.errno or 0, error.strerror or str(error))
        raise CheckpointError(f"{path} cannot be {done}", remedy) from error
