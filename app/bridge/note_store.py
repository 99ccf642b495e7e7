"""The notes of the shown trace: read from it and its file, written to the file in a thread."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from app.bridge.trace_jobs import TraceJobs
from core.commands import At
from core.errors import InputError
from core.traces.lineage import Branches
from core.traces.notes import (
    Note,
    notes_path,
    read_notes,
    recorded_notes,
    replaced,
    shown_notes,
    write_notes,
)
from core.traces.reader import TraceReader


@dataclass(frozen=True, slots=True)
class _Look:
    """What is new in the trace."""

    notes: tuple[Note, ...]
    seq: int
    branches: Branches


class NoteStore(QObject):
    """Reads and writes in a thread of its own."""

    changed = pyqtSignal()
    """Other notes, or another branch that a note may belong to."""
    written = pyqtSignal(object)
    """The address of a note that is in the file now."""
    refused = pyqtSignal(object, str)
    """Address and text of a note: it could not be written, in one line."""
    unreadable = pyqtSignal(str)
    """One line: what is wrong with the file beside the trace, or with the trace."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = TraceJobs(self)
        self._path: Path | None = None
        self._count = 0
        self._unwritten: dict[str, Note] = {}
        self._forget()
        self._jobs.failed.connect(self._fail)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Those to be shown, by address."""
        return self._notes

    def open(self, trace: Path | None) -> None:
        """Another trace, from its beginning."""
        self._finish()
        self._path = None if trace is None else notes_path(trace)
        self._forget()
        self._jobs.open(trace)
        self.changed.emit()
        if self._path is not None:
            path = self._path
            self._jobs.ask("file", lambda _reader: read_notes(path), self._take_file)
            self.look()

    def look(self) -> None:
        """Read what is new in the trace."""
        since = self._seq
        self._jobs.ask("notes", lambda reader: _look(reader, since), self._take)

    def write(self, at: At, text: str) -> None:
        """Put a note into the file, in place of the one there; no text removes it."""
        if self._path is None:
            return
        self._count += 1
        name, path, recorded = f"write {self._count}", self._path, self._recorded
        note = Note(at=at, text=text, seq=self._seq, in_file=True)
        self._unwritten[name] = note

        def done(kept: tuple[Note, ...]) -> None:
            del self._unwritten[name]
            self._take_file(kept)
            self.written.emit(at)

        self._jobs.ask(name, lambda _reader: _write(path, note, recorded), done)

    def on_path(self, at: At, branch: int) -> bool:
        """Whether a note belongs to what is seen of a branch."""
        branches = self._branches
        if branches is None or branch >= len(branches):
            return at[0] == branch
        return any(
            segment.branch == at[0] and segment.holds_update(*at[1:])
            for segment in branches.path(branch)
        )

    def close(self) -> None:
        """Write what is not written yet; let go of the files."""
        self._jobs.close()
        self._finish()

    def _forget(self) -> None:
        self._recorded: tuple[Note, ...] = ()
        self._kept: tuple[Note, ...] = ()
        self._notes: tuple[Note, ...] = ()
        self._seq = 0
        self._branches: Branches | None = None

    def _finish(self) -> None:
        """A note that waits for the thread is written now; once more does no harm."""
        for note in self._unwritten.values():
            if self._path is not None:
                with suppress(InputError):
                    _write(self._path, note, self._recorded)
        self._unwritten.clear()

    def _take(self, look: _Look) -> None:
        if look.seq <= self._seq and self._branches is not None:
            return
        known = {note.seq for note in self._recorded}
        new = tuple(note for note in look.notes if note.seq not in known)
        grown = self._branches is None or len(look.branches) != len(self._branches)
        self._recorded += new
        self._seq, self._branches = max(look.seq, self._seq), look.branches
        if new or grown:
            self._tell()

    def _take_file(self, kept: tuple[Note, ...]) -> None:
        self._kept = kept
        self._tell()

    def _tell(self) -> None:
        self._notes = shown_notes(self._recorded, self._kept)
        self.changed.emit()

    def _fail(self, name: str, line: str) -> None:
        note = self._unwritten.pop(name, None)
        if note is None:
            self.unreadable.emit(line)
        else:
            self.refused.emit(note, line)


def _look(reader: TraceReader, since: int) -> _Look:
    seq = reader.last_seq()
    return _Look(recorded_notes(reader, since), seq, reader.branches())


def _write(path: Path, note: Note, recorded: tuple[Note, ...]) -> tuple[Note, ...]:
    """Read the file again first: another window may have written to it."""
    kept = replaced(read_notes(path), note, recorded)
    write_notes(path, kept)
    return kept
