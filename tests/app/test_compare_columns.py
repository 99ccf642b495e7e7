"""The two columns of the compare workspace: what each shows of its branch, how it fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.cursor import Address
from app.views.jumps import REST_SECONDS
from app.views.sides import SIDES
from tests.app.comparing import (
    LEFT,
    WAIT,
    Key,
    Modifier,
    choose,
    compare_of,
    open_compare,
    press,
    settle,
    shown,
    two_of,
    without_pictures,
    write_compared,
)
from tests.app.layout_check import clipped_texts
from tests.app.test_axis_sizes import J_FIELDS, times
from tests.app.window_fixtures import Windows


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """No 3D but where a test takes this place: its process costs more than all of the rest."""
    without_pictures(monkeypatch)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return write_compared(tmp_path / "b.trace")


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


def test_scales_match_whichever_side_was_drawn_alone(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    two = settle(qtbot, open_compare(qtbot, windows, trace))
    a, b = two.columns["A"], two.columns["B"]
    assert a.objective.moment is not None
    a.objective.show_moment(times(a.objective.moment, 30.0, *J_FIELDS))
    b.objective.forget_ranges()
    b.objective.redraw()
    a.match_scales(b)
    ours, theirs = (c.objective._plot.item.vb.viewRange()[1] for c in (a, b))
    assert ours == theirs


def test_the_axes_fit_a_place_that_a_person_goes_to(
    qtbot: QtBot, windows: Windows, trace: Path
) -> None:
    application = open_compare(qtbot, windows, trace)
    two = settle(qtbot, application)
    gradient, objective = two.columns["B"].gradient, two.columns["B"].objective
    for moment in ("a vast one", "another"):
        gradient._norms.range.fit(1e6, 0.0, moment)
    objective._plot.fit_y(0.0, 1e6)
    plots = (gradient._norms.plot, objective._plot)
    application.driver.go_to(Address(branch=2, t=5))
    settle(qtbot, application)
    assert [np.ptp(plot.item.vb.viewRange()) > 1e5 for plot in plots] == [True, True]
    for jumps in two._jumps.values():
        jumps._came -= REST_SECONDS
    application.driver.go_to(Address(branch=2, t=1))
    settle(qtbot, application)
    assert [np.ptp(plot.item.vb.viewRange()) < 1e5 for plot in plots] == [True, True]


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
