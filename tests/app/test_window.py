"""The whole window, offscreen, on recorded traces and on a fake engine's live run."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.state.cursor import Address
from core.errors import TraceError
from core.traces.archive import TraceReader
from tests.app.window_fixtures import Windows
from tests.records import make_run

WAIT = 30_000


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


def wait_live(qtbot: QtBot, application: Application, t: int = 0) -> None:
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    qtbot.waitUntil(lambda: shown(application)[1] >= t, timeout=WAIT)


def shown(application: Application) -> tuple[int, int, int]:
    """(episode, t, k) on the screen."""
    moment = application.moment
    assert moment is not None
    return moment.episode, moment.t, moment.k


def badge(application: Application) -> str:
    return str(application.window._badge.text())


def pause(qtbot: QtBot, application: Application) -> None:
    give(application, "run")
    qtbot.waitUntil(lambda: application.source.engine_state == "paused", timeout=WAIT)
    application.follower.tick()


def step(qtbot: QtBot, application: Application, command: str) -> None:
    """Give a step command and wait until the engine has run and paused again."""
    live = application.source.live_run
    assert live is not None
    changed = live.engine.state_changed
    with qtbot.waitSignals([changed, changed], timeout=WAIT):
        give(application, command)
    assert live.engine.state == "paused"
    application.follower.tick()


def give(application: Application, command: str) -> None:
    application.window.commands.actions[command].trigger()


def test_a_recorded_trace_is_shown_at_its_last_moment_without_an_engine(
    windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    assert shown(application) == (1, 11, 1)
    assert badge(application) == "recorded run"
    assert application.source.live_run is None
    assert not application.window.settings_panel._fields["horizon"].isEnabled()


def test_a_trace_that_cannot_be_read_is_refused_before_the_window_opens(
    windows: Windows, tmp_path: Path
) -> None:
    (tmp_path / "junk.trace").write_bytes(b"not a trace" * 100)
    with pytest.raises(TraceError):
        windows.open(trace=tmp_path / "junk.trace")


def test_the_demo_plays_at_once_and_the_live_run_takes_over(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    application = windows.open(trace=trace, live=True)
    assert badge(application).startswith("recorded demo")
    assert application.playback.playing
    wait_live(qtbot, application, 3)
    assert not application.playback.playing
    qtbot.waitUntil(lambda: badge(application) == "live, running")
    assert application.moment is not None
    assert application.moment.live
    assert application.moment.run.checkpoint == "fake"


def test_the_demo_is_not_changed_by_looking_at_it(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    before = trace.read_bytes()
    application = windows.open(trace=trace, live=True)
    wait_live(qtbot, application)
    assert trace.read_bytes() == before
    assert [path.name for path in trace.parent.glob("recorded*")] == ["recorded.trace"]


def test_run_pauses_and_goes_on(windows: Windows, qtbot: QtBot) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    pause(qtbot, application)
    at = shown(application)
    give(application, "run")
    qtbot.waitUntil(lambda: shown(application) > at, timeout=WAIT)


def test_stepping_goes_by_one_environment_step_or_by_one_gradient_update(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    pause(qtbot, application)
    step(qtbot, application, "step_over")
    _, t, _ = shown(application)
    for k in (0, 1):
        step(qtbot, application, "step_into")
        assert shown(application)[1:] == (t + 1, k)
        assert application.moment is not None
        assert application.moment.environment_step is None
    step(qtbot, application, "step_out")
    assert shown(application)[1:] == (t + 1, 1)
    assert application.moment.environment_step is not None


def test_looking_back_leaves_the_head_and_end_returns_to_it(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application, 5)
    give(application, "back")
    at = shown(application)
    assert not application.cursor.live
    qtbot.waitUntil(lambda: badge(application) == "looking back, engine running")
    records = application.follower.run.seq  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: application.follower.run.seq > records + 10, timeout=WAIT)  # type: ignore[union-attr]
    assert shown(application) == at, "the cursor stays although the trace grows"
    give(application, "live")
    assert shown(application) > at
    qtbot.waitUntil(lambda: badge(application) == "live, running")


def test_a_click_into_timeline_or_table_moves_the_cursor(windows: Windows, trace: Path) -> None:
    application = windows.open(trace=trace)
    application.views.timeline.t_selected.emit(4)
    assert shown(application) == (1, 4, 1)
    application.views.table.k_selected.emit(0)
    assert shown(application) == (1, 4, 0)
    give(application, "forward_update")
    assert shown(application) == (1, 4, 1)
    give(application, "first")
    assert shown(application) == (1, 0, 1)
    give(application, "back")
    assert shown(application) == (0, 11, 1)


def test_the_step_keys_walk_through_a_record(windows: Windows, trace: Path) -> None:
    application = windows.open(trace=trace)
    application.driver.go_to(Address(episode=0, t=2, k=0))
    give(application, "step_into")
    assert shown(application) == (0, 2, 1)
    give(application, "step_into")
    assert shown(application) == (0, 3, 0)
    give(application, "step_over")
    assert shown(application) == (0, 4, 1)


def test_a_setting_edited_in_the_panel_is_in_effect_in_later_records(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    application.window.settings_panel._fields["particles"].setValue(13)  # type: ignore[arg-type, union-attr]
    qtbot.waitUntil(
        lambda: application.moment is not None and application.moment.settings.particles == 13,
        timeout=WAIT,
    )
    mark = application.window.settings_panel._marks["particles"]
    qtbot.waitUntil(lambda: mark.text() == "")


def test_an_edit_that_the_engine_refuses_is_told_in_the_panel(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True, engine="--refuse-edits")
    wait_live(qtbot, application)
    panel = application.window.settings_panel
    panel._fields["horizon"].setValue(9)  # type: ignore[arg-type, union-attr]
    qtbot.waitUntil(lambda: bool(panel.fault), timeout=WAIT)
    assert panel.fault == "the fake engine refuses every edit"
    assert panel.draft.horizon == 5


def test_a_killed_engine_is_told_of_and_goes_on_from_the_last_record_at_a_click(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application, 5)
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    os.kill(engine.process_id or 0, signal.SIGKILL)
    bar = application.window.message_bar
    qtbot.waitUntil(bar.isVisible, timeout=WAIT)
    assert "SIGKILL" in bar.text
    assert bar.remedy.text() == "Go on from the last record"
    application.follower.tick()
    at = shown(application)
    with TraceReader(engine.command_line.trace) as reader:
        assert list(reader.records())
    qtbot.mouseClick(bar.remedy, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    qtbot.waitUntil(lambda: shown(application) > at, timeout=WAIT)
    # What it recorded may be read sooner than what it says.
    qtbot.waitUntil(lambda: application.source.engine_state == "running", timeout=WAIT)


def test_an_engine_that_cannot_start_leaves_the_window_open_with_its_reason(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True, engine_module="tests.app.no_such_engine")
    bar = application.window.message_bar
    qtbot.waitUntil(bar.isVisible, timeout=WAIT)
    assert "no_such_engine" in bar.text
    assert bar.remedy.text() == "Start again"


def test_a_full_disk_pauses_the_run_with_a_line_and_run_goes_on(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True, engine="--full-at 5")
    bar = application.window.message_bar
    qtbot.waitUntil(bar.isVisible, timeout=WAIT)
    assert bar.text == "the disk is full: free some space, then run again"
    qtbot.waitUntil(lambda: application.source.engine_state == "paused", timeout=WAIT)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    give(application, "run")
    qtbot.waitUntil(lambda: shown(application)[1] > 5, timeout=WAIT)


def test_the_screenshot_command_writes_a_picture_and_says_where(
    windows: Windows, trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    application = windows.open(trace=trace)
    give(application, "screenshot")
    (picture,) = (tmp_path / "Pictures").glob("psiscope-*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in application.window.message_bar.text


def test_opening_another_trace_replaces_the_one_that_is_shown(
    windows: Windows, trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_run(tmp_path / "other.trace", 4)
    junk = tmp_path / "junk.trace"
    junk.write_bytes(b"not a trace")
    application = windows.open(trace=trace)
    for path in (other, junk):
        monkeypatch.setattr(
            "app.application.QFileDialog.getOpenFileName", lambda *_, path=path: (str(path), "")
        )
        give(application, "open")
    assert shown(application) == (0, 3, 1)
    assert "junk.trace" in application.window.message_bar.text


def test_opening_another_trace_during_a_live_run_ends_that_run(
    windows: Windows, trace: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    monkeypatch.setattr(
        "app.application.QFileDialog.getOpenFileName", lambda *_: (str(trace), "")
    )
    give(application, "open")
    assert badge(application) == "recorded run"
    assert application.source.live_run is None


def test_playing_a_record_ends_at_its_end(windows: Windows, trace: Path, qtbot: QtBot) -> None:
    application = windows.open(trace=trace)
    give(application, "first")
    give(application, "play")
    assert application.playback.playing
    qtbot.waitUntil(lambda: not application.playback.playing, timeout=WAIT)
    assert shown(application) == (1, 11, 1)


def test_an_exception_in_a_slot_becomes_a_line_in_the_bar(
    windows: Windows, trace: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    application = windows.open(trace=trace)
    hook = sys.excepthook
    error = RuntimeError("made up")
    hook(RuntimeError, error, None)
    assert "made up" in application.window.message_bar.text
    assert "made up" in capsys.readouterr().err


def test_keys_do_nothing_while_a_setting_has_focus(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    application = windows.open(trace=trace)
    window = application.window
    application.driver.go_to(Address(episode=0, t=3))
    window.settings_panel.set_editable(True)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field = window.settings_panel._fields["horizon"]
    field.setFocus()
    for key in (Qt.Key.Key_Space, Qt.Key.Key_F10, Qt.Key.Key_Delete, Qt.Key.Key_Left):
        QTest.keyClick(field, key)
    assert shown(application) == (0, 3, 1)
    assert not application.playback.playing
    field.clearFocus()
    QTest.keyClick(window, Qt.Key.Key_F10)
    assert shown(application) == (0, 4, 1)


def test_the_layout_is_remembered_and_can_be_reset(windows: Windows, trace: Path) -> None:
    first = windows.open(trace=trace, size=None)
    first.window.docks["timeline"].hide()
    first.window.close()
    second = windows.open(trace=trace, size=None)
    assert not second.window.docks["timeline"].isVisible()
    give(second, "reset_layout")
    assert second.window.docks["timeline"].isVisible()


def test_the_theme_changes_everywhere_and_is_remembered(windows: Windows, trace: Path) -> None:
    application = windows.open(trace=trace, theme="light")
    light = application.window.grab().toImage()
    give(application, "theme")
    dark = application.window.grab().toImage()
    assert light.pixelColor(5, 5).lightness() > 150 > 100 > dark.pixelColor(5, 5).lightness()
    application.window.close()
    assert windows.open(trace=trace)._theme.name == "dark"


def test_closing_the_window_ends_the_engine_and_leaves_one_file(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    application.window.close()
    assert not engine.alive
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_no_slot_leaves_a_timer_behind_after_closing(windows: Windows, trace: Path) -> None:
    application = windows.open(trace=trace)
    application.window.close()
    running = [timer for timer in application.findChildren(QTimer) if timer.isActive()]
    assert running == []
