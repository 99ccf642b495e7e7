"""The k lane: every update of the selected t, by mouse and by keys."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.cursor import Address
from app.state.moment import Moment
from app.theme import DARK, LIGHT, Theme
from app.views.k_cells import cells_of
from app.views.k_lane import KLane
from app.views.plot import round_stride
from app.views.timeline import TimelineView
from tests.app.pointing import focus, settle
from tests.app.view_moments import make_history, make_moment
from tests.app.window_fixtures import Windows
from tests.records import make_run

LEFT = Qt.MouseButton.LeftButton


def lane(qtbot: QtBot, moment: Moment, theme: Theme = LIGHT) -> KLane:
    """The lane of a moment, as wide as in the smallest window."""
    shown = KLane(theme)
    qtbot.addWidget(shown)
    shown.resize(430, shown.height())
    with qtbot.waitExposed(shown):
        shown.show()
    shown.show_moment(moment, None)
    return shown


def middle(shown: KLane, k: int) -> Any:
    return shown.box(k).center().toPoint()


def colours(shown: KLane) -> set[int]:
    image = shown.grab().toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def test_a_cell_has_the_numbers_of_its_update() -> None:
    moment = make_moment(ascent_steps=3, k=2)
    cells = cells_of(moment)
    assert (cells.count, cells.made, cells.k) == (4, 4, 2)
    np.testing.assert_allclose(
        cells.gains, [u.objective - moment.updates[0].objective for u in moment.updates]
    )
    norms = np.array([u.gradient_norm for u in moment.updates[:3]])
    np.testing.assert_allclose(cells.norms, [*(norms / norms.max()), 0.0])
    assert cells.roles == ("before", None, None, "after")
    assert cells.words == ("", "", "", "acts")
    assert cells.tips[1].startswith("k = 1: J ")
    assert cells.guarded is None


def test_refused_shrunk_and_broken_updates_are_marked() -> None:
    shrunk = cells_of(make_moment(proposal_changes={"trust_factor": 0.25}))
    assert (shrunk.guarded, shrunk.words[1]) == (1, "acts, c = 1/4")
    refused = cells_of(make_moment(proposal_changes={"trust_factor": 0.0}))
    assert (refused.guarded, refused.words[1]) == (1, "refused")
    fallback = cells_of(make_moment(proposal_changes={"fallback": "not finite"}))
    assert fallback.words[1] == "not used"
    moment = make_moment(ascent_steps=2)
    broken = dataclasses.replace(moment.updates[1], finite=False, objective=float("nan"))
    moment = dataclasses.replace(moment, updates=(moment.updates[0], broken, moment.updates[2]))
    cells = cells_of(moment)
    assert cells.roles[1] == "refused"
    assert cells.tips[1].endswith("not finite")


def test_an_accepted_update_acts_before_the_last() -> None:
    moment = make_moment(ascent_steps=3, proposal_changes={"k": 1})
    accepted = dataclasses.replace(moment, updates=moment.updates[:2])
    cells = cells_of(accepted)
    assert (cells.count, cells.words) == (2, ("", "acts"))


def test_updates_to_come_have_cells_that_cannot_be_selected(qtbot: QtBot) -> None:
    moment = make_moment(ascent_steps=3, environment_step=False)
    moment = dataclasses.replace(moment, updates=moment.updates[:2], k=1)
    shown = lane(qtbot, moment)
    assert shown.cells is not None
    assert (shown.cells.count, shown.cells.made) == (4, 2)
    with qtbot.waitSignal(shown.k_selected) as chosen:
        qtbot.mouseClick(shown, LEFT, pos=middle(shown, 3))
    assert chosen.args == [1]


@pytest.mark.parametrize("ascent_steps", [0, 1, 3, 30, 100])
def test_a_click_selects_the_update_of_its_cell(qtbot: QtBot, ascent_steps: int) -> None:
    shown = lane(qtbot, make_moment(ascent_steps=ascent_steps))
    assert shown.box(ascent_steps).right() <= shown.width()
    for k in {0, ascent_steps // 2, ascent_steps}:
        with qtbot.waitSignal(shown.k_selected) as chosen:
            qtbot.mouseClick(shown, LEFT, pos=middle(shown, k))
        assert chosen.args == [k]


def test_a_drag_goes_through_the_updates(qtbot: QtBot) -> None:
    shown = lane(qtbot, make_moment(ascent_steps=3))
    chosen: list[int] = []
    shown.k_selected.connect(chosen.append)
    qtbot.mousePress(shown, LEFT, pos=middle(shown, 0))
    for k in (0, 1, 2, 2):
        qtbot.mouseMove(shown, middle(shown, k))
    qtbot.mouseRelease(shown, LEFT, pos=middle(shown, 2))
    assert chosen[0] == 0
    assert chosen[-1] == 2 or chosen == [0], "offscreen platforms may drop synthetic moves"
    assert chosen == sorted(set(chosen))


def test_the_keys_go_through_the_updates_and_stop_at_the_ends(qtbot: QtBot) -> None:
    moment = make_moment(ascent_steps=3, k=1)
    shown = lane(qtbot, moment)
    for key, k in (
        (Qt.Key.Key_Left, 0), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Home, 0), (Qt.Key.Key_End, 3),
    ):  # fmt: skip
        with qtbot.waitSignal(shown.k_selected) as chosen:
            qtbot.keyClick(shown, key)
        assert chosen.args == [k]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_cursor_reference_and_guard_are_painted(qtbot: QtBot, theme: Theme) -> None:
    moment = make_moment(ascent_steps=3, k=1)
    shown = lane(qtbot, moment, theme)
    before = colours(shown)
    shown.show_moment(moment, dataclasses.replace(moment, k=3))
    assert colours(shown) != before
    assert shown._reference_k == 3
    shown.show_moment(moment, make_moment(t=3))
    assert shown._reference_k is None, "it is of another t"
    guarded = make_moment(ascent_steps=3, proposal_changes={"trust_factor": 0.0})
    shown.show_moment(guarded, None)
    assert theme.color("refused").rgb() in colours(shown)


@pytest.mark.parametrize("name", ["nothing", "NaN"])
def test_without_numbers_nothing_fails(qtbot: QtBot, name: str) -> None:
    moment = make_moment(ascent_steps=2)
    if name == "nothing":
        moment = dataclasses.replace(moment, updates=(), proposal=None, environment_step=None)
    else:
        nan = {"objective": float("nan"), "gradient_norm": float("nan"), "finite": False}
        updates = tuple(dataclasses.replace(u, **nan) for u in moment.updates)
        moment = dataclasses.replace(moment, updates=updates)
    shown = lane(qtbot, moment)
    assert len(colours(shown)) > 1
    qtbot.mouseClick(shown, LEFT, pos=QPointF(10, 10).toPoint())
    qtbot.keyClick(shown, Qt.Key.Key_Left)


def test_the_caption_says_j_and_the_gradient_and_fits(qtbot: QtBot) -> None:
    view = TimelineView()
    qtbot.addWidget(view)
    view.show_history(make_history(138))
    moment = make_moment(ascent_steps=2, k=1)
    view.show_moment(moment)
    level, norm = view.k_lane.caption.values
    assert level.startswith("J ")
    assert norm.startswith("|g| ")
    huge = tuple(
        dataclasses.replace(u, objective=-12345.678, gradient_norm=12345.6)
        for u in moment.updates
    )
    view.show_moment(dataclasses.replace(moment, updates=huge))
    assert view.k_lane.labels_fit()


def test_strides_are_round_numbers() -> None:
    found = [round_stride(least) for least in (0.1, 1.0, 1.2, 3.0, 6.0, 12.5, 30.0)]
    assert found == [1, 1, 2, 5, 10, 20, 50]


def test_the_lane_moves_the_cursor_of_the_window_by_mouse_and_key(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 8, ascent_steps=3))
    application.driver.go_to(Address(t=5))
    settle(qtbot, application)
    shown = application.views.timeline.k_lane
    qtbot.mouseClick(shown, LEFT, pos=middle(shown, 1))
    assert application.cursor.address == Address(t=5, k=1)
    settle(qtbot, application)
    focus(qtbot, application)
    shown.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_Right)
    assert application.cursor.address == Address(t=5, k=2), "t stays: the lane keeps its keys"
