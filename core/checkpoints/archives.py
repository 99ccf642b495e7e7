"""Zip archives of strangers: the directory is checked before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from core.errors import CheckpointError

LARGEST_ENTRY = 64 * 2**20
"""Bytes of one entry of an archive once unpacked."""
MOST_ENTRIES = 4096

_AGAIN = "it is damaged, or of another kind: copy it or save it again"
DAMAGE = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError),
    *(OSError, RuntimeError, TypeError, ValueError, struct.error, zlib.error),
    zipfile.BadZipFile,
)
"""What readers raise when bytes are wrong."""


def open_zip(content: bytes, name: str, remedy: str = _AGAIN) -> zipfile.ZipFile:
    """Open a zip in memory and check its directory, before any entry is unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGE as error:
        raise CheckpointError(f"{name} is not a zip archive", remedy) from error
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise CheckpointError(f"{name} has too many or repeated entries", _AGAIN)
    return archive


def read_entry(
    archive: zipfile.ZipFile, entry: str, name: str, limit: int = LARGEST_ENTRY
) -> bytes:
    """One entry of an archive; what it unpacks to is checked before it is unpacked."""
    try:
        info = archive.getinfo(entry)
    except KeyError:
        raise CheckpointError(f"{name} has no {entry}", _AGAIN) from None
    if info.file_size > limit:
        raise CheckpointError(
            f"{entry[:80]} in {name} unpacks to {info.file_size:,} bytes",
            f"at most {limit:,} are read",
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(f"{entry[:80]} in {name} is packed in a foreign way", _AGAIN)
    try:
        return archive.read(entry)
    except DAMAGE as error:
        raise CheckpointError(f"{entry[:80]} in {name} is damaged", _AGAIN) from error
