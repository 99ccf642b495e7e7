"""Notes pinned to addresses: in the trace, in the file beside it, and in foreign files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import LONGEST_NOTE, At, Command
from core.errors import InputError, TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.notes import (
    MOST_NOTES,
    Note,
    checked_text,
    notes_path,
    read_notes,
    recorded_notes,
    replaced,
    shown_notes,
    write_notes,
)
from core.traces.trace import Record
from tests.records import make_command, make_run_started

NOBODY = 65534


def note(
    at: At = (0, 0, 3, 1), text: str = "odd", seq: int = 5, *, in_file: bool = True
) -> Note:
    return Note(at=at, text=text, seq=seq, in_file=in_file)


def note_command(text: str, at: At | None, **changes: Any) -> Record:
    line = Command(id="w-1", name="note", text=text, at=at).to_line()
    return make_command(command=line, **changes)


def written(path: Path, *records: Record) -> TraceReader:
    with TraceWriter.create(path, make_run_started()) as writer:
        for record in records:
            writer.append(record)
    return TraceReader(path)


def test_the_file_has_the_name_of_the_trace_and_more(tmp_path: Path) -> None:
    assert notes_path(tmp_path / "a.trace") == tmp_path / "a.trace.notes.json"


def test_notes_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    notes = (note(), note((1, 0, 4, 0), "two\nlines, “quoted”, 猫 \\ \t", 9))
    write_notes(tmp_path / "a.notes.json", notes)
    assert read_notes(tmp_path / "a.notes.json") == notes


def test_where_there_is_no_file_there_are_no_notes(tmp_path: Path) -> None:
    assert read_notes(tmp_path / "a.notes.json") == ()


def test_notes_of_a_trace_are_its_accepted_note_commands_in_order(tmp_path: Path) -> None:
    with written(
        tmp_path / "a.trace",
        note_command("first", (0, 0, 7, 2)),
        make_command(t=3),
        note_command("refused", (0, 0, 8, 0), accepted=False),
        make_command(command='{"note": broken'),
        note_command("where the run stood", None, branch=2, episode=1, t=6, k=1),
    ) as reader:
        notes = recorded_notes(reader)
        assert [(n.at, n.text, n.seq, n.in_file) for n in notes] == [
            ((0, 0, 7, 2), "first", 2, False),
            ((2, 1, 6, 1), "where the run stood", 6, False),
        ]
        assert recorded_notes(reader, since_seq=2) == notes[1:]


def test_the_newest_note_of_an_address_is_shown_and_an_empty_one_removes_it() -> None:
    old = note(text="old", seq=5, in_file=False)
    other = note((0, 0, 1, 0), "other", 2, in_file=False)
    assert shown_notes([old, other], []) == (other, old)
    assert shown_notes([old, note(text="new", seq=8, in_file=False)], [])[0].text == "new"
    assert shown_notes([old, other, note(text="", seq=8, in_file=False)], []) == (other,)


def test_the_file_and_the_trace_replace_one_another_by_when_they_were_written() -> None:
    in_trace = note(text="in the trace", seq=5, in_file=False)
    assert shown_notes([in_trace], [note(text="afterwards", seq=5)])[0].text == "afterwards"
    resumed = note(text="after going on", seq=9, in_file=False)
    assert shown_notes([in_trace, resumed], [note(text="between", seq=5)]) == (resumed,)


def test_an_empty_note_stays_in_the_file_only_where_it_hides_one_of_the_trace() -> None:
    kept = (note(), note((0, 0, 9, 0), "stays"))
    assert replaced(kept, note(text=""), []) == kept[1:]
    hiding = note(text="", seq=7)
    assert replaced(kept, hiding, [note(in_file=False)]) == (kept[1], hiding)
    assert replaced(kept, note(text="new"), []) == (kept[1], note(text="new"))


def test_a_text_is_stripped_and_bounded() -> None:
    assert checked_text("  a\nb \n") == "a\nb"
    with pytest.raises(InputError, match="4,001 characters: write at most 4,000"):
        checked_text("x" * (LONGEST_NOTE + 1))
    with pytest.raises(InputError, match="half a character"):
        checked_text("\ud83d")


def test_too_many_notes_are_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.notes.json"
    write_notes(path, [note()])
    many = [note((0, 0, t, 0)) for t in range(MOST_NOTES + 1)]
    with pytest.raises(TraceError, match="1000 notes already: delete some"):
        write_notes(path, many)
    with pytest.raises(TraceError, match="over 4 MiB"):
        write_notes(path, [note((0, 0, t, 0), "猫" * LONGEST_NOTE) for t in range(400)])
    assert read_notes(path) == (note(),)


BAD: dict[str, Any] = {
    "no object": [],
    "another format": {"format": 2, "notes": []},
    "a key too many": {"format": 1, "notes": [], "run": "rm"},
    "notes no list": {"format": 1, "notes": "x"},
    "a note without text": {"format": 1, "notes": [{"at": [0, 0, 0, 0], "seq": 1}]},
    "a short address": {"format": 1, "notes": [{"at": [0], "text": "", "seq": 1}]},
    "a negative t": {"format": 1, "notes": [{"at": [0, 0, -1, 0], "text": "", "seq": 1}]},
    "true for t": {"format": 1, "notes": [{"at": [0, 0, True, 0], "text": "", "seq": 1}]},
    "a huge t": {"format": 1, "notes": [{"at": [0, 0, 2**62, 0], "text": "", "seq": 1}]},
    "a long text": {"format": 1, "notes": [{"at": [0] * 4, "text": "x" * 4001, "seq": 1}]},
    "twice the same": {"format": 1, "notes": [{"at": [0] * 4, "text": "x", "seq": 1}] * 2},
    "too many": {
        "format": 1,
        "notes": [{"at": [0, 0, t, 0], "text": "x", "seq": 1} for t in range(1001)],
    },
}


@pytest.mark.parametrize("values", BAD.values(), ids=BAD.keys())
def test_a_foreign_file_is_refused_in_one_line_that_names_it(
    tmp_path: Path, values: Any
) -> None:
    path = tmp_path / "a.notes.json"
    path.write_text(json.dumps(values))
    with pytest.raises(TraceError) as caught:
        read_notes(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert len(line) < len(str(path)) + 200


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b'{"format": NaN}', b"9" * 5_000_000, b'"\\ud800"'],
    ids=["empty", "no text", "deep", "nan", "huge", "half a character"],
)
def test_junk_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.notes.json"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="move it away"):
        read_notes(path)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    path = Path(os.environ["XDG_DATA_HOME"]) / "fuzzed.notes.json"
    path.write_bytes(content)
    with pytest.raises(TraceError):
        read_notes(path)


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "a.notes.json").symlink_to(tmp_path / "secret")
    with pytest.raises(TraceError, match="symbolic link"):
        read_notes(tmp_path / "a.notes.json")


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written; root ignores modes, so somebody else for a while."""
    folder = tmp_path / "closed"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    folder.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    yield folder
    if was_root:
        os.seteuid(0)
    folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_is_told_in_one_clear_line(unprivileged: Path) -> None:
    with pytest.raises(TraceError) as caught:
        write_notes(unprivileged / "a.trace.notes.json", [note()])
    assert str(caught.value) == (
        f"{unprivileged}/a.trace.notes.json cannot be written, permission is denied: "
        "copy the trace to a folder that you may write to"
    )
