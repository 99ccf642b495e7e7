"""Going back in time and on from there, live and in a copy of a recorded trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge.trace_copy import copy_trace
from app.features.branching import Branching
from app.state.cursor import Address
from core.errors import TraceError
from core.settings import Settings
from core.traces.archive import TraceReader
from tests.app.driving import (
    ALT,
    WAIT,
    Key,
    applied,
    at,
    open_paused,
    press,
    said,
    settled,
    started,
    step,
)
from tests.app.window_fixtures import Windows
from tests.branched_run import Fork, write_branches
from tests.records import make_run


@pytest.fixture
def live(windows: Windows, qtbot: QtBot) -> Application:
    return open_paused(windows, qtbot)


def test_in_the_past_delete_goes_on_from_there_in_a_branch(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.go_to(Address(t=1, k=1))
    press(live, Key.Key_Delete)
    settled(qtbot, live, 1)
    assert (started(live, 1).t, started(live, 1).k, started(live, 1).reason) == (1, 1, "reject")
    qtbot.waitUntil(lambda: at(live) == (1, 1, 1))
    assert live.cursor.live


def test_in_the_past_enter_lets_an_earlier_k_act(live: Application, qtbot: QtBot) -> None:
    live.driver.go_to(Address(t=1, k=0))
    press(live, Key.Key_Return)
    qtbot.waitUntil(lambda: at(live)[0] == 1 and applied(live), timeout=WAIT)
    assert at(live) == (1, 1, 0)
    assert live.follower.run is not None
    assert len(live.follower.run.branches()) == 2


def test_enter_on_weights_that_have_acted_says_so(live: Application) -> None:
    live.driver.go_to(Address(t=1))
    press(live, Key.Key_Return)
    assert said(live).startswith("The weights at k = 2 acted at t = 1 already")
    assert live.follower.run is not None
    assert len(live.follower.run.branches()) == 1


def test_what_comes_before_a_branch_stays_reachable_by_stepping_back(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.go_to(Address(t=2, k=1))
    live.driver.resume_here()
    settled(qtbot, live, 1)
    step(qtbot, live, "step_out")
    assert at(live) == (1, 2, 2)
    press(live, Key.Key_F10, ALT)
    assert at(live) == (1, 1, 2)
    assert live.moment is not None
    assert live.moment.updates[0].branch == 0
    press(live, Key.Key_F10)
    assert at(live) == (1, 2, 2)


def test_a_recorded_trace_goes_on_in_a_copy(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    trace = make_run(tmp_path / "recorded.trace", 12, ascent_steps=2)
    before = trace.read_bytes()
    application = windows.open(trace=trace)
    application.driver.go_to(Address(t=4, k=1))
    application.window.commands.actions["resume_here"].trigger()
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    settled(qtbot, application, 1)
    assert at(application) == (1, 4, 1)
    assert trace.read_bytes() == before
    run = application.follower.run
    assert run is not None
    assert run.path.parent == tmp_path / "runs"
    assert said(application).startswith(f"Going on in a copy, {run.path.name}: recorded.trace")
    step(qtbot, application, "step_over")
    assert at(application) == (1, 4, 2)


def test_a_copy_that_cannot_be_made_is_one_line(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    trace = make_run(tmp_path / "recorded.trace", 3)
    (tmp_path / "file").write_text("")
    application = windows.open(trace=trace, runs_folder=tmp_path / "file" / "runs")
    application.driver.go_to(Address(t=1, k=0))
    application.driver.resume_here()
    assert "cannot be created" in said(application)
    assert application.source.live_run is None


def test_a_copy_of_a_trace_holds_what_is_committed(tmp_path: Path) -> None:
    source, target = make_run(tmp_path / "a.trace", 5), tmp_path / "b.trace"
    copy_trace(source, target)
    with TraceReader(source) as a, TraceReader(target) as b:
        assert [a.digest(n) for n in range(1, 20)] == [b.digest(n) for n in range(1, 20)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.trace", "b.trace"]
    with pytest.raises(TraceError):
        copy_trace(tmp_path / "none.trace", tmp_path / "c.trace")


def test_a_fork_from_the_dialog_begins_where_the_cursor_is(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.go_to(Address(t=2, k=1))
    press(live, Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    (branching,) = [f for f in live.features if isinstance(f, Branching)]
    dialog = branching.dialog
    assert dialog is not None
    dialog.fields["delta"].setFocus()
    dialog.fields["delta"].setValue(0.1)  # type: ignore[union-attr, arg-type]
    QTest.keyClick(dialog.fields["delta"], Key.Key_Return)
    settled(qtbot, live, 1)
    record = started(live, 1)
    assert (record.t, record.k, record.reason) == (2, 1, "fork")
    assert Settings.from_json(record.settings).delta == 0.1
    qtbot.waitUntil(lambda: live.window.settings_panel.draft.delta == 0.1)


def test_a_fork_asked_for_while_the_engine_runs_is_about_the_moment_that_was_shown(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.run()
    live.window.commands.actions["fork"].trigger()
    (branching,) = [f for f in live.features if isinstance(f, Branching)]
    dialog = branching.dialog
    assert dialog is not None
    _, t, k = at(live)
    run = live.follower.run
    assert run is not None
    qtbot.waitUntil(lambda: (run.newest() or (0, 0, 0))[2] > t + 3, timeout=WAIT)
    dialog.accept()
    settled(qtbot, live, 1)
    assert (started(live, 1).t, started(live, 1).k) == (t, k)


def test_leaving_the_fork_dialog_follows_the_head_again(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.run()
    qtbot.waitUntil(lambda: live.source.engine_state == "running", timeout=WAIT)
    live.window.commands.actions["fork"].trigger()
    (branching,) = [f for f in live.features if isinstance(f, Branching)]
    assert branching.dialog is not None
    assert not live.cursor.live
    branching.dialog.reject()
    assert live.cursor.live


def test_a_step_at_the_end_of_an_old_branch_does_not_jump_to_the_newest(
    live: Application, qtbot: QtBot
) -> None:
    live.driver.go_to(Address(t=1, k=0))
    live.driver.resume_here()
    settled(qtbot, live, 1)
    run = live.follower.run
    assert run is not None
    last = run.last_t(0, 0)
    assert last is not None
    live.driver.go_to(Address(branch=0, t=last))
    press(live, Key.Key_F10)
    assert said(live) == "Branch 0 ends here: resume from here, or go live"
    assert at(live)[:2] == (0, last)


def test_live_follows_the_newest_branch_of_a_recorded_trace(
    windows: Windows, tmp_path: Path
) -> None:
    trace = write_branches(tmp_path / "b.trace", Fork(t=3, until=6), Fork(t=5, until=7))
    application = windows.open(trace=trace)
    assert at(application) == (2, 6, 1)
    application.driver.go_to(Address(branch=0, t=7))
    application.driver.live()
    assert at(application) == (2, 6, 1)
