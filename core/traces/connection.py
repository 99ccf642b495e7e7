"""Opening a trace file with SQLite, and saying in one line what is wrong with it.

A trace may come from anywhere. Its schema must be exactly the one of schema.py, so that no
view, trigger or generated column of the file is ever run; blobs are bounded before they are
read, and a statement that runs longer than the file's size explains is stopped.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from core.errors import TraceError
from core.traces.schema import APPLICATION_ID, statements
from core.traces.trace import FORMAT_VERSION
from core.traces.values import LARGEST_ARRAY

_WAIT_SECONDS = 5.0
_LARGEST_VALUE = LARGEST_ARRAY + 2**16
_CHECK_EVERY = 1_000_000
_OPERATIONS_PER_BYTE = 4
_SCARCE = 2**20
_SPACE_CODES = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_MEDIUM_CODES = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_DAMAGE = "it is damaged; use a copy"
_REMEDIES = {
    sqlite3.SQLITE_NOTADB: ("is not a trace", "give a file that a run has written"),
    sqlite3.SQLITE_CORRUPT: ("cannot be read", _DAMAGE),
    sqlite3.SQLITE_TOOBIG: ("holds a value of more than 64 MiB", _DAMAGE),
    sqlite3.SQLITE_INTERRUPT: ("cannot be read to its end", _DAMAGE),
    sqlite3.SQLITE_BUSY: ("is in use", "wait for the engine or window that holds it"),
    sqlite3.SQLITE_READONLY: ("cannot be written", "copy it to a folder that can"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check the folder and its permissions"),
}


class TraceFull(TraceError):
    """No room is left for the next record; what was committed stays readable."""


class Connection(sqlite3.Connection):
    """Counts the operations of each statement anew."""

    operations: int = 0

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self.operations = 0
        return super().execute(*arguments)


def open_read_only(path: Path) -> Connection:
    """A checked connection that cannot write; TraceError for anything but a readable trace."""
    with reported(path):
        _check_is_file(path)
        try:
            return _open_checked(path, "mode=ro")
        except sqlite3.OperationalError as error:
            if _primary(error) not in _MEDIUM_CODES:
                raise
        if wal_bytes(path):
            raise TraceError(
                f"{path} was not closed and its folder cannot be written",
                "copy it with its -wal file to a folder that can",
            )
        return _open_checked(path, "mode=ro&immutable=1")


def open_writable(path: Path) -> Connection:
    """A checked connection in WAL mode, the log made, that does not sync at each commit."""
    with reported(path):
        _check_is_file(path)
        connection = _open_checked(path, "mode=rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("SELECT seq FROM records LIMIT 1").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def connect(path: Path, options: str, wait: float = _WAIT_SECONDS) -> Connection:
    """An unchecked connection in autocommit mode; options as in SQLite's URI names."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        timeout=wait,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def remove_empty_log(path: Path) -> None:
    """Leave one file where the run has ended and no one reads the trace; never raises."""
    if wal_path(path).exists() and not wal_bytes(path):
        with suppress(sqlite3.Error), closing(connect(path, "mode=rw", wait=0.0)) as own:
            own.execute("PRAGMA journal_mode = DELETE")


def wal_path(path: Path) -> Path:
    """The write-ahead log of a trace, beside the file that links lead to."""
    return Path(f"{path.resolve()}-wal")


def wal_bytes(path: Path) -> int:
    """Size of the write-ahead log of a trace; 0 where there is none."""
    try:
        return wal_path(path).stat().st_size
    except OSError:
        return 0


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turns every error of SQLite and of the file system into a TraceError of one line."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _explain(path, error) from error
    except UnicodeDecodeError as error:
        # Raised in place of an error whose message quotes the file.
        raise TraceError(f"{path} holds text that is not UTF-8", _DAMAGE) from error
    except OSError as error:
        raise TraceError(f"cannot use {path}", error.strerror or str(error)) from error


def _open_checked(path: Path, options: str) -> Connection:
    connection = connect(path, options)
    try:
        connection.set_progress_handler(_stop_when_endless(connection, path), _CHECK_EVERY)
        _check_header(connection, path)
        _check_schema(connection, path)
    except (sqlite3.Error, TraceError):
        connection.close()
        raise
    return connection


def _stop_when_endless(connection: Connection, path: Path) -> Callable[[], bool]:
    """Pages of a hostile file can refer to each other so that a scan of it never ends."""

    def stop() -> bool:
        connection.operations += _CHECK_EVERY
        size = path.stat().st_size + wal_bytes(path)
        return connection.operations > 10 * _CHECK_EVERY + _OPERATIONS_PER_BYTE * size

    return stop


def _check_is_file(path: Path) -> None:
    if not path.exists():
        raise TraceError(f"there is no trace {path}", "check the path")
    if not path.is_file():
        raise TraceError(f"{path} is not a file", "give a file that a run has written")


def _check_header(connection: Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise TraceError(f"{path} is not a trace", "give a file that a run has written")
    if version != FORMAT_VERSION:
        raise TraceError(
            f"{path} has trace format {version}, this version reads {FORMAT_VERSION}",
            "open it with the version of Psiscope that wrote it, or a newer one",
        )


def _check_schema(connection: Connection, path: Path) -> None:
    expected = sorted(statements())
    rows = connection.execute("SELECT sql FROM sqlite_master").fetchmany(len(expected) + 1)
    if sorted(str(sql) for (sql,) in rows) != expected:
        raise TraceError(f"{path} has other tables than a trace of its format", _DAMAGE)


def _explain(path: Path, error: sqlite3.Error) -> TraceError:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_FULL or (code in _SPACE_CODES and _is_scarce(path)):
        return TraceFull(f"no room is left for {path}", "free some space, then go on")
    if _primary(error) in _REMEDIES:
        fact, remedy = _REMEDIES[_primary(error)]
        return TraceError(f"{path} {fact}", remedy)
    return TraceError(f"{path} cannot be used ({error!s:.200})", _DAMAGE)


def _is_scarce(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free < _SCARCE


def _primary(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
