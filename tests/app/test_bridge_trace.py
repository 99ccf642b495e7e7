"""From a trace to what is on the screen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.bridge import recorded_run
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_follower import PATIENCE_SECONDS, TraceFollower
from app.state import navigation
from app.state.cursor import Address, Cursor
from app.state.moment import History, Moment
from core.errors import TraceError
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal, Record, RunStarted
from tests.records import make_command, make_run, run_records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two episodes of six environment steps, two gradient updates each."""
    return make_run(tmp_path / "run.trace", 6, episodes=2, ascent_steps=2)


class Growing:
    """A trace that a test lets grow record by record."""

    def __init__(self, path: Path) -> None:
        self.records = run_records(50)
        started = next(self.records)
        assert isinstance(started, RunStarted)
        self.writer = TraceWriter.create(path, started)

    def grow_to(self, kind: type[Record], t: int) -> None:
        """Append up to the first record of that kind at t."""
        for record in self.records:
            self.writer.append(record)
            if isinstance(record, kind) and getattr(record, "t", -1) == t:
                return


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    growing = Growing(tmp_path / "growing.trace")
    yield growing
    growing.writer.close()


class Screen:
    """Collects what a follower announces."""

    def __init__(self, follower: TraceFollower) -> None:
        self.moments: list[Moment] = []
        self.histories: list[History] = []
        follower.moment_changed.connect(self.moments.append)
        follower.history_changed.connect(self.histories.append)


@pytest.fixture
def cursor(qapp: object) -> Cursor:
    return Cursor()


@pytest.fixture
def follower(cursor: Cursor) -> Iterator[TraceFollower]:
    follower = TraceFollower(cursor)
    yield follower
    follower.close()


def test_a_recorded_run_opens_at_its_last_moment(path: Path) -> None:
    run = RecordedRun(path)
    assert run.newest() == run.newest_complete() == (0, 1, 5)
    moment = run.moment(Address(episode=1, t=5), live=True)
    assert moment is not None
    assert (moment.episode, moment.t, moment.k, len(moment.updates)) == (1, 5, 2, 3)
    assert moment.settings == Settings(ascent_steps=2)


def test_a_step_walks_across_episodes_both_ways_and_stops_at_the_ends(path: Path) -> None:
    run = RecordedRun(path)
    assert run.step_before((0, 1, 0)) == (0, 0, 5)
    assert run.step_after((0, 0, 5)) == (0, 1, 0)
    assert run.step_before((0, 0, 0)) is None
    assert run.step_after((0, 1, 5)) is None


def test_a_walk_in_k_visits_every_update_of_every_step(path: Path) -> None:
    run, address = RecordedRun(path), Address(episode=0, t=0, k=0)
    visited = [(0, 0, 0)]
    while (after := navigation.forward_update(run, address)) is not None:
        address = after
        visited.append((address.episode, address.t, address.k or 0))
    assert visited == [(e, t, k) for e in (0, 1) for t in range(6) for k in range(3)]
    back = []
    while (before := navigation.back_update(run, address)) is not None:
        address = before
        back.append(address)
    assert len(back) == len(visited) - 1


def test_settings_of_a_moment_follow_the_edits_up_to_it(tmp_path: Path) -> None:
    records = list(run_records(4))
    started = records[0]
    assert isinstance(started, RunStarted)
    writer = TraceWriter.create(tmp_path / "edited.trace", started)
    for record in records[1:]:
        writer.append(record)
        if isinstance(record, EnvironmentStep) and record.t == 1:
            writer.append(edit(t=2, horizon=3))
        if isinstance(record, GradientUpdate) and (record.t, record.k) == (2, 0):
            writer.append(edit(t=2, k=1, particles=4))
            writer.append(dataclasses.replace(edit(t=2, k=1, horizon=1), accepted=False))
    writer.close()
    run = RecordedRun(tmp_path / "edited.trace")
    run.refresh()
    shown = [run.settings_at((0, 0, t)) for t in range(4)]
    assert [s.horizon for s in shown] == [5, 5, 3, 3]
    assert [s.particles for s in shown] == [8, 8, 8, 4]


def edit(*, t: int, k: int = 0, **settings: object) -> Record:
    line = json.dumps({"id": f"w-{t}-{k}", "command": "edit", "settings": settings})
    return make_command(t=t, k=k, command_id=f"w-{t}-{k}-{settings}", command=line)


def test_the_history_of_a_growing_episode_reads_only_what_is_new(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.grow_to(EnvironmentStep, 9)
    run = RecordedRun(growing.writer.path)
    assert len(run.history(0, 0)) == 10
    growing.grow_to(EnvironmentStep, 11)
    rows: list[int] = []
    columns = run._reader.columns

    def counted(*words: object, **options: object) -> object:
        found = columns(*words, **options)  # type: ignore[arg-type]
        if words[0] in {"Proposal", "EnvironmentStep"}:
            rows.append(len(found["seq"]))
        return found

    monkeypatch.setattr(run._reader, "columns", counted)
    history = run.history(0, 0)
    assert rows == [2, 2]
    assert np.array_equal(history.t, np.arange(12))
    assert np.all(np.diff(history.seq) > 0)


def test_a_live_cursor_shows_the_newest_step_and_skips_those_between(
    growing: Growing, cursor: Cursor, follower: TraceFollower
) -> None:
    growing.grow_to(EnvironmentStep, 0)
    screen = Screen(follower)
    follower.open(RecordedRun(growing.writer.path))
    growing.grow_to(EnvironmentStep, 20)
    follower.tick()
    follower.tick()
    assert [moment.t for moment in screen.moments] == [0, 20]
    assert cursor.address == Address(episode=0, t=20)


def test_a_running_engine_shows_whole_steps_and_a_paused_one_its_updates(
    growing: Growing, follower: TraceFollower
) -> None:
    growing.grow_to(EnvironmentStep, 3)
    screen = Screen(follower)
    follower.set_running(True)
    follower.open(RecordedRun(growing.writer.path))
    growing.grow_to(GradientUpdate, 4)
    follower.tick()
    assert [moment.t for moment in screen.moments] == [3]
    follower.set_running(False)
    follower.tick()
    last = screen.moments[-1]
    assert (last.t, last.k, last.environment_step) == (4, 0, None)


def test_a_step_that_was_looked_at_half_way_stays_while_the_engine_finishes_it(
    growing: Growing, follower: TraceFollower
) -> None:
    growing.grow_to(GradientUpdate, 4)
    screen = Screen(follower)
    follower.open(RecordedRun(growing.writer.path))
    follower.set_running(True)
    growing.grow_to(Proposal, 4)
    follower.tick()
    assert [moment.t for moment in screen.moments] == [4, 4]


def test_updates_that_take_long_are_shown_while_they_go_on(
    growing: Growing, follower: TraceFollower, qtbot: QtBot
) -> None:
    growing.grow_to(EnvironmentStep, 3)
    screen = Screen(follower)
    follower.set_running(True)
    follower.open(RecordedRun(growing.writer.path))
    growing.grow_to(GradientUpdate, 4)
    qtbot.waitUntil(
        lambda: screen.moments[-1].t == 4, timeout=round(10_000 * PATIENCE_SECONDS) + 2000
    )


def test_a_cursor_in_the_past_stays_while_the_trace_grows(
    growing: Growing, cursor: Cursor, follower: TraceFollower
) -> None:
    growing.grow_to(EnvironmentStep, 9)
    screen = Screen(follower)
    follower.open(RecordedRun(growing.writer.path))
    cursor.go_to(Address(episode=0, t=2, k=0))
    growing.grow_to(EnvironmentStep, 12)
    follower.tick()
    assert (screen.moments[-1].t, screen.moments[-1].k, screen.moments[-1].live) == (
        2,
        0,
        False,
    )
    cursor.go_live()
    assert (screen.moments[-1].t, screen.moments[-1].live) == (12, True)


def test_a_damaged_trace_is_told_of_and_closed(
    path: Path,
    cursor: Cursor,
    follower: TraceFollower,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follower.open(RecordedRun(path))

    def broken(_address: Address, *, live: bool) -> Moment | None:
        raise TraceError("the trace is damaged", "use a copy")

    monkeypatch.setattr(follower.run, "moment", broken)
    with qtbot.waitSignal(follower.unreadable) as caught:
        cursor.go_to(Address(episode=0, t=1))
    assert caught.args == ["the trace is damaged: use a copy"]
    assert follower.run is None


def test_playback_ends_at_the_end_of_the_trace_at_the_robots_speed(
    path: Path, cursor: Cursor, follower: TraceFollower, qtbot: QtBot
) -> None:
    follower.open(RecordedRun(path))
    assert follower.run is not None
    cursor.go_to(Address(episode=0, t=0))
    playback, screen = Playback(cursor), Screen(follower)
    with qtbot.waitSignal(playback.changed, check_params_cb=lambda on: not on, timeout=10_000):
        playback.start(follower.run)
    assert cursor.address == Address(episode=1, t=5)
    assert screen.moments[-1].t == 5
    assert not cursor.live


def test_a_missing_trace_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TraceError):
        RecordedRun(tmp_path / "none.trace")


def test_a_long_history_is_shown_as_it_begins_and_then_whole(
    growing: Growing, follower: TraceFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_run, "PART", 4)
    growing.grow_to(EnvironmentStep, 13)
    screen = Screen(follower)
    follower.open(RecordedRun(growing.writer.path))
    assert [len(history) for history in screen.histories] == [4]
    for _ in range(4):
        follower.tick()
    assert [len(history) for history in screen.histories] == [4, 14]


def test_a_picture_has_the_whole_history(
    growing: Growing, follower: TraceFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_run, "PART", 4)
    growing.grow_to(EnvironmentStep, 13)
    screen = Screen(follower)
    follower.open(RecordedRun(growing.writer.path))
    follower.hold()
    assert len(screen.histories[-1]) == 14


def test_the_history_of_another_episode_follows_its_moment(
    tmp_path: Path, cursor: Cursor, follower: TraceFollower
) -> None:
    screen = Screen(follower)
    follower.open(RecordedRun(make_run(tmp_path / "two.trace", 3, episodes=2)))
    assert [len(screen.moments), len(screen.histories)] == [1, 1]
    cursor.go_to(Address(episode=0, t=1))
    assert [len(screen.moments), len(screen.histories)] == [2, 1]
    follower.tick()
    assert [len(screen.moments), len(screen.histories)] == [2, 2]
    cursor.go_to(Address(episode=0, t=2))
    assert [len(screen.moments), len(screen.histories)] == [3, 2]
