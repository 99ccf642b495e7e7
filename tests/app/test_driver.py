"""Deciding at a break and going back in time, by keys, on a made-up engine's live run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.branching import Branching
from app.bridge.live_run import stands_at_a_break
from app.bridge.trace_copy import copy_trace
from app.state.cursor import Address
from core.commands import Breakpoint
from core.errors import TraceError
from core.settings import Settings
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import BranchStarted
from tests.app.window_fixtures import Windows
from tests.branched_run import Fork, write_branches
from tests.records import make_breakpoint_hit, make_run

WAIT = 30_000
Key = Qt.Key
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
E2 = "--settings " + Settings(ascent_steps=2).to_json()


@pytest.fixture
def live(windows: Windows, qtbot: QtBot) -> Application:
    """A live run with two updates a step, paused after a whole one."""
    application = windows.open(live=True, engine=E2)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    qtbot.waitUntil(lambda: at(application)[1] >= 3, timeout=WAIT)
    application.driver.run()
    wait_paused(qtbot, application)
    step(qtbot, application, "step_over")
    return application


def wait_paused(qtbot: QtBot, application: Application) -> None:
    live = application.source.live_run
    assert live is not None
    qtbot.waitUntil(
        lambda: live.engine.state == "paused" and not live.engine.unacknowledged, timeout=WAIT
    )
    application.follower.tick()


def step(qtbot: QtBot, application: Application, command: str) -> None:
    """Give a command and wait until the engine has run and paused again."""
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    with qtbot.waitSignals([engine.state_changed, engine.state_changed], timeout=WAIT):
        application.window.commands.actions[command].trigger()
    wait_paused(qtbot, application)


def press(
    application: Application,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    application.window.activateWindow()
    application.window.setFocus()
    QTest.keyClick(application.window, key, modifiers)


def at(application: Application) -> tuple[int, int, int]:
    """(branch, t, k) on the screen."""
    moment = application.moment
    assert moment is not None
    return moment.branch, moment.t, moment.k


def applied(application: Application) -> bool:
    """Whether the action of the shown moment was applied."""
    assert application.moment is not None
    return application.moment.environment_step is not None


def said(application: Application) -> str:
    return application.window.message_bar.text


def to_break(qtbot: QtBot, application: Application) -> int:
    """Into the next t until its action is proposed; returns that t."""
    for _ in range(3):
        step(qtbot, application, "step_into")
    moment = application.moment
    assert moment is not None
    assert moment.proposal is not None
    assert not applied(application)
    return moment.t


def settled(qtbot: QtBot, application: Application, branch: int) -> None:
    """Wait until a branch has begun and is shown, the engine paused."""
    qtbot.waitUntil(lambda: at(application)[0] == branch, timeout=WAIT)
    wait_paused(qtbot, application)


def started(application: Application, branch: int) -> BranchStarted:
    run = application.follower.run
    assert run is not None
    record = run.branches().started(branch)
    assert record is not None
    return record


def test_the_proposed_action_and_its_truth_show_before_it_is_applied(
    live: Application, qtbot: QtBot
) -> None:
    to_break(qtbot, live)
    verdict = live.views.verdict
    qtbot.waitUntil(lambda: "not applied yet" in verdict.verdict.sentence, timeout=WAIT)
    qtbot.waitUntil(lambda: "true " in live.views.objective.header.readout(), timeout=WAIT)


def test_enter_accepts_at_a_break_without_a_branch(live: Application, qtbot: QtBot) -> None:
    t = to_break(qtbot, live)
    press(live, Key.Key_Return)
    qtbot.waitUntil(lambda: applied(live), timeout=WAIT)
    assert at(live) == (0, t, 2)


def test_enter_in_the_middle_of_the_updates_lets_those_weights_act_in_a_branch(
    live: Application, qtbot: QtBot
) -> None:
    step(qtbot, live, "step_into")
    step(qtbot, live, "step_into")
    _, t, k = at(live)
    assert k == 1
    press(live, Key.Key_Return)
    qtbot.waitUntil(lambda: applied(live), timeout=WAIT)
    assert at(live) == (1, t, 1)
    assert started(live, 1).reason == "accept"


def test_delete_rejects_the_last_update_and_says_which_branch_begins(
    live: Application, qtbot: QtBot
) -> None:
    t = to_break(qtbot, live)
    press(live, Key.Key_Delete)
    settled(qtbot, live, 1)
    assert at(live) == (1, t, 1)
    assert not applied(live)
    qtbot.waitUntil(lambda: said(live) == f"Branch 1 begins at t = {t}, k = 1; branch 0 stays")
    qtbot.waitUntil(lambda: live.window._badge.text() == "live, paused, branch 1 of 2")
    qtbot.waitUntil(lambda: live.window.task_panel._values["branch"].text() == "1 of 2")


def test_delete_after_stepping_back_rejects_to_that_k(live: Application, qtbot: QtBot) -> None:
    t = to_break(qtbot, live)
    press(live, Key.Key_F11, ALT)
    press(live, Key.Key_F11, ALT)
    assert at(live) == (0, t, 0)
    press(live, Key.Key_Delete)
    settled(qtbot, live, 1)
    assert (started(live, 1).t, started(live, 1).k) == (t, 0)
    assert live.cursor.live


def test_the_keys_with_alt_walk_back_through_the_trace(live: Application, qtbot: QtBot) -> None:
    t = to_break(qtbot, live)
    press(live, Key.Key_F11, ALT)
    assert at(live) == (0, t, 1)
    press(live, Key.Key_F11, ALT | SHIFT)
    assert at(live) == (0, t, 0)
    press(live, Key.Key_F10, ALT)
    assert at(live) == (0, t - 1, 2)
    press(live, Key.Key_F11, ALT | SHIFT)
    assert at(live) == (0, t - 1, 0)


def test_edit_and_redo_make_the_updates_again_with_the_new_settings(
    live: Application, qtbot: QtBot
) -> None:
    t = to_break(qtbot, live)
    live.window.settings_panel._fields["delta"].setValue(0.2)  # type: ignore[union-attr, arg-type]
    press(live, Key.Key_Return, SHIFT)
    qtbot.waitUntil(lambda: at(live) == (1, t, 2), timeout=WAIT)
    wait_paused(qtbot, live)
    assert live.moment is not None
    assert live.moment.settings.delta == 0.2
    assert not applied(live)
    qtbot.waitUntil(lambda: "delta 0.05 → 0.2" in said(live))


def test_a_redo_where_a_branch_has_just_begun_stays_in_it(
    live: Application, qtbot: QtBot
) -> None:
    t = to_break(qtbot, live)
    press(live, Key.Key_Delete)
    settled(qtbot, live, 1)
    live.window.settings_panel._fields["delta"].setValue(0.2)  # type: ignore[union-attr, arg-type]
    press(live, Key.Key_Return, SHIFT)
    qtbot.waitUntil(lambda: at(live) == (1, t, 2), timeout=WAIT)
    wait_paused(qtbot, live)
    assert live.moment is not None
    assert live.moment.settings.delta == 0.2
    assert live.window.settings_panel.draft.delta == 0.2


def test_an_edit_outlives_a_reject(live: Application, qtbot: QtBot) -> None:
    t = to_break(qtbot, live)
    live.window.settings_panel._fields["delta"].setValue(0.2)  # type: ignore[union-attr, arg-type]
    press(live, Key.Key_Delete)
    settled(qtbot, live, 1)
    assert at(live) == (1, t, 1)
    assert live.window.settings_panel.draft.delta == 0.2
    step(qtbot, live, "step_over")
    step(qtbot, live, "step_over")
    assert live.moment is not None
    assert live.moment.settings.delta == 0.2


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


def test_commands_of_a_break_rest_while_the_engine_runs(
    live: Application, qtbot: QtBot
) -> None:
    actions = live.window.commands.actions
    qtbot.waitUntil(actions["accept"].isEnabled, timeout=WAIT)
    live.driver.run()
    qtbot.waitUntil(lambda: live.source.engine_state == "running", timeout=WAIT)
    qtbot.waitUntil(lambda: not actions["accept"].isEnabled(), timeout=WAIT)
    live.driver.accept()
    assert said(live).startswith("Pause first")
    live.driver.back()
    qtbot.waitUntil(lambda: actions["reject"].isEnabled(), timeout=WAIT)


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


def test_a_break_holds_although_the_engine_dies_at_it(live: Application, qtbot: QtBot) -> None:
    run = live.source.live_run
    assert run is not None
    t = at(live)[1] + 5
    run.engine.send("breakpoints", breakpoints=(Breakpoint(id="b", condition=f"t == {t}"),))
    live.driver.run()
    qtbot.waitUntil(lambda: at(live)[1] == t, timeout=WAIT)
    wait_paused(qtbot, live)
    assert not applied(live)
    # As if the engine had died before it could say that it paused.
    run._note_state("running")
    process = run.engine._process
    assert process is not None
    with qtbot.waitSignal(run.engine.died, timeout=WAIT):
        process.kill()
    run.go_on()
    wait_paused(qtbot, live)
    live.follower.tick()
    assert at(live)[1] == t
    assert not applied(live)


def test_only_a_hit_that_pauses_holds_the_run(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run.trace", 2)
    assert not stands_at_a_break(path)
    for hits, holds in ((["log"], False), (["pause", "log"], True)):
        with TraceWriter.open(path) as writer:
            for kind in hits:
                hit = make_breakpoint_hit(t=1)
                writer.append(dataclasses.replace(hit, paused=kind == "pause"))
        assert stands_at_a_break(path) is holds
    assert not stands_at_a_break(tmp_path / "none.trace")


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
