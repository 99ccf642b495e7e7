"""From a trace to what is on the screen: live, in the past, played, damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bridge import recorded_run
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_follower import PATIENCE_SECONDS, TraceFollower
from app.state.cursor import Address, Cursor
from app.state.moment import Moment
from core.errors import TraceError
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal
from tests.app.growing_traces import Growing, Screen
from tests.records import make_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two episodes of six environment steps, two gradient updates each."""
    return make_run(tmp_path / "run.trace", 6, episodes=2, ascent_steps=2)


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    growing = Growing(tmp_path / "growing.trace")
    yield growing
    growing.writer.close()


@pytest.fixture
def cursor(qapp: object) -> Cursor:
    return Cursor()


@pytest.fixture
def follower(cursor: Cursor) -> Iterator[TraceFollower]:
    follower = TraceFollower(cursor)
    yield follower
    follower.close()


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
