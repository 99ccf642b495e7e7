"""Forged tables and rows are refused by what is wrong with them, before they are used."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from core.traces.archive import TraceWriter
from core.traces.schema import layout
from core.traces.values import LARGEST_ARRAY
from tests.records import make_run
from tests.trace_files import SMALL, change, refused, verify

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


def test_an_index_that_leads_elsewhere_is_noticed(path: Path) -> None:
    """The index of the address really holds rewards, and says otherwise."""
    index = "CREATE INDEX EnvironmentStep_address ON EnvironmentStep (branch, episode"
    change(
        path,
        "DROP INDEX EnvironmentStep_address",
        f"{index}, reward)",
        f"UPDATE sqlite_master SET sql = '{index}, t)' WHERE name = 'EnvironmentStep_address'",
    )
    refused(path, verify)
