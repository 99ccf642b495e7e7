"""The Tab key goes from one thing that can use keys to the next, and nothing holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QGraphicsView, QTableView, QWidget
from pytestqt.qtbot import QtBot

from app.application import Application
from tests.app.comparing import Key, settle, two_of, without_pictures, write_compared
from tests.app.window_fixtures import Windows

MOST_STOPS = 60


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_pictures(monkeypatch)
    return write_compared(tmp_path / "b.trace")


def round_trip(qtbot: QtBot, application: Application) -> list[QWidget]:
    """What has the focus, one after another, until it is back at the first."""
    window = application.window
    window.settings_panel.set_editable(True)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    stops: list[QWidget] = []
    for _ in range(MOST_STOPS):
        QTest.keyClick(QApplication.focusWidget() or window, Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in stops:
            assert focused is stops[0], f"{focused} holds the Tab key"
            return stops
        stops.append(focused)
    raise AssertionError("no end")


@pytest.mark.parametrize("workspace", ["debug", "compare", "minimal", "data"])
def test_every_stop_is_in_sight_and_can_use_keys(
    qtbot: QtBot, windows: Windows, trace: Path, workspace: str
) -> None:
    application = windows.open(trace=trace, workspace=workspace)
    if workspace == "compare":
        settle(qtbot, application)
    stops = round_trip(qtbot, application)
    assert stops
    assert [stop for stop in stops if stop.visibleRegion().isEmpty()] == []
    assert [stop for stop in stops if isinstance(stop, QGraphicsView)] == []


def test_the_settings_follow_each_other_from_the_top(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    stops = round_trip(qtbot, application)
    panel = application.window.settings_panel
    fields = [stop for stop in stops if panel.isAncestorOf(stop)]
    heights = [field.mapTo(panel, field.rect().topLeft()).y() for field in fields]
    assert len(fields) >= 12
    assert heights == sorted(heights)


def test_tables_of_both_sides_are_left_again(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace, workspace="compare")
    settle(qtbot, application)
    application.driver.first()
    two = settle(qtbot, application)
    stops = round_trip(qtbot, application)
    tables = [stop for stop in stops if isinstance(stop, QTableView)]
    assert tables == [column.table._table for column in two.columns.values()]
    assert two_of(application) is two
