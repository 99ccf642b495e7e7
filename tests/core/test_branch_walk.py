"""Two branches in step: traces that grow, damaged ones, columns side by side, and the speed."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from core.errors import TraceError
from core.traces.archive import TraceWriter
from core.traces.branch_walk import BranchWalk, Course
from core.traces.divergence import compare, find_divergence
from core.traces.gap import gap
from core.traces.reader import TraceReader
from core.traces.schema import layout
from tests.branched_run import Fork, append_fork, course, plant, write_branches


def test_a_walk_goes_on_where_a_growing_trace_ended(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", until=8)
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=2, until=2))
        with (
            TraceReader(path) as reader,
            closing(BranchWalk(path, reader.branches(), 0, 1)) as walk,
        ):
            seen = [compare(reader, walk).alike]
            for record in course(1, 2, 4):
                writer.append(record)
                seen.append(compare(reader, walk).alike)
            assert seen == list(range(9))
            for record in course(1, 4, 6):
                writer.append(plant("EnvironmentStep", (0, 5), reward=9.0)(record))
            for _ in range(2):
                found = compare(reader, walk).divergence
                assert found is not None
                assert (found.t, found.field) == (5, "reward")


def test_a_branch_that_begins_meanwhile_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=2, until=4))
    with (
        TraceReader(path) as reader,
        closing(BranchWalk(path, reader.branches(), 0, 1)) as walk,
        TraceWriter.open(path) as writer,
    ):
        append_fork(writer, 2, Fork(t=1, plant=plant("EnvironmentStep", (0, 1), reward=9.0)))
        assert compare(reader, walk).note == "identical as far as both go: to t = 3"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE records SET field_digests = 7 WHERE seq = 20",
        "UPDATE records SET field_digests = zeroblob(240) WHERE seq = 20",
        "UPDATE records SET kind = 'Proposal' WHERE seq = 20",
    ],
)
def test_a_damaged_trace_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=2))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(TraceError, match="damaged") as refused, TraceReader(path) as reader:
        find_divergence(reader, 0, 1)
    assert "\n" not in str(refused.value)


def test_the_branch_is_the_first_field_of_every_record_that_is_compared() -> None:
    for record_type in get_args(Course):
        assert layout(record_type.__name__).deterministic[0] == "branch"


def test_the_gap_is_over_the_environment_steps_of_both(tmp_path: Path) -> None:
    path = write_branches(
        tmp_path / "b.trace",
        Fork(t=3, until=6, plant=plant("Proposal", (0, 4), objective_gain=7.0)),
    )
    with TraceReader(path) as reader:
        columns = gap(reader, 0, 1)
        other_way = gap(reader, 1, 0, 0)
    assert columns.t.tolist() == [0, 1, 2, 3, 4, 5]
    assert set(columns.episode) == {0}
    assert columns.b["objective_gain"][4] == 7.0
    same = columns.a["objective_gain"] == columns.b["objective_gain"]
    assert same.tolist() == [True, True, True, True, False, True]
    assert columns.a["episode_return"].tolist() == [2.5 * (t + 1) for t in range(6)]
    for name in columns.a:
        assert np.array_equal(columns.a[name], other_way.b[name])


def repeat_environment_steps(path: Path, times: int) -> None:
    """Lengthen both branches by copies of their last environment step, with SQL alone."""
    with closing(sqlite3.connect(path)) as connection, connection:
        (last,) = connection.execute("SELECT max(seq) FROM records").fetchone()
        (begun,) = connection.execute("SELECT seq FROM BranchStarted").fetchone()
        for table in [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )]:  # fmt: skip
            connection.execute(
                f"UPDATE {table} SET seq = seq + 10000000 WHERE seq >= {begun - 1}"
            )
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
        for end in (begun - 2, last + 10000000):
            for seq in range(end - 3, end + 1):
                connection.execute(
                    f"{count} INSERT INTO records SELECT seq + 4 * i, kind, digest,"
                    f" field_digests FROM records, n WHERE seq = {seq}",
                    (times,),
                )
                for kind in ("GradientUpdate", "Proposal", "EnvironmentStep"):
                    names = [name for name in layout(kind).scalars if name != "t"]
                    connection.execute(
                        f"{count} INSERT INTO {kind} (seq, t, {', '.join(names)})"
                        f" SELECT seq + 4 * i, t + i, {', '.join(names)}"
                        f" FROM {kind}, n WHERE seq = {seq}",
                        (times,),
                    )


def test_ten_thousand_identical_environment_steps_take_less_than_a_second(
    tmp_path: Path,
) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=1, until=4), until=4)
    repeat_environment_steps(path, 10_000)
    with TraceReader(path) as reader:
        begun = time.process_time()
        with closing(BranchWalk(path, reader.branches(), 0, 1)) as walk:
            assert walk.next_difference() is None
        spent = time.process_time() - begun
        assert walk.alike == 3 * 4 + 4 * 10_000
    assert spent < 1.0
