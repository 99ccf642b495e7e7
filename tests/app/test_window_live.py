"""The whole window, offscreen, on a fake engine's live run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.traces.archive import TraceReader
from tests.app.live_windows import WAIT, kill, pause, step, wait_live
from tests.app.window_fixtures import Windows, badge, give, shown
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


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
    kill(engine)
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


def test_closing_the_window_ends_the_engine_and_leaves_one_file(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(live=True)
    wait_live(qtbot, application)
    engine = application.source.live_run.engine  # type: ignore[union-attr]
    application.window.close()
    assert not engine.alive
    assert len(list((tmp_path / "runs").iterdir())) == 1
