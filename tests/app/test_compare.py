"""The compare workspace in a whole window, by keys and mouse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.application import Application
from app.compare import Compare
from app.rendering.client import RenderClient
from app.state.cursor import Address
from app.views.sides import SIDES
from app.views.two_branches import TwoBranches
from core.settings import Settings
from core.traces.archive import TraceWriter
from tests.app.layout_check import clipped_texts
from tests.app.pointing import focus
from tests.app.window_fixtures import Windows
from tests.branched_run import Fork, append_fork, course, plant, write_branches

WAIT = 20_000
LEFT = Qt.MouseButton.LeftButton
Key, Modifier = Qt.Key, Qt.KeyboardModifier
HERE = Address(branch=2, t=4)


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No 3D but where a test is about it: its process costs more than all of the rest."""
    if "pictures" not in request.keywords:
        monkeypatch.setattr(RenderClient, "draw", lambda _client, _picture: None)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The root to t = 7; 1 the same from (3, 1) to 5; 2 with another delta from t = 2 to 9."""
    return write_branches(
        tmp_path / "b.trace",
        Fork(t=3, k=1, until=6),
        Fork(
            t=2,
            until=10,
            settings=Settings(delta=0.1),
            plant=plant("GradientUpdate", (0, 4, 0), step_size=2e-4, objective=300.0),
        ),
    )


def compare_of(application: Application) -> Compare:
    (found,) = [each for each in application.features if isinstance(each, Compare)]
    return found


def two_of(application: Application) -> TwoBranches:
    two = compare_of(application).view.two
    assert two is not None
    return two


def settle(qtbot: QtBot, application: Application) -> TwoBranches:
    """Wait until the pair is studied and all views show the moment."""
    compare = compare_of(application)
    qtbot.waitUntil(lambda: compare.watch.study is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: two_of(application).settled, timeout=WAIT)
    return two_of(application)


def open_compare(
    qtbot: QtBot, windows: Windows, trace: Path, at: Address = HERE, **options: object
) -> Application:
    """In the workspace, the cursor at t = 4 of branch 2 or at another address."""
    application = windows.open(trace=trace, workspace="compare", **options)
    application.driver.go_to(at)
    settle(qtbot, application)
    return application


def press(
    qtbot: QtBot,
    application: Application,
    key: Qt.Key,
    modifier: Modifier = Modifier.NoModifier,
) -> None:
    focus(qtbot, application)
    QTest.keyClick(application.window, key, modifier)


def shown(two: TwoBranches) -> list[tuple[int, int, int] | str]:
    """(branch, t, k) that the views of each side show, or the sentence in their place."""
    found: list[tuple[int, int, int] | str] = []
    for side in SIDES:
        column = two.columns[side]
        moments = {id(view.moment): view.moment for view in column.views}
        if column.absent:
            found.append(column.absence.text())
            continue
        (moment,) = moments.values()
        assert moment is not None
        found.append((moment.branch, moment.t, moment.k))
    return found


def choose(qtbot: QtBot, selector: QComboBox, row: int) -> None:
    """Open the list with the mouse, choose in it with the keys."""
    QTest.mouseClick(selector, LEFT)
    popup = selector.view()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Key.Key_Home)
    for _ in range(row):
        QTest.keyClick(popup, Key.Key_Down)
    QTest.keyClick(popup, Key.Key_Return)


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


def test_both_columns_follow_the_cursor_by_keys_and_by_the_table(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=2, t=5))
    press(qtbot, application, Key.Key_Left)
    two = settle(qtbot, application)
    assert shown(two) == [(0, 4, 1), (2, 4, 1)]
    press(qtbot, application, Key.Key_Left, Modifier.ShiftModifier)
    assert shown(settle(qtbot, application)) == [(0, 4, 0), (2, 4, 0)]
    assert [two.columns[s].place.text() for s in SIDES] == ["t = 4, k = 0 of 1"] * 2
    table = two.columns["A"].table._table
    model = table.model()
    assert model is not None
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(model.index(1, 3)).center())
    assert shown(settle(qtbot, application)) == [(0, 4, 1), (2, 4, 1)]
    assert application.cursor.address == Address(branch=0, t=4, k=1)


def test_a_click_on_the_letter_puts_the_cursor_on_that_side(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=2, t=5, k=0))
    for _ in range(2):
        QTest.mouseClick(two_of(application).columns["A"].mark, LEFT)
        two = settle(qtbot, application)
        assert application.cursor.address == Address(branch=0, t=5, k=0)
        assert [two.columns[side].mark.isChecked() for side in SIDES] == [True, False]


def test_a_branch_that_ended_says_so(qtbot: QtBot, windows: Windows, trace: Path) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=2, t=9))
    two = settle(qtbot, application)
    assert shown(two) == ["Branch 0 ended at t = 7.", (2, 9, 1)]
    application.driver.go_to(Address(branch=2, t=7))
    assert shown(settle(qtbot, application)) == [(0, 7, 1), (2, 7, 1)]


def test_each_side_chooses_its_branch(qtbot: QtBot, windows: Windows, trace: Path) -> None:
    application = open_compare(qtbot, windows, trace)
    two = two_of(application)
    application.driver.go_to(Address(branch=2, t=4))
    choose(qtbot, two.columns["A"].selector, 1)
    assert compare_of(application).pair == (1, 2)
    assert shown(settle(qtbot, application)) == [(1, 4, 1), (2, 4, 1)]
    choose(qtbot, two.columns["B"].selector, 1)
    assert compare_of(application).pair == (2, 1)
    settle(qtbot, application)
    assert two.finding.text().startswith("First divergence: t = 4, k = 0")
    assert "300 against" in two.finding.text()
    assert not two.columns["B"].selector.hasFocus()


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


def test_both_columns_have_the_same_scales(qtbot: QtBot, windows: Windows, trace: Path) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=2, t=4))
    two = settle(qtbot, application)
    for name in ("objective", "gradient", "action"):
        ranges = [
            [p.item.vb.viewRange() for p in getattr(two.columns[side], name).plots()]
            for side in SIDES
        ]
        assert np.allclose(ranges[0], ranges[1])


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


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_fits(
    qtbot: QtBot, windows: Windows, trace: Path, size: tuple[int, int], theme: str
) -> None:
    application = open_compare(qtbot, windows, trace, size=size, theme=theme)
    two = settle(qtbot, application)
    application.driver.go_to(Address(branch=2, t=4, k=0))
    settle(qtbot, application)
    window = application.window
    assert (window.width(), window.height()) == size
    assert clipped_texts(window) == []
    assert compare_of(application).view.labels_fit()
    for column in two.columns.values():
        assert all(view.isVisible() and view.height() >= 100 for view in column.views)


def test_a_picked_particle_is_picked_out_on_both_sides(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    two = two_of(application)
    application.desk.selection.select(1)
    for side in SIDES:
        assert "particle 1" in two.columns[side].objective.header.readout()
    two.columns["A"].objective.particle_picked.emit(0)
    assert application.desk.selection.particle == 0


def test_without_3d_the_torso_stands_in_for_the_pictures(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    two = two_of(application)
    for _ in range(2):
        two.scenes.unavailable.emit()
    settle(qtbot, application)
    for side in SIDES:
        fan = two.columns[side].fan
        assert fan is not None
        assert fan.isVisible()
        assert fan.labels_fit()
        assert fan.moment is two.columns[side].objective.moment
        assert not two.columns[side].canvas.isVisible()


@pytest.mark.parametrize("pictures", [True])
def test_both_pictures_come_from_one_process_that_ends_with_the_window(
    qtbot: QtBot, windows: Windows, trace: Path, pictures: bool
) -> None:
    application = open_compare(qtbot, windows, trace)
    two = two_of(application)
    application.driver.go_to(Address(branch=2, t=4))
    canvases = two.scenes.canvases
    qtbot.waitUntil(lambda: all(c.frame is not None for c in canvases.values()), timeout=WAIT)
    assert two.scenes.process_id > 0
    QTest.mousePress(canvases["A"], LEFT, pos=QPoint(50, 50))
    QTest.mouseMove(canvases["A"], QPoint(90, 60))
    QTest.mouseRelease(canvases["A"], LEFT, pos=QPoint(90, 60))
    assert canvases["A"].camera == canvases["B"].camera
    application.window.close()
    assert two.scenes.process_id == 0


def test_the_timeline_may_be_hidden_while_the_cursor_goes_to_a_longer_branch(
    qtbot: QtBot, windows: Windows, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application = open_compare(qtbot, windows, trace)
    application.driver.go_to(Address(branch=1, t=3))
    application.driver.go_to(Address(branch=2, t=9))
    settle(qtbot, application)
    application.window.resize(1300, 740)
    application.window.docks["timeline"].show()
    assert "Traceback" not in capsys.readouterr().err
