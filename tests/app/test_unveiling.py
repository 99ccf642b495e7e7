"""What takes long to make or to show comes one part in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.state.cursor import Address
from app.views import plot as plots
from app.views.compare_view import CompareView
from app.views.two_branches import TwoBranches
from app.views.unveiling import Unveiling
from tests.app.comparing import compare_of, settle, without_pictures, write_compared
from tests.app.window_fixtures import Windows


class Turns(QObject):
    """Counts turns of the event loop, and what happens in each."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[list[object]] = [[]]
        timer = QTimer(self)
        timer.timeout.connect(lambda: self.noted.append([]))
        timer.start(0)

    def note(self, what: object) -> None:
        self.noted[-1].append(what)

    def most(self) -> int:
        return max(len(turn) for turn in self.noted)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Show:
            self.note(watched)
        return False


@pytest.fixture
def row(qtbot: QtBot) -> list[QWidget]:
    """Three widgets beside each other in a page, 120 pixels wide each."""
    page = QWidget()
    qtbot.addWidget(page)
    layout = QHBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    widgets = [QLineEdit() for _ in range(3)]
    for widget in widgets:
        # None has the focus from the start.
        widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        layout.addWidget(widget)
    page.resize(360, 40)
    page.show()
    QApplication.processEvents()
    return [*widgets, page]


def test_one_widget_is_shown_in_each_turn_and_keeps_its_place(
    qtbot: QtBot, row: list[QWidget]
) -> None:
    *widgets, _page = row
    places = [widget.geometry() for widget in widgets]
    unveiling, turns = Unveiling(), Turns()
    unveiling.veil(widgets)
    for widget in widgets:
        widget.installEventFilter(turns)
    QApplication.processEvents()
    assert not any(widget.isVisible() for widget in widgets)
    assert unveiling.settled
    with qtbot.waitSignal(unveiling.finished):
        unveiling.unveil(widgets)
    assert [shown for turn in turns.noted for shown in turn] == widgets
    assert turns.most() == 1
    assert [widget.geometry() for widget in widgets] == places


def test_what_has_the_focus_is_never_hidden(qtbot: QtBot, row: list[QWidget]) -> None:
    first, second, third, page = row
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    second.setFocus()
    unveiling = Unveiling()
    unveiling.veil([first, second, third])
    assert [widget.isVisible() for widget in (first, second, third)] == [False, True, False]
    unveiling.veil([page])
    assert page.isVisible()


def test_what_is_gone_or_forgotten_is_left_out(qtbot: QtBot, row: list[QWidget]) -> None:
    first, second, third, _page = row
    unveiling = Unveiling()
    unveiling.veil([first, second, third])
    unveiling.unveil([first, second, third])
    sip.delete(first)
    unveiling.forget(second)
    qtbot.waitUntil(lambda: unveiling.settled)
    assert (second.isVisible(), third.isVisible()) == (False, True)
    unveiling.veil([third])
    unveiling.unveil([third])
    unveiling.stop()
    QCoreApplication.processEvents()
    assert not third.isVisible()


def noted(monkeypatch: pytest.MonkeyPatch, turns: Turns) -> None:
    """Every plot that is made is noted in its turn."""
    make: Callable[..., None] = plots.Plot.__init__

    def noting(self: plots.Plot, **options: Any) -> None:
        turns.note(self)
        make(self, **options)

    monkeypatch.setattr(plots.Plot, "__init__", noting)


def test_the_views_of_two_branches_are_made_one_plot_a_turn(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, view = Turns(), CompareView()
    noted(monkeypatch, turns)
    qtbot.addWidget(view)
    view.show()
    with qtbot.waitSignal(view.built):
        view.show_two_branches()
        assert view.two is None
        assert not view.comparing
    made = sum(len(turn) for turn in turns.noted)
    assert made == len(TwoBranches.findChildren(view, plots.Plot)) >= 12
    assert turns.most() == 1
    view.show_two_branches()
    assert view.comparing
    view.shut_down()


def test_the_compare_workspace_comes_into_sight_one_part_a_turn(
    qtbot: QtBot, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pictures(monkeypatch)
    trace = write_compared(tmp_path / "b.trace")
    application = windows.open(trace=trace)
    application.driver.go_to(Address(branch=2, t=4))
    view = compare_of(application).view
    qtbot.waitUntil(lambda: view.two is not None)
    assert view.two is not None
    turns = Turns()
    for part in view.two.parts:
        part.installEventFilter(turns)
    application.window.commands.actions["compare"].trigger()
    assert turns.most() == 0
    two = settle(qtbot, application)
    assert turns.most() == 1
    shown = [part for turn in turns.noted for part in turn]
    # The map is for mazes alone.
    assert shown == [part for part in two.parts if part is not two.maze.surface.plot]
    assert two.labels_fit()


def test_a_dock_that_a_change_of_workspace_shows_waits_for_its_turn(
    qtbot: QtBot, windows: Windows
) -> None:
    application = windows.open()
    window, panel = application.window, application.window.settings_panel
    application.desk.workspaces.switch("minimal")
    qtbot.waitUntil(lambda: window.unveiling.settled)
    application.desk.workspaces.switch("debug")
    assert not panel.isVisible()
    qtbot.waitUntil(lambda: window.unveiling.settled)
    assert panel.isVisible()
    application.desk.workspaces.switch("minimal")
    assert not panel.isVisible()


def test_what_stays_in_sight_is_not_drawn_at_a_size_in_passing(
    qtbot: QtBot, windows: Windows
) -> None:
    window = windows.open().window
    switch = window.commands.actions
    for _ in range(2):
        for workspace in ("minimal", "debug"):
            switch[f"workspace_{workspace}"].trigger()
            assert not window.views.timeline.isVisible()
            assert not window.views.scene.isVisible()
    qtbot.waitUntil(lambda: window.unveiling.settled)
    assert window.views.timeline.isVisible()
    assert window.views.scene.isVisible()
    assert window.settings_panel.isVisible()


def test_each_is_drawn_before_the_next_one_is_shown(qtbot: QtBot, row: list[QWidget]) -> None:
    *widgets, _page = row
    happened: list[tuple[QObject | None, QEvent.Type]] = []

    class Notes(QObject):
        def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
            if event is not None and event.type() in {QEvent.Type.Show, QEvent.Type.Paint}:
                happened.append((watched, event.type()))
            return False

    unveiling, notes = Unveiling(), Notes()
    unveiling.veil(widgets)
    for widget in widgets:
        widget.installEventFilter(notes)
    with qtbot.waitSignal(unveiling.finished):
        unveiling.unveil(widgets)
    first = list(dict.fromkeys(happened))
    kinds = (QEvent.Type.Show, QEvent.Type.Paint)
    assert first == [(widget, kind) for widget in widgets for kind in kinds]
