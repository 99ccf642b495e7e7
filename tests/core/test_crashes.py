"""A crash after any record: what is committed goes on as if nothing had happened."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.commands import parse_command
from core.session.breakpoints import Watch
from core.session.obey import obey
from core.session.replay import set_breakpoints
from core.session.shelf import Shelf
from core.session.travel import session_at_head
from core.traces.reader import TraceReader
from core.traces.trace import (
    RECORDS,
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    Record,
)
from core.traces.verify import check_integrity
from tests.course import assert_same
from tests.engine_served import assert_verifies
from tests.eventful_course import write_eventful
from tests.tiny_world import use_tiny_world


@pytest.fixture(scope="module", autouse=True)
def _tiny_world() -> Iterator[None]:
    """Snapshots stand close, so that the ways are short."""
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        patch.setattr("core.session.session.snapshot_every", lambda settings: 2)
        yield


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_eventful(tmp_path_factory.mktemp("eventful"))


def transactions(records: list[Record]) -> Iterator[tuple[int, list[Record]]]:
    """(records committed before, what was committed together) for all but the first."""
    place = 1
    while place < len(records):
        together = [records[place]]
        for record in records[place + 1 :]:
            told_after = isinstance(together[0], CommandApplied) and (
                isinstance(record, BranchStarted)
                or (isinstance(record, CommandApplied) and "/" in record.command_id)
            )
            if not told_after and not isinstance(record, BreakpointHit):
                break
            together.append(record)
        yield place, together
        place += len(together)


def cut(path: Path, count: int) -> None:
    """Only the first records were committed."""
    connection = sqlite3.connect(path)
    with connection:
        for table in ("records", "arrays", *(r.__name__ for r in RECORDS)):
            connection.execute(f"DELETE FROM {table} WHERE seq > {count}")
    connection.close()


def next_records(path: Path, first: Record) -> list[Record]:
    """What an engine that opens the trace would commit next, given the same command."""
    shelf = Shelf()
    with TraceReader(path) as reader:
        session, watch = session_at_head(reader, shelf), Watch.from_trace(reader)
        if not isinstance(first, CommandApplied):
            record = session.advance()
            return [record, *watch.check(record)]
        command = parse_command(first.command)
        _, records = obey(session, command, reader, shelf, before=reader.last_seq() + 1)
        set_breakpoints(watch, command, records[0])
        return list(records)


def test_the_course_holds_every_kind_of_record_and_verifies(eventful: Path) -> None:
    with TraceReader(eventful) as reader:
        records = list(reader.records())
        assert {type(record) for record in records} == set(RECORDS)
        assert len(reader.branches()) >= 8
    assert assert_verifies(eventful) == len(records)


def test_after_a_crash_at_any_commit_the_same_comes_next(
    eventful: Path, tmp_path: Path
) -> None:
    with TraceReader(eventful) as reader:
        records = list(reader.records())
    path = Path(shutil.copy(eventful, tmp_path / "cut.trace"))
    committed = list(transactions(records))
    assert sum(len(together) for _, together in committed) == len(records) - 1
    for place, together in reversed(committed):
        cut(path, place)
        assert_same(together, next_records(path, together[0]))
    with TraceReader(path) as reader:
        assert check_integrity(reader) is None
        assert reader.last_seq() == 1
