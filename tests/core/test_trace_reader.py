"""Reading a trace: by seq, by address, as columns; while it is written, and from any medium."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from core.errors import TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import EnvironmentStep, GradientUpdate
from tests.records import (
    make_command,
    make_environment_step,
    make_run,
    make_run_started,
    make_update,
    run_records,
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TraceReader]:
    path = tmp_path_factory.mktemp("reader") / "run.trace"
    with TraceReader(make_run(path, 25, episodes=2, ascent_steps=2)) as open_reader:
        yield open_reader


def test_the_updates_of_a_moment_come_in_the_order_of_k(reader: TraceReader) -> None:
    updates = reader.updates(0, 1, 7)
    assert [(u.episode, u.t, u.k, u.last) for u in updates] == [
        (1, 7, 0, False),
        (1, 7, 1, False),
        (1, 7, 2, True),
    ]
    assert reader.updates(0, 1, 25) == ()
    assert reader.updates(3, 0, 0) == ()


def test_an_environment_step_is_found_by_its_address(reader: TraceReader) -> None:
    step = reader.environment_step(0, 1, 7)
    assert isinstance(step, EnvironmentStep)
    assert (step.branch, step.episode, step.t) == (0, 1, 7)
    assert reader.environment_step(0, 1, 25) is None


def test_the_latest_moment_is_that_of_the_newest_update(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "run.trace"
    with TraceWriter.create(path, make_run_started()) as writer, TraceReader(path) as reader:
        assert reader.latest_moment() is None
        writer.append(make_update(rng, t=0))
        assert reader.latest_moment() == (0, 0, 0)
        assert reader.environment_step(0, 0, 0) is None
        writer.append(make_environment_step(rng, t=0))
        writer.append(make_command(t=1))
        assert reader.latest_moment() == (0, 0, 0)
        writer.append(make_update(rng, episode=1, t=0))
        assert reader.latest_moment() == (0, 1, 0)


def test_an_update_made_again_after_a_resumption_replaces_the_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with TraceWriter.create(tmp_path / "run.trace", make_run_started()) as writer:
        for k in (0, 1, 0, 1):
            writer.append(make_update(rng, k=k, drift=float(writer.last_seq)))
        with TraceReader(writer.path) as reader:
            assert [(u.k, u.drift) for u in reader.updates(0, 0, 0)] == [(0, 3.0), (1, 4.0)]


def test_columns_hold_the_scalars_of_all_records_of_a_kind(reader: TraceReader) -> None:
    names = ["t", "gradient_norm", "last"]
    columns = reader.columns("GradientUpdate", names, episode=1)
    records = [
        (seq, record)
        for seq, record in enumerate(reader.records(), start=1)
        if isinstance(record, GradientUpdate) and record.episode == 1
    ]
    assert list(columns) == ["seq", *names]
    assert [columns[n].dtype.name for n in columns] == ["int64", "int64", "float64", "bool"]
    assert columns["seq"].tolist() == [seq for seq, _ in records]
    for name in names:
        expected = [getattr(record, name) for _, record in records]
        np.testing.assert_array_equal(columns[name], expected)
    assert np.isnan(columns["gradient_norm"]).sum() == 25


def test_columns_after_a_seq_are_only_the_new_rows(reader: TraceReader) -> None:
    everything = reader.columns("EnvironmentStep", ["reward"])
    assert len(everything["seq"]) == 50
    middle = int(everything["seq"][29])
    new = reader.columns("EnvironmentStep", ["reward"], since_seq=middle)
    assert new["seq"].tolist() == everything["seq"][30:].tolist()
    none = reader.columns("Proposal", ["true_gain", "fallback"], since_seq=10**6)
    assert [(len(column), column.dtype.name) for column in none.values()] == [
        (0, "int64"),
        (0, "float64"),
        (0, "object"),
    ]


def test_columns_select_by_branch_where_the_kind_has_one(reader: TraceReader) -> None:
    assert len(reader.columns("EnvironmentStep", ["t"], branch=1)["t"]) == 0
    assert reader.columns("RunStarted", ["task"], branch=1)["task"].tolist() == ["hopper"]
    assert reader.columns("EpisodeEnded", ["seq", "seed"])["seed"].tolist() == [0, 1]


def test_a_column_that_does_not_exist_or_is_an_array_is_refused(reader: TraceReader) -> None:
    for name in ("nonsense", "action", "t; DROP TABLE records"):
        with pytest.raises(TraceError, match="EnvironmentStep has no scalar"):
            reader.columns("EnvironmentStep", [name])
    with pytest.raises(TraceError, match="unknown kind"):
        reader.columns("records", ["seq"])


def test_a_record_that_is_not_there_is_one_line(reader: TraceReader) -> None:
    for seq in (0, -1, reader.last_seq() + 1):
        with pytest.raises(TraceError, match=f"no record {seq}: the last is"):
            reader.read(seq)


def test_a_reader_of_a_growing_trace_sees_every_commit_and_only_commits(tmp_path: Path) -> None:
    started, *rest = list(run_records(60))
    writer = TraceWriter.create(tmp_path / "run.trace", started)  # type: ignore[arg-type]
    acknowledged = [1]

    def write() -> None:
        for record in rest:
            acknowledged[0] = writer.append(record)

    thread = threading.Thread(target=write)
    with TraceReader(writer.path) as reader:
        thread.start()
        seen = steps = 0
        while seen <= len(rest):
            at_least = acknowledged[0]
            seen = reader.last_seq()
            assert seen >= at_least
            reader.read(seen)
            new = reader.columns("EnvironmentStep", ["reward"], since_seq=steps)["seq"]
            steps = int(new[-1]) if len(new) else steps
            moment = reader.latest_moment()
            if moment is not None:
                assert reader.updates(*moment)[0].k == 0
        thread.join()
        assert seen == len(rest) + 1
    writer.close()


def test_a_reader_may_be_used_from_another_thread(reader: TraceReader) -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(reader.last_seq()))
    thread.start()
    thread.join()
    assert found == [reader.last_seq()]


def test_nan_and_signed_zero_survive_in_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with TraceWriter.create(tmp_path / "run.trace", make_run_started()) as writer:
        for drift in (math.nan, -0.0, math.inf):
            writer.append(make_update(rng, drift=drift))
        with TraceReader(writer.path) as reader:
            column = reader.columns("GradientUpdate", ["drift"])["drift"]
    assert math.isnan(column[0])
    assert math.copysign(1.0, column[1]) == -1.0
    assert column[2] == math.inf


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """The folder as a user sees it who may not write there. Root would, so it steps down."""
    folder.chmod(0o555)
    for file in folder.iterdir():
        file.chmod(0o444)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_a_closed_trace_opens_on_a_read_only_medium(open_folder: Path) -> None:
    path = make_run(open_folder / "run.trace", 2)
    with unwritable(open_folder), TraceReader(path) as reader:
        assert reader.last_seq() == len(list(run_records(2)))
        assert len(list(reader.records())) == reader.last_seq()


def test_a_trace_in_wal_mode_opens_on_a_read_only_medium(open_folder: Path) -> None:
    writer = TraceWriter.create(open_folder / "live.trace", make_run_started())
    writer.append(make_command())
    writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(writer.path, open_folder / "copy.trace")
    with unwritable(open_folder), TraceReader(open_folder / "copy.trace") as reader:
        assert reader.last_seq() == 2
    writer.close()


def test_an_unclosed_trace_on_a_read_only_medium_says_what_to_do(open_folder: Path) -> None:
    writer = TraceWriter.create(open_folder / "live.trace", make_run_started())
    writer.append(make_command())
    for suffix in ("", "-wal"):
        shutil.copy(f"{writer.path}{suffix}", f"{open_folder}/copy.trace{suffix}")
    with unwritable(open_folder), pytest.raises(TraceError, match="copy it with its -wal file"):
        TraceReader(open_folder / "copy.trace")
    writer.close()


def test_writing_where_one_may_not_is_one_line(open_folder: Path) -> None:
    path = make_run(open_folder / "run.trace", 1)
    with unwritable(open_folder):
        with pytest.raises(TraceError, match="cannot be written"):
            TraceWriter.open(path)
        with pytest.raises(TraceError, match="cannot be opened: check the folder"):
            TraceWriter.create(open_folder / "new.trace", make_run_started())
    assert [file.name for file in open_folder.iterdir()] == ["run.trace"]
