"""The whole window, offscreen, on recorded traces."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.cursor import Address
from core.errors import TraceError
from tests.app.live_windows import WAIT
from tests.app.window_fixtures import Windows, badge, give, shown
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 12, episodes=2)


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


def test_the_theme_changes_everywhere_and_is_remembered(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    application = windows.open(trace=trace, theme="light")
    light = application.window.grab().toImage()
    give(application, "theme")
    qtbot.waitUntil(lambda: application.window.restyling.settled)
    dark = application.window.grab().toImage()
    assert light.pixelColor(5, 5).lightness() > 150 > 100 > dark.pixelColor(5, 5).lightness()
    application.window.close()
    assert windows.open(trace=trace)._theme.name == "dark"


def test_no_slot_leaves_a_timer_behind_after_closing(windows: Windows, trace: Path) -> None:
    application = windows.open(trace=trace)
    application.window.close()
    running = [timer for timer in application.findChildren(QTimer) if timer.isActive()]
    assert running == []
