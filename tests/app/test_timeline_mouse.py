"""The part of the episode in sight: wheel, pan, fit, follow. And what outliers do not do."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.lane import MOST_POINTS, ceiling
from app.views.span import LEAST, Span
from app.views.timeline import TimelineView
from tests.app.view_moments import make_history, make_moment

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def timeline(qtbot: QtBot, length: int = 1000, t: int = 600) -> TimelineView:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(900, 260)
    with qtbot.waitExposed(view):
        view.show()
    view.show_history(make_history(length))
    look(view, t)
    return view


def look(view: TimelineView, t: int, *, live: bool = False) -> None:
    moment = make_moment(t=t)
    object.__setattr__(moment, "live", live)
    view.show_moment(moment)


def sight(view: TimelineView) -> tuple[float, float]:
    low, high = view._lanes[0].plot.item.vb.viewRange()[0]
    return float(low), float(high)


def turn(
    qapp: QApplication, view: TimelineView, t: float, notches: int, modifier: object = NONE
) -> None:
    """Turn the wheel over t."""
    plot = view._lanes[1].plot
    at = plot.item.vb.mapViewToScene(QPointF(t, 0))
    viewport = plot.widget.viewport()
    place = QPointF(at.x(), 10)
    event = QWheelEvent(
        place, viewport.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,  # type: ignore[arg-type]
    )  # fmt: skip
    qapp.sendEvent(viewport, event)


def drag(qapp: QApplication, view: TimelineView, button: Qt.MouseButton, by: int) -> None:
    """Drag from the middle of a lane by so many pixels."""
    viewport = view._lanes[2].plot.widget.viewport()
    start = QPointF(viewport.rect().center())
    for kind, moved in (
        (QEvent.Type.MouseButtonPress, 0), (QEvent.Type.MouseMove, by),
        (QEvent.Type.MouseButtonRelease, by),
    ):  # fmt: skip
        place = start + QPointF(moved, 0)
        changed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        qapp.sendEvent(
            viewport, QMouseEvent(kind, place, viewport.mapToGlobal(place), changed, held, NONE)
        )


def test_the_wheel_zooms_where_the_mouse_is(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 250.0, 4)
    low, high = sight(view)
    assert high - low < 500
    assert low < 250 < high
    turn(qapp, view, 250.0, -30)
    assert view._span.whole
    turn(qapp, view, 250.0, 60)
    low, high = sight(view)
    assert high - low == pytest.approx(LEAST, rel=0.05)


@pytest.mark.parametrize("button", [Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton])
def test_the_right_and_the_middle_button_pan(
    qtbot: QtBot, qapp: QApplication, button: Qt.MouseButton
) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 500.0, 4)
    low, high = sight(view)
    with qtbot.assertNotEmitted(view.t_selected):
        drag(qapp, view, button, -60)
    panned = sight(view)
    assert panned[0] > low
    assert panned[1] - panned[0] == pytest.approx(high - low)
    drag(qapp, view, button, 10_000)
    assert sight(view)[0] <= 0, "not beyond the first step"


def test_shift_and_the_wheel_pan(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 500.0, 4)
    low, high = sight(view)
    turn(qapp, view, 500.0, -1, SHIFT)
    assert sight(view)[0] == pytest.approx(low + 0.1 * (high - low), rel=0.02)


def test_a_double_click_of_the_middle_button_shows_all(
    qtbot: QtBot, qapp: QApplication
) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 500.0, 4)
    viewport = view._lanes[0].plot.widget.viewport()
    with qtbot.assertNotEmitted(view.live_requested):
        qtbot.mouseDClick(viewport, Qt.MouseButton.MiddleButton, pos=QPoint(100, 8))
    assert view._span.whole


def test_a_person_who_goes_somewhere_sees_it(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 500.0, 8)
    look(view, 20)
    low, high = sight(view)
    assert low < 20 < high


def test_the_head_is_followed_while_it_is_in_sight(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot, 1000, 900)
    look(view, 900, live=True)
    turn(qapp, view, 900.0, 8)
    view.show_history(make_history(990))
    look(view, 985, live=True)
    assert sight(view)[0] < 985 < sight(view)[1]
    view._pan(-600.0)
    away = sight(view)
    look(view, 988, live=True)
    assert sight(view) == away, "a person looks elsewhere"


def test_a_redraw_at_the_same_t_leaves_the_sight_where_it_is(
    qtbot: QtBot, qapp: QApplication
) -> None:
    view = timeline(qtbot)
    turn(qapp, view, 600.0, 8)
    view._pan(-400.0)
    away = sight(view)
    look(view, 600)
    view.resize(880, 260)
    assert sight(view) == away


def test_plus_and_minus_zoom_around_the_cursor(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    for _ in range(6):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    low, high = sight(view)
    assert high - low < 400
    assert low < 600 < high
    for _ in range(9):
        qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view._span.whole


def test_a_zoomed_lane_shows_every_step_of_a_long_episode(
    qtbot: QtBot, qapp: QApplication
) -> None:
    view = timeline(qtbot, 10_000, 5000)
    curve = view._lanes[0]._curves[0]
    assert len(curve.getData()[0]) <= MOST_POINTS
    turn(qapp, view, 5000.0, 20)
    low, high = sight(view)
    t = curve.getData()[0]
    inside = t[(t > low) & (t < high)]
    np.testing.assert_array_equal(np.diff(inside), 1)
    assert len(t) < 400


def test_the_axis_says_what_it_counts(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    assert view._axis_name.labels_fit()
    assert view._axis.item.getAxis("bottom").isVisible()


def test_the_first_slow_step_does_not_squeeze_the_time_lane(qtbot: QtBot) -> None:
    total = 24.0 + np.sin(np.arange(138.0))
    total[0] = 1000.0
    view = timeline(qtbot, 138, 137)
    view.show_history(make_history(138, total_ms=total))
    spent = view._lanes[4]
    _, high = spent.plot.item.vb.viewRange()[1]
    assert high < 60
    assert spent._arrows.getData()[0].tolist() == [0]
    assert spent.caption.note == "▲ 1 beyond"
    look(view, 0)
    assert spent.caption.values == ("1000",), "the value itself is told"
    view.show_history(make_history(138, total_ms=np.full(138, 25.0)))
    assert spent.caption.note == ""


def test_only_few_outliers_are_left_above_the_scale() -> None:
    rng = np.random.default_rng(0)
    usual = 20 + rng.random(400)
    assert ceiling(usual) == usual.max()
    assert ceiling(np.append(usual, 500.0)) < 40
    halves = np.append(usual, usual + 480)
    assert ceiling(halves) == halves.max(), "half of them are no outliers"
    assert ceiling(np.array([1000.0, 20.0])) < 40
    assert ceiling(np.zeros(5)) == 0
    assert np.isnan(ceiling(np.full(3, np.nan)))


def test_a_span_stays_inside_the_episode() -> None:
    span = Span()
    span.grow(137)
    assert span.range[1] == 200
    span.zoom(0.5, 0.0)
    assert span.range == pytest.approx((-1.2, 100.0))
    span.pan(-50)
    assert span.range[1] == 100
    span.pan(1000)
    assert span.range[1] == 200
    assert span.holds(150)
    span.follow(3)
    assert span.holds(3)
    span.fit()
    assert span.whole
