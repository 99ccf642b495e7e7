"""A writer that is killed loses nothing that it had committed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import Record
from core.traces.verify import check_integrity, find_first_difference
from tests.records import make_command, make_run, run_records

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from core.traces.archive import TraceWriter
from tests.records import run_records

path = Path(sys.argv[1])
records = run_records(10_000)
writer = TraceWriter.create(path, next(records))
for record in records:
    print(writer.append(record), flush=True)
"""


@contextmanager
def killed_after(path: Path, records: int) -> Iterator[int]:
    """A process that writes a trace, killed after it acknowledged that many records."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = 1
        while acknowledged < records:
            acknowledged = int(process.stdout.readline())
        with pytest.raises(TraceError, match="another process writes"):
            TraceWriter.open(path)
        process.kill()
    yield acknowledged


def expected(count: int) -> list[Record]:
    records = run_records(10_000)
    return [next(records) for _ in range(count)]


def check_survivor(path: Path, acknowledged: int) -> None:
    """Everything acknowledged is there and right, and one can go on."""
    with TraceReader(path) as reader:
        last = reader.last_seq()
        assert last >= acknowledged
        assert check_integrity(reader) is None
        assert find_first_difference(reader.records(), expected(last)) is None
    with TraceWriter.open(path) as writer:
        assert writer.last_seq == last
        assert writer.append(make_command()) == last + 1
    with TraceReader(path) as reader:
        assert check_integrity(reader) is None
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_every_committed_record_of_a_killed_writer_is_readable(tmp_path: Path) -> None:
    with killed_after(tmp_path / "run.trace", 40) as acknowledged:
        check_survivor(tmp_path / "run.trace", acknowledged)


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(5))
def test_a_writer_may_be_killed_at_any_moment(attempt: int, tmp_path: Path) -> None:
    records = random.Random(attempt).randrange(2, 300)
    with killed_after(tmp_path / "run.trace", records) as acknowledged:
        check_survivor(tmp_path / "run.trace", acknowledged)


def test_a_reader_lives_through_the_writers_death_and_its_successor(tmp_path: Path) -> None:
    with killed_after(tmp_path / "run.trace", 20) as acknowledged:
        with TraceReader(tmp_path / "run.trace") as reader:
            last = reader.last_seq()
            assert last >= acknowledged
            with TraceWriter.open(reader.path) as writer:
                writer.append(make_command())
                assert reader.last_seq() == last + 1
        assert [file.name for file in tmp_path.iterdir()] == ["run.trace"]


def test_a_closed_trace_can_be_copied_as_one_file(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run.trace", 3)
    (tmp_path / "copy.trace").write_bytes(path.read_bytes())
    with TraceReader(tmp_path / "copy.trace") as reader:
        assert check_integrity(reader) is None
