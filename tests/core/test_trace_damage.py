"""A damaged or foreign file is a TraceError of one line: no traceback, no hang."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.schema import APPLICATION_ID
from core.traces.trace import FORMAT_VERSION
from core.traces.values import values_of
from core.traces.verify import find_first_difference
from tests.records import make_run, run_records
from tests.trace_files import SMALL, change, read_everything, refused, verify


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound trace."""
    path = tmp_path_factory.mktemp("pristine") / "run.trace"
    return make_run(path, 2, sizes=SMALL).read_bytes()


@pytest.fixture
def path(pristine: bytes, tmp_path: Path) -> Path:
    """A sound trace to be damaged."""
    file = tmp_path / "run.trace"
    file.write_bytes(pristine)
    return file


def test_the_sound_trace_is_sound(path: Path) -> None:
    assert len(read_everything(path)) == len(list(run_records(2)))
    assert verify(path) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\0" * 10_000,
        b"SQLite format 3\0",
        b"SQLite format 3\0" + b"\xff" * 5000,
    ],
    ids=["empty", "text", "zeros", "header", "header and noise"],
)
def test_a_file_that_is_no_trace_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    path.write_bytes(content)
    assert "run.trace" in refused(path)
    refused(path, TraceWriter.open)
    assert path.read_bytes() == content


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    assert "there is no trace" in refused(tmp_path / "run.trace")
    assert "is not a file" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refused(tmp_path / "pipe")


def test_another_application_and_a_newer_format_are_told_apart(path: Path) -> None:
    change(path, f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    assert f"format {FORMAT_VERSION + 1}, this version reads {FORMAT_VERSION}" in refused(path)
    change(path, f"PRAGMA application_id = {APPLICATION_ID + 1}")
    assert "is not a trace" in refused(path)


def test_a_statement_that_would_never_end_is_stopped(path: Path) -> None:
    numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    with TraceReader(path) as reader:
        with pytest.raises(TraceError, match="cannot be read to its end"):
            reader._rows(f"{numbers} SELECT max(x) FROM n")
        assert reader.last_seq() > 1


def test_a_page_that_is_there_many_times_is_noticed(tmp_path: Path) -> None:
    """Children of a tree's root all made the same page: a scan would see its rows again."""
    path = make_run(tmp_path / "run.trace", 120, sizes=SMALL)
    connection = sqlite3.connect(path)
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'EnvironmentStep'"
    ((root,),) = connection.execute(query)
    ((size,),) = connection.execute("PRAGMA page_size")
    connection.close()
    data = bytearray(path.read_bytes())
    page = memoryview(data)[(root - 1) * size : root * size]
    assert page[0] == 5
    cells = [int.from_bytes(page[12 + 2 * i : 14 + 2 * i], "big") for i in range(page[4])]
    for cell in cells:
        page[cell : cell + 4] = bytes(page[cells[0] : cells[0] + 4])
    page.release()
    path.write_bytes(data)
    with TraceReader(path) as reader, pytest.raises(TraceError, match="out of order"):
        reader.columns("EnvironmentStep", ["reward"])


@given(share=st.floats(0.0, 1.0, exclude_max=True))
@settings(max_examples=30)
def test_a_truncated_trace_is_refused(
    share: float, pristine: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("truncated") / "run.trace"
    path.write_bytes(pristine[: int(share * len(pristine))])
    refused(path, verify)


@given(data=st.data())
@settings(max_examples=40)
def test_every_flipped_bit_is_noticed_or_does_not_matter(
    data: st.DataObject, pristine: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected = list(run_records(2, sizes=SMALL))
    place = data.draw(st.integers(0, 8 * len(pristine) - 1))
    damaged = bytearray(pristine)
    damaged[place // 8] ^= 1 << place % 8
    path = tmp_path_factory.mktemp("flipped") / "run.trace"
    path.write_bytes(damaged)
    try:
        records = read_everything(path)
        difference = verify(path)
    except TraceError:
        return
    if difference is None:
        assert find_first_difference(records, expected) is None
        assert len(records) == len(expected)
    else:
        stored = values_of(records[difference.record - 1])
        assert type(records[difference.record - 1]).__name__ == difference.kind
        assert difference.field in {*stored, "digest"}
