"""Unnamed runs: where they go, and how the oldest make room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.state.runs import BUSY_SECONDS, new_run_path, prune_runs, runs_folder, stored_runs
from app.state.speed import SpeedMeter
from core.errors import InputError

NOW = 1_800_000_000.0


def make_run(folder: Path, name: str, size: int, age: float) -> Path:
    path = folder / f"run-{name}.trace"
    for side, share in (("", size - 20), ("-wal", 10), ("-shm", 10)):
        file = path.with_name(path.name + side)
        file.write_bytes(b"x" * share)
        os.utime(file, (NOW - age, NOW - age))
    return path


def test_the_oldest_runs_go_with_all_their_files_until_the_rest_fits(tmp_path: Path) -> None:
    old, middle, new = (
        make_run(tmp_path, name, 1000, age)
        for name, age in (("old", 30_000.0), ("middle", 20_000.0), ("new", 10_000.0))
    )
    assert prune_runs(tmp_path, most_bytes=2500, now=NOW) == (old,)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {p.name + side for p in (middle, new) for side in ("", "-wal", "-shm")}


def test_a_run_that_changed_a_moment_ago_stays(tmp_path: Path) -> None:
    make_run(tmp_path, "busy", 1000, BUSY_SECONDS / 2)
    assert prune_runs(tmp_path, most_bytes=10, now=NOW) == ()
    assert len(stored_runs(tmp_path)) == 1


def test_named_files_of_a_person_are_never_touched(tmp_path: Path) -> None:
    mine = tmp_path / "my-best-run.trace"
    mine.write_bytes(b"x" * 1000)
    os.utime(mine, (0, 0))
    assert prune_runs(tmp_path, most_bytes=0, now=NOW) == ()
    assert mine.exists()


def test_nothing_is_pruned_below_the_cap_or_where_there_is_no_folder(tmp_path: Path) -> None:
    make_run(tmp_path, "one", 1000, 1e6)
    assert prune_runs(tmp_path, now=NOW) == ()
    assert prune_runs(tmp_path / "none", now=NOW) == ()


def test_a_new_run_gets_a_free_name_in_a_folder_made_for_it(tmp_path: Path) -> None:
    first = new_run_path(tmp_path / "runs", "../odd name", now=NOW)
    first.touch()
    second = new_run_path(tmp_path / "runs", "../odd name", now=NOW)
    assert first != second
    assert first.parent == second.parent == tmp_path / "runs"
    assert {path.suffix for path in (first, second)} == {".trace"}


def test_a_folder_that_cannot_be_made_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="XDG_DATA_HOME"):
        new_run_path(tmp_path / "file" / "runs", "hopper")


def test_the_folder_of_runs_follows_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert runs_folder() == Path("/somewhere/psiscope/runs")


def test_the_speed_is_simulated_time_over_time_and_starts_afresh_in_another_episode() -> None:
    meter = SpeedMeter()
    for index in range(20):
        meter.note((0, 0, 2 * index), index * 0.1)
    assert meter.factor(0.008, 1.9) == pytest.approx(20 * 0.008)
    meter.note((0, 1, 0), 2.0)
    assert meter.factor(0.008, 2.0) != meter.factor(0.008, 2.0)
