"""The columns of an episode, read whole or part by part: the same at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.bridge import recorded_run
from app.bridge.episode_columns import EpisodeColumns
from app.bridge.recorded_run import RecordedRun
from app.state.moment import HISTORY_COLUMNS, History
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from tests.app.maze_moments import LARGE, place_at, write_maze_trace
from tests.branched_run import Fork, append_fork, course, write_branches
from tests.records import make_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The root has two episodes; 1 leaves it at (3, 1) and 2 leaves 1 at (4, 0)."""
    return write_branches(
        tmp_path / "branched.trace",
        Fork(t=3, k=1, until=6),
        Fork(t=4, until=9, parent=1),
        ends=True,
    )


def same(a: History, b: History) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in HISTORY_COLUMNS
    )


def read_in_parts(columns: EpisodeColumns, most: int) -> int:
    """Read all; in how many parts."""
    parts = 1
    while not columns.read(most):
        parts += 1
        assert parts < 100
    return parts


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 8, 9, 100])
@pytest.mark.parametrize("place", [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1)])
def test_parts_come_to_the_same_as_the_whole(
    path: Path, most: int, place: tuple[int, int]
) -> None:
    with TraceReader(path) as reader:
        whole = EpisodeColumns(reader, *place).history()
        parted = EpisodeColumns(reader, *place)
        parts = read_in_parts(parted, most)
        assert same(parted.known(), whole)
        assert parts <= 3 + 10 // most


def test_what_is_known_grows_with_each_part(path: Path) -> None:
    with TraceReader(path) as reader:
        columns, lengths = EpisodeColumns(reader, 2, 0), []
        complete = False
        while not complete:
            complete = columns.read(3)
            lengths.append(len(columns.known()))
    assert lengths == sorted(lengths)
    assert lengths[0] == 3
    assert lengths[-1] == 9


def test_an_episode_that_is_over_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_run(tmp_path / "t.trace", 4, episodes=2)
    with TraceReader(path) as reader:
        columns = EpisodeColumns(reader, 0, 0)
        known = columns.history()
        monkeypatch.setattr(reader, "columns", refuse)
        assert same(columns.history(), known)


def refuse(*_: object, **__: object) -> Any:
    raise AssertionError("nothing is to be read")


def test_a_branch_that_was_left_is_read_to_its_end_first(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", until=5)
    with TraceReader(path) as reader, TraceWriter.open(path) as writer:
        columns = EpisodeColumns(reader, 0, 0)
        assert len(columns.history()) == 5
        for record in course(0, 5, 7):
            writer.append(record)
        append_fork(writer, 1, Fork(t=2, until=4))
        assert len(columns.history()) == 7
        assert len(EpisodeColumns(reader, 1, 0).history()) == 4


def test_a_long_history_comes_in_parts_and_other_episodes_stay_known(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_run, "PART", 4)
    run = RecordedRun(path)
    run.refresh()
    parts = [run.history_part(2, 0) for _ in range(4)]
    assert [len(history) for history, _ in parts] == [3, 5, 9, 9]
    assert [complete for _, complete in parts] == [False, False, False, True]
    monkeypatch.setattr(recorded_run, "KEPT_ROWS", 10)
    assert same(run.history(0, 0), RecordedRun(path).history(0, 0))
    assert list(run._episodes) == [(0, 0)]


@pytest.mark.parametrize(
    ("place", "last"),
    [((0, 0), 7), ((1, 0), 5), ((2, 0), 8), ((0, 1), None), ((2, 1), None)],
)
def test_the_last_environment_step_is_known_without_the_columns(
    path: Path, place: tuple[int, int], last: int | None
) -> None:
    assert RecordedRun(path).last_t(*place) == last


def test_where_the_body_walked_is_read_in_parts_as_whole(tmp_path: Path) -> None:
    path = write_maze_trace(tmp_path / "maze.trace", 7)
    with TraceReader(path) as reader:
        whole = EpisodeColumns(reader, 0, 0, walks=True)
        parted = EpisodeColumns(reader, 0, 0, walks=True)
        assert not parted.read(3)
        assert parted.known().walk.t.tolist() == [0, 1, 2]
        assert read_in_parts(parted, 3) >= 2
        walk, again = whole.history().walk, parted.known().walk
        np.testing.assert_array_equal(walk.real, [place_at(LARGE, t) for t in range(7)])
        np.testing.assert_array_equal(walk.twin, again.twin)
        np.testing.assert_array_equal(walk.real, again.real)
        assert len(EpisodeColumns(reader, 0, 0).history().walk.t) == 0, "nobody asked"


def test_a_branch_finds_how_its_episode_began(path: Path) -> None:
    run = RecordedRun(path)
    with TraceReader(path) as reader:
        starts = reader.columns("EpisodeStarted", ["branch", "episode"])
    for branch, episode, home in ((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (2, 1, 2)):
        found = run.episode_started(branch, episode)
        if home in starts["branch"][starts["episode"] == episode]:
            assert found is not None
            assert (found.branch, found.episode) == (home, episode)
    assert run.episode_started(0, 9) is None
    run.close()


def test_a_walk_is_read_in_smaller_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_run, "WALK_PART", 3)
    run = RecordedRun(write_maze_trace(tmp_path / "maze.trace", 7))
    run.refresh()
    lengths = []
    complete = False
    while not complete:
        history, complete = run.history_part(0, 0)
        lengths.append(len(history.walk.t))
    assert lengths == [3, 6, 7]
    run.close()
