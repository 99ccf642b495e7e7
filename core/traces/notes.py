"""Notes that people pin to an address (branch, episode, t, k) of a trace.

While an engine lives, a note is a command and so a record of the trace. Notes on a finished
or read-only trace stand beside it in `<trace>.notes.json`. Nothing in a trace is ever
rewritten: of the notes at one address the newest is shown, and where that one has no text,
none is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.disk import read_bounded, write_file
from core.checkpoints.strict_json import LARGEST_JSON, decode, parse_json
from core.commands import LONGEST_NOTE, At, parse_command
from core.errors import CheckpointError, InputError, TraceError
from core.traces.reader import TraceReader

MOST_NOTES = 1000
"""Notes in one file."""
FORMAT = 1
_LARGEST_NUMBER = 2**62
_REMEDY = "mend it, or move it away to go on without its notes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text at an address."""

    at: At
    text: str
    """At most LONGEST_NOTE characters; empty: what was noted here before is removed."""
    seq: int
    """The record that it is; in the file, the trace's last record when it was written."""
    in_file: bool
    """Whether it stands in the file beside the trace, not in the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    at: tuple[int, ...]
    text: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    format: int
    notes: tuple[_Entry, ...]


def notes_path(trace: Path) -> Path:
    """Where the notes of a finished trace are kept."""
    return trace.with_name(f"{trace.name}.notes.json")


def recorded_notes(reader: TraceReader, since_seq: int = 0) -> tuple[Note, ...]:
    """The notes among the commands of a trace after a record, oldest first."""
    address = ("branch", "episode", "t", "k")
    columns = reader.columns(
        "CommandApplied", [*address, "command", "accepted"], since_seq=since_seq
    )
    found = []
    for row, line in enumerate(columns["command"]):
        if not columns["accepted"][row] or '"note"' not in line:
            continue
        try:
            command = parse_command(line)
        except InputError:
            continue
        if command.name == "note":
            branch, episode, t, k = (int(columns[name][row]) for name in address)
            at = command.at or (branch, max(episode, 0), t, k)
            seq = int(columns["seq"][row])
            found.append(Note(at=at, text=command.text.strip(), seq=seq, in_file=False))
    return tuple(found)


def read_notes(path: Path) -> tuple[Note, ...]:
    """The notes in a file; none where it does not exist. Raises TraceError on a foreign one."""
    if not path.exists() and not path.is_symlink():
        return ()
    try:
        document = decode(
            _Document, parse_json(read_bounded(path, LARGEST_JSON), str(path)), str(path)
        )
    except CheckpointError as error:
        raise TraceError(error.fact, f"{error.remedy}; {_REMEDY}") from error
    _check(document, path)
    return tuple(
        Note(at=(e.at[0], e.at[1], e.at[2], e.at[3]), text=e.text, seq=e.seq, in_file=True)
        for e in document.notes
    )


def write_notes(path: Path, notes: Iterable[Note]) -> None:
    """Replace the file at once. Raises TraceError where there is too much, or no place."""
    entries = [{"at": list(n.at), "text": n.text, "seq": n.seq} for n in notes]
    if len(entries) > MOST_NOTES:
        raise TraceError(f"{path.name} holds {MOST_NOTES} notes already", "delete some")
    values = {"format": FORMAT, "notes": entries}
    content = (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()
    if len(content) > LARGEST_JSON:
        raise TraceError("the notes together are over 4 MiB", "shorten or delete some")
    try:
        write_file(path, content)
    except CheckpointError as error:
        reason = error.remedy.split(":")[0]
        raise TraceError(
            f"{error.fact}, {reason}", "copy the trace to a folder that you may write to"
        ) from error


def replaced(kept: Iterable[Note], note: Note, recorded: Iterable[Note]) -> tuple[Note, ...]:
    """What the file holds once `note` was written: the only one there at its address.

    An empty note stays in the file only where it hides one in the trace.
    """
    others = tuple(n for n in kept if n.at != note.at)
    hides = any(n.at == note.at and n.text for n in recorded)
    return (*others, note) if note.text or hides else others


def shown_notes(recorded: Iterable[Note], kept: Iterable[Note]) -> tuple[Note, ...]:
    """The newest note of each address, by address; none where that one has no text."""
    newest: dict[At, Note] = {}
    for note in sorted((*recorded, *kept), key=lambda n: (n.seq, n.in_file)):
        newest[note.at] = note
    return tuple(newest[at] for at in sorted(newest) if newest[at].text)


def checked_text(text: str) -> str:
    """A note's text without blanks around it. Raises InputError where it is too long."""
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise InputError(
            f"the note has {len(text):,} characters", f"write at most {LONGEST_NOTE:,}"
        )
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError("the note holds half a character", "type it again")
    return text


def _check(document: _Document, path: Path) -> None:
    if document.format != FORMAT:
        fact = f"{path} has format {document.format}"
        raise TraceError(fact, f"this version reads format {FORMAT}")
    if len(document.notes) > MOST_NOTES:
        raise TraceError(f"{path} holds over {MOST_NOTES} notes", _REMEDY)
    for entry in document.notes:
        numbers = (*entry.at, entry.seq)
        if len(entry.at) != 4 or not all(0 <= n < _LARGEST_NUMBER for n in numbers):
            raise TraceError(f"{path} holds an address that cannot be", _REMEDY)
        if len(entry.text) > LONGEST_NOTE:
            raise TraceError(f"{path} holds a note of over {LONGEST_NOTE} characters", _REMEDY)
    if len({entry.at for entry in document.notes}) < len(document.notes):
        raise TraceError(f"{path} holds two notes at one address", _REMEDY)
