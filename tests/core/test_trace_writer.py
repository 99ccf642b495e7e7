"""One writer, one commit per record, one file at the end; a full disk costs nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import TraceError
from core.traces.archive import TraceFull, TraceReader, TraceWriter
from core.traces.trace import Record, RunStarted
from core.traces.verify import check_integrity
from tests.records import make_command, make_run, make_run_started, run_records


def new(path: Path) -> TraceWriter:
    return TraceWriter.create(path, make_run_started())


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def sound(path: Path) -> bool:
    with TraceReader(path) as reader:
        return check_integrity(reader) is None


def test_records_count_from_one_and_the_first_is_run_started(tmp_path: Path) -> None:
    with new(tmp_path / "run.trace") as writer:
        assert writer.last_seq == 1
        assert [writer.append(make_command(t=t)) for t in range(3)] == [2, 3, 4]
        assert writer.last_seq == 4


def test_a_closed_trace_is_one_file(tmp_path: Path) -> None:
    make_run(tmp_path / "run.trace", 3)
    assert names(tmp_path) == ["run.trace"]


def test_a_trace_closed_under_a_reader_is_one_file_once_the_reader_is_closed(
    tmp_path: Path,
) -> None:
    writer = new(tmp_path / "run.trace")
    reader = TraceReader(writer.path)
    writer.append(make_command())
    writer.close()
    assert reader.last_seq() == 2
    reader.close()
    assert names(tmp_path) == ["run.trace"]


def test_closing_a_reader_leaves_a_live_trace_alone(tmp_path: Path) -> None:
    with new(tmp_path / "run.trace") as writer:
        TraceReader(writer.path).close()
        writer.append(make_command())
        TraceReader(writer.path).close()
        assert writer.append(make_command()) == 3
    assert sound(tmp_path / "run.trace")


def test_create_never_overwrites(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run.trace", 1)
    before = path.read_bytes()
    with pytest.raises(TraceError, match="exists: choose another name"):
        new(path)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["run.trace"]


def test_create_does_not_overwrite_a_file_that_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.trace"
    link = os.link

    def link_late(source: Path, target: Path) -> None:
        target.write_text("someone else's")
        link(source, target)

    monkeypatch.setattr(os, "link", link_late)
    with pytest.raises(TraceError, match="exists: choose another name"):
        new(path)
    assert path.read_text() == "someone else's"
    assert names(tmp_path) == ["run.trace"]


def test_create_works_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    new(tmp_path / "run.trace").close()
    assert names(tmp_path) == ["run.trace"]
    assert sound(tmp_path / "run.trace")


def test_create_does_not_take_up_the_leftover_log_of_a_removed_trace(tmp_path: Path) -> None:
    writer = new(tmp_path / "run.trace")
    writer.append(make_command())
    writer.path.unlink()
    with pytest.raises(TraceError, match=r"run\.trace-wal is left of another trace: move it"):
        new(writer.path)
    assert "run.trace" not in names(tmp_path)


@pytest.mark.parametrize("place", ["missing/run.trace", "file/run.trace", "long" * 100])
def test_create_in_an_impossible_place_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TraceError) as refusal:
        new(tmp_path / place)
    assert "\n" not in str(refusal.value)
    assert names(tmp_path) == ["file"]


def test_a_first_record_that_cannot_be_stored_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"RunStarted\.task"):
        TraceWriter.create(tmp_path / "run.trace", make_run_started(task="\ud800"))
    assert names(tmp_path) == []


def test_a_reopened_trace_has_the_digests_of_one_written_at_once(tmp_path: Path) -> None:
    records = list(run_records(4))
    make_run(tmp_path / "once.trace", 4)
    for i, record in enumerate(records):
        path = tmp_path / "often.trace"
        if isinstance(record, RunStarted):
            TraceWriter.create(path, record).close()
            continue
        with TraceWriter.open(path) as writer:
            assert writer.last_seq == i
            writer.append(record)
    with TraceReader(path) as often, TraceReader(tmp_path / "once.trace") as once:
        assert often.digest(len(records)) == once.digest(len(records))


def test_a_missing_trace_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="there is no trace"):
        TraceWriter.open(tmp_path / "run.trace")
    assert names(tmp_path) == []


def test_a_second_writer_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    with new(tmp_path / "run.trace") as writer:
        with pytest.raises(TraceError, match="another process writes"):
            TraceWriter.open(writer.path)
        assert writer.append(make_command()) == 2
        with TraceReader(writer.path) as reader:
            assert reader.last_seq() == 2
    with TraceWriter.open(writer.path) as second:
        assert second.append(make_command()) == 3


def test_a_second_writer_is_refused_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "link.trace").symlink_to(tmp_path / "run.trace")
    with new(tmp_path / "run.trace") as writer:
        with pytest.raises(TraceError, match="another process writes"):
            TraceWriter.open(tmp_path / "link.trace")
        writer.append(make_command())
        with TraceReader(tmp_path / "link.trace") as reader:
            assert reader.last_seq() == 2
    assert names(tmp_path) == ["link.trace", "run.trace"]


def test_an_applied_command_is_found_by_its_id(tmp_path: Path) -> None:
    with new(tmp_path / "run.trace") as writer:
        seq = writer.append(make_command(command_id="w-1"))
        writer.append(make_command(command_id="w-2"))
        assert writer.command_seq("w-1") == seq
        assert writer.command_seq("w-3") is None
    with TraceWriter.open(writer.path) as writer:
        assert writer.command_seq("w-1") == seq


def full_then_free(writer: TraceWriter, records: Iterator[Record]) -> Record:
    """Append until the disk is full; the record that did not fit."""
    for record in records:
        try:
            writer.append(record)
        except TraceFull:
            return record
    raise AssertionError("the disk was never full")


def test_a_full_disk_loses_nothing_and_the_same_record_fits_later(tmp_path: Path) -> None:
    with new(tmp_path / "run.trace") as writer:
        writer._connection.execute("PRAGMA max_page_count = 100")
        left = full_then_free(writer, run_records(100))
        last = writer.last_seq
        assert last > 5
        with TraceReader(writer.path) as reader:
            assert len(list(reader.records())) == last
        with pytest.raises(TraceFull, match=r"no room is left for .*: free some space"):
            writer.append(left)
        writer._connection.execute("PRAGMA max_page_count = 1000000")
        assert writer.append(left) == last + 1
    assert sound(writer.path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(["mount", *options]).returncode:
        pytest.skip("this user may not mount a small tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full_loses_nothing(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(2**18))
    with new(small_disk / "run.trace") as writer:
        left = full_then_free(writer, run_records(100))
        last = writer.last_seq
        assert last > 5
        with TraceReader(writer.path) as reader:
            assert len(list(reader.records())) == last
        (small_disk / "ballast").unlink()
        assert writer.append(left) == last + 1
    assert sound(writer.path)
    assert names(small_disk) == ["run.trace"]


def test_a_trace_cannot_be_begun_on_a_full_disk(small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "ballast").write_bytes(bytes(2**21))
    with pytest.raises(TraceFull):
        new(small_disk / "run.trace")
    assert names(small_disk) == ["ballast"]


def test_a_foreign_database_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(TraceError, match="not a trace"):
        TraceWriter.open(path)
    assert path.read_bytes() == before
