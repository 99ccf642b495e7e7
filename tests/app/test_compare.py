"""Which two branches are compared, where they part, and their lanes, by keys and mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QPointF
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.state.cursor import Address
from app.views.sides import SIDES
from core.traces.archive import TraceWriter
from tests.app.comparing import (
    LEFT,
    WAIT,
    Key,
    Modifier,
    compare_of,
    open_compare,
    press,
    settle,
    shown,
    two_of,
    without_pictures,
    write_compared,
)
from tests.app.window_fixtures import Windows
from tests.branched_run import Fork, append_fork, course, plant, write_branches


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """No 3D: its process costs more than all of the rest."""
    without_pictures(monkeypatch)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return write_compared(tmp_path / "b.trace")


def test_one_branch_is_explained_and_can_be_forked(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    path = write_branches(tmp_path / "one.trace")
    application = windows.open(trace=path, workspace="compare")
    view = compare_of(application).view
    commands = application.window.commands
    assert not view.comparing
    assert view.two is None
    assert not commands.actions["compare"].isEnabled()
    assert not commands.actions["find_divergence"].isEnabled()
    fork = commands.actions["fork"]
    assert view.fork_here.isEnabled() is fork.isEnabled()
    assert view.fork_here.toolTip() == fork.toolTip()
    commands.set_enabled("fork", True)
    asked: list[bool] = []
    fork.triggered.disconnect()
    fork.triggered.connect(lambda: asked.append(True))
    QTest.mouseClick(view.fork_here, LEFT)
    assert asked == [True]


def test_the_command_shows_the_branch_looked_at_and_its_parent(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    application.driver.go_to(Address(branch=1, t=4))
    press(qtbot, application, Key.Key_D, Modifier.ControlModifier)
    two = settle(qtbot, application)
    assert application.window.workspace == "compare"
    texts = [two.columns[side].selector.currentText() for side in SIDES]
    assert texts == [
        "0: the run as it began",
        "1: fork of 0 at t = 3, k = 1; nothing changed",
    ]
    assert two.finding.text() == "Identical as far as both go: to t = 5."
    assert not two.go_there.isVisible()
    assert shown(two) == [(0, 4, 1), (1, 4, 1)]


def test_the_first_divergence_is_named_and_gone_to(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    two = two_of(application)
    assert two.finding.text() == (
        "First divergence: t = 4, k = 0, GradientUpdate.objective: "
        f"{objective_at_4(application):.3g} against 300 (branch 2 changed delta 0.05 -> 0.1)"
    )
    QTest.mouseClick(two.go_there, LEFT)
    settle(qtbot, application)
    assert shown(two) == [(0, 4, 0), (2, 4, 0)]
    assert application.cursor.address == Address(branch=2, t=4, k=0)
    marks = [two.columns[side].mark.isChecked() for side in SIDES]
    assert marks == [False, True]


def objective_at_4(application: Application) -> float:
    run = application.follower.run
    assert run is not None
    return run.updates((0, 0, 4))[0].objective


def test_the_command_find_divergence_goes_there_from_any_workspace(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    press(qtbot, application, Key.Key_D, Modifier.ControlModifier | Modifier.ShiftModifier)
    qtbot.waitUntil(
        lambda: application.cursor.address == Address(branch=2, t=4, k=0), timeout=WAIT
    )
    assert application.window.workspace == "compare"
    application.driver.go_to(Address(branch=2, t=8))
    press(qtbot, application, Key.Key_D, Modifier.ControlModifier | Modifier.ShiftModifier)
    qtbot.waitUntil(lambda: application.cursor.address == Address(branch=2, t=4, k=0))


def test_a_click_into_the_lanes_goes_to_that_t(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=0, t=2))
    two = settle(qtbot, application)
    plot = two.lanes.gains.plot

    def click(t: float) -> None:
        place = plot.widget.mapFromScene(plot.item.vb.mapViewToScene(QPointF(t, 0.0)))
        QTest.mouseClick(plot.widget.viewport(), LEFT, pos=QPoint(place.x(), 10))

    click(5.1)
    assert application.cursor.address == Address(branch=0, t=5)
    click(9.0)
    assert application.cursor.address == Address(branch=2, t=9)
    click(30.0)
    assert application.cursor.address == Address(branch=2, t=9)


def test_the_lanes_show_both_branches_and_where_they_part(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=2, t=4))
    lanes = settle(qtbot, application).lanes
    t, returns = lanes.returns.curves[0].getData()
    assert t.tolist() == list(range(8))
    assert returns.tolist() == [2.5 * (n + 1) for n in range(8)]
    assert lanes.returns.curves[1].getData()[0].tolist() == list(range(10))
    assert lanes.difference.curves[0].getData()[1].tolist() == [0.0] * 8
    assert lanes.returns.caption.values == ("A 12.50", "B 12.50")
    assert lanes.difference.caption.values == ("0",)
    pens = [curve.opts["pen"] for curve in lanes.gains.curves]
    assert pens[0].style() != pens[1].style()
    assert pens[0].color() != pens[1].color()
    assert lanes.gains._parting.isVisible()
    assert lanes.gains._parting.value() == 4.0
    application.driver.go_to(Address(branch=2, t=9))
    settle(qtbot, application)
    assert lanes.returns.caption.values == ("A –", "B 25.00")


def test_a_growing_trace_is_compared_further(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    path = write_branches(tmp_path / "grows.trace")
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=2, until=4))
        application = open_compare(qtbot, windows, path, Address(branch=1, t=3))
        application.driver.live()
        two = two_of(application)
        qtbot.waitUntil(lambda: two.finding.text() == "Identical as far as both go: to t = 3.")
        for record in course(1, 4, 6):
            writer.append(record)
        qtbot.waitUntil(
            lambda: two.finding.text() == "Identical as far as both go: to t = 5.", timeout=WAIT
        )
        qtbot.waitUntil(lambda: two.settled and shown(two)[1] == (1, 5, 1), timeout=WAIT)
        assert shown(two)[0] == (0, 5, 1)
        for record in course(1, 6, 7):
            writer.append(plant("EnvironmentStep", (0, 6), reward=9.0)(record))
        qtbot.waitUntil(lambda: "EnvironmentStep.reward" in two.finding.text(), timeout=WAIT)
        append_fork(writer, 2, Fork(t=1, until=2))
        selector = two.columns["A"].selector
        qtbot.waitUntil(lambda: selector.count() == 3, timeout=WAIT)
        assert compare_of(application).pair == (0, 1)


def test_another_trace_is_compared_afresh(
    qtbot: QtBot, windows: Windows, trace: Path, tmp_path: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.source.open_trace(write_branches(tmp_path / "one.trace"))
    assert not compare_of(application).view.comparing
    assert compare_of(application).watch.study is None
    other = write_branches(tmp_path / "two.trace", Fork(t=3))
    application.source.open_trace(other)
    two = settle(qtbot, application)
    assert compare_of(application).view.comparing
    assert two.finding.text() == "Identical as far as both go: to t = 7."


def test_two_branches_of_the_tree_can_be_asked_for(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = windows.open(trace=trace)
    application.driver.compare_requested.emit(2, 1)
    two = settle(qtbot, application)
    assert compare_of(application).pair == (2, 1)
    assert "branch 2 changed" in two.finding.text()
