"""A damaged, foreign or hostile file is a TraceError of one line: no traceback, no hang."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.schema import APPLICATION_ID, layout
from core.traces.trace import FORMAT_VERSION, Difference, Record
from core.traces.values import LARGEST_ARRAY, values_of
from core.traces.verify import check_integrity, find_first_difference
from tests.motion import Sizes
from tests.records import make_run, run_records

SMALL = Sizes(particles=2, horizon=2, weights=5)
STATE = "seq = 2 AND field = 'state'"


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


def change(path: Path, *statements: str) -> None:
    """Run SQL on a trace, as anyone can."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def read_everything(path: Path) -> list[Record]:
    """Use a trace in every way there is."""
    with TraceReader(path) as reader:
        moment = reader.latest_moment()
        if moment is not None:
            reader.updates(*moment)
            reader.environment_step(*moment)
        for kind in ("EnvironmentStep", "GradientUpdate", "CommandApplied", "EpisodeEnded"):
            reader.columns(kind, list(layout(kind).scalars))
        return list(reader.records())


def verify(path: Path) -> Difference | None:
    with TraceReader(path) as reader:
        return check_integrity(reader)


def refused(path: Path, use: Callable[[Path], Any] = read_everything) -> str:
    """The one line with which a use of the file ends."""
    with pytest.raises(TraceError) as refusal:
        use(path)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    return str(refusal.value)


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


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE arrays"],
        ["DROP TABLE EnvironmentStep"],
        ["DROP INDEX arrays_seq"],
        ["ALTER TABLE Snapshot ADD COLUMN more"],
        ["CREATE TABLE more (x)"],
        ["CREATE VIEW more AS SELECT 1"],
        ["CREATE INDEX more ON records (abs(seq))"],
        ["CREATE TRIGGER more AFTER INSERT ON records BEGIN DELETE FROM records; END"],
        [
            "DROP TABLE EnvironmentStep",
            "CREATE VIEW EnvironmentStep AS WITH RECURSIVE n(x) AS"
            " (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS seq, x AS t FROM n",
        ],
        ["UPDATE sqlite_master SET sql = 'CREATE TABLE nonsense (' WHERE name = 'arrays'"],
        ["UPDATE sqlite_master SET sql = CAST(x'4352fffe' AS TEXT) WHERE name = 'arrays'"],
        ["DELETE FROM sqlite_master"],
    ],
)
def test_tables_other_than_a_traces_are_refused_unread(
    statements: list[str], path: Path
) -> None:
    change(path, *statements)
    refused(path)
    refused(path, TraceWriter.open)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (f"UPDATE arrays SET dtype = 'object' WHERE {STATE}", "unknown dtype 'object'"),
        (f"UPDATE arrays SET dtype = 'O' WHERE {STATE}", "unknown dtype 'O'"),
        (
            f"UPDATE arrays SET dtype = 'float32' WHERE {STATE}",
            "float32 (11) and holds 88 bytes",
        ),
        (f"UPDATE arrays SET dtype = NULL WHERE {STATE}", "columns of a wrong type"),
        (f"UPDATE arrays SET shape = '12' WHERE {STATE}", "float64 (12) and holds 88 bytes"),
        (f"UPDATE arrays SET shape = '1,11' WHERE {STATE}", "shape (1, 11) is not (S)"),
        (f"UPDATE arrays SET shape = '-11' WHERE {STATE}", "unreadable shape"),
        (f"UPDATE arrays SET shape = '' WHERE {STATE}", "unreadable shape"),
        (f"UPDATE arrays SET shape = '１１' WHERE {STATE}", "unreadable shape"),
        (f"UPDATE arrays SET shape = '{'1,' * 40}11' WHERE {STATE}", "unreadable shape"),
        (
            f"UPDATE arrays SET shape = '999999999,999999999,999999999' WHERE {STATE}",
            "holds 88",
        ),
        (
            f"UPDATE arrays SET shape = '0,999999999,999999999', data = x'' WHERE {STATE}",
            "holds 0 bytes",
        ),
        (f"UPDATE arrays SET data = substr(data, 2) WHERE {STATE}", "holds 87 bytes"),
        (f"UPDATE arrays SET data = 'text' WHERE {STATE}", "columns of a wrong type"),
        (f"UPDATE arrays SET field = 'other' WHERE {STATE}", "foreign array other"),
        (f"UPDATE arrays SET field = 'physics_state' WHERE {STATE}", "foreign array"),
        (f"DELETE FROM arrays WHERE {STATE}", "no array state"),
        (f"UPDATE arrays SET dtype = 'bool', shape = '88' WHERE {STATE}", "no bools"),
        ("UPDATE EpisodeStarted SET seed = 'text'", "column seed holds str, not int"),
        ("UPDATE EpisodeStarted SET seed = 1.5", "column seed holds float, not int"),
        ("UPDATE EpisodeStarted SET seed = NULL", "column seed holds NoneType, not int"),
        ("UPDATE RunStarted SET diagnostics = 2", "column diagnostics holds 2, not a bool"),
        ("UPDATE RunStarted SET task = x'00'", "column task holds bytes, not str"),
        ("UPDATE RunStarted SET task = CAST(x'ff' AS TEXT)", "run.trace cannot be used"),
        ("UPDATE EnvironmentStep SET reward = 'text'", "column reward holds"),
        ("UPDATE EnvironmentStep SET reward = 1", "column reward holds"),
        ("UPDATE EnvironmentStep SET t = 'text'", "address holds something else"),
        ("UPDATE records SET kind = 'Nonsense' WHERE seq = 2", "unknown kind 'Nonsense'"),
        ("UPDATE records SET kind = 'Snapshot' WHERE seq = 2", "Snapshot has no row"),
        ("UPDATE records SET kind = NULL WHERE seq = 2", "columns of a wrong type"),
        ("UPDATE records SET digest = NULL WHERE seq = 2", "columns of a wrong type"),
        ("DELETE FROM records", "no record"),
        ("DELETE FROM records WHERE seq = 1", "no record 1"),
        ("DELETE FROM records WHERE seq = 3", "no record 3"),
        ("DELETE FROM RunStarted", "RunStarted has no row"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_what_is_wrong(
    statement: str, says: str, path: Path
) -> None:
    change(path, statement)
    assert says in refused(path)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO EnvironmentStep SELECT 1000, {columns} FROM EnvironmentStep LIMIT 1",
        "INSERT INTO arrays VALUES (1000, 'state', 'float64', '1', zeroblob(8))",
        "UPDATE records SET seq = 1000 WHERE seq = (SELECT max(seq) FROM records)",
    ],
)
def test_rows_that_belong_to_no_record_fail_the_verification(
    statement: str, path: Path
) -> None:
    columns = ", ".join(layout("EnvironmentStep").scalars)
    change(path, statement.format(columns=columns))
    refused(path, verify)


def test_a_trace_that_begins_with_something_else_is_refused(path: Path) -> None:
    change(
        path,
        "UPDATE records SET kind = 'EpisodeStarted' WHERE seq = 1",
        "UPDATE EpisodeStarted SET seq = 1",
        "UPDATE arrays SET seq = 1 WHERE seq = 2",
    )
    assert "does not begin with RunStarted" in refused(path)


def test_a_value_larger_than_an_array_may_be_is_refused_without_reading_it(path: Path) -> None:
    size = LARGEST_ARRAY + 2**20
    forged = f"shape = '{size // 8}', data = zeroblob({size})"
    change(path, f"UPDATE arrays SET {forged} WHERE {STATE}")
    tracemalloc.start()
    try:
        assert "more than 64 MiB" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_statement_that_would_never_end_is_stopped(path: Path) -> None:
    numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    with TraceReader(path) as reader:
        with pytest.raises(TraceError, match="cannot be read to its end"):
            reader._rows(f"{numbers} SELECT max(x) FROM n")
        assert reader.last_seq() > 1


def test_a_page_that_is_there_many_times_is_noticed(tmp_path: Path) -> None:
    """Children of a tree's root all made the same page: a scan would see its rows again."""
    path = make_run(tmp_path / "run.trace", 60, sizes=SMALL)
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


def test_an_index_that_leads_elsewhere_is_noticed(path: Path) -> None:
    definition = "CREATE INDEX EnvironmentStep_address ON EnvironmentStep (branch, episode, t)"
    change(
        path,
        "DROP INDEX EnvironmentStep_address",
        definition.replace("(branch, episode, t)", "(branch, episode, k_)").replace(
            "k_", "reward"
        ),
        f"UPDATE sqlite_master SET sql = '{definition}' WHERE name = 'EnvironmentStep_address'",
    )
    refused(path, verify)


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
