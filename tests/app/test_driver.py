"""Deciding at a break, by keys, on a made-up engine's live run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.bridge.live_run import stands_at_a_break
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_follower import TraceFollower
from app.driver import Driver
from app.state.cursor import Cursor
from app.state.decision import Request
from core.commands import Breakpoint
from core.traces.archive import TraceWriter
from core.traces.trace import EnvironmentStep, Proposal
from tests.app.driving import (
    ALT,
    SHIFT,
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
    to_break,
    wait_paused,
)
from tests.app.growing_traces import Growing
from tests.app.window_fixtures import Windows
from tests.records import make_breakpoint_hit, make_run


@pytest.fixture
def live(windows: Windows, qtbot: QtBot) -> Application:
    return open_paused(windows, qtbot)


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


def test_what_is_decided_is_about_the_head_although_the_next_frame_is_still_to_come(
    qtbot: QtBot, tmp_path: Path
) -> None:
    growing, cursor = Growing(tmp_path / "growing.trace"), Cursor()
    follower = TraceFollower(cursor)
    driver = Driver(cursor, follower, Playback(cursor))
    asked: list[tuple[Request, ...]] = []
    driver.engine_wanted.connect(asked.append)
    growing.grow_to(EnvironmentStep, 3)
    follower.open(RecordedRun(growing.writer.path))
    growing.grow_to(Proposal, 4)
    driver.accept()
    assert [[request.name for request in requests] for requests in asked] == [["accept"]]
    assert cursor.address is not None
    assert cursor.address.t == 4, "and it is seen what is decided about"
    follower.close()
    growing.writer.close()


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
