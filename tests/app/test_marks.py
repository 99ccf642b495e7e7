"""Marks on the t lane: symbols, words, clicks, and thousands of them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.theme import DARK, LIGHT, Theme
from app.views.marks import KINDS, MOST_MARKS, ROW, Kind
from app.views.timeline import TimelineView
from tests.app.view_moments import make_history, make_moment

LEFT = Qt.MouseButton.LeftButton


def timeline(qtbot: QtBot, length: int = 138, theme: Theme = LIGHT) -> TimelineView:
    view = TimelineView(theme)
    qtbot.addWidget(view)
    view.resize(640, 300)
    with qtbot.waitExposed(view):
        view.show()
    view.show_history(make_history(length))
    view.show_moment(make_moment(t=length - 1))
    return view


def place_of(view: TimelineView, kind: Kind, t: float) -> QPoint:
    marks = view._marks
    x = float(marks.pixels(np.array(t)))
    return QPointF(x, (marks.kinds.index(kind) + 0.5) * ROW).toPoint()


def test_without_marks_there_is_no_row(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    assert not view._marks.isVisible()
    view.set_marks("break", [3], ["t == 3"])
    assert view._marks.isVisible()
    view.set_marks("break", [], [])
    assert not view._marks.isVisible()


def test_each_kind_has_a_row_with_its_number_and_name(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    view.set_marks("hit", range(20, 40), ["J fell"] * 20)
    view.set_marks("break", [12], ["t == 12"])
    view.set_marks("branch", [4, 90], ["branch 1", "branch 2"])
    view.set_marks("note", [7], ["look here"])
    qapp.processEvents()
    assert view._marks.kinds == KINDS
    assert view._marks.legend.texts == ("1 break", "1 note", "20 search hits", "2 branches")
    assert view._marks.height() == 4 * ROW
    assert view.labels_fit()


def test_symbols_differ_by_more_than_colour(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    shapes = []
    for kind in KINDS:
        view.set_marks(kind, [60], ["x"])
        image = view._marks.grab().toImage()
        middle = place_of(view, kind, 60)
        background = image.pixel(1, 1)
        shapes.append(
            tuple(
                image.pixel(middle.x() + dx, middle.y() + dy) != background
                for dx in range(-5, 6)
                for dy in range(-5, 6)
            )
        )
        view.set_marks(kind, [], [])
    assert len(set(shapes)) == len(KINDS)


def test_a_mark_stands_where_the_lanes_have_its_t(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    view.set_marks("note", [60], ["x"])
    qapp.processEvents()
    plot = view._lanes[0].plot
    in_lane = plot.item.vb.mapViewToScene(QPointF(60, 0)).x()
    assert float(view._marks.pixels(np.array(60.0))) == pytest.approx(in_lane, abs=1.5)
    view._zoom(0.3, 60.0)
    in_lane = plot.item.vb.mapViewToScene(QPointF(60, 0)).x()
    assert float(view._marks.pixels(np.array(60.0))) == pytest.approx(in_lane, abs=1.5)


def test_a_click_goes_to_the_nearest_mark_and_beside_all_of_them_nowhere(qtbot: QtBot) -> None:
    view = timeline(qtbot)
    view.set_marks("break", [90, 12, 30], ["c", "a", "b"])
    with qtbot.waitSignal(view.t_selected) as chosen:
        qtbot.mouseClick(view._marks, LEFT, pos=place_of(view, "break", 30) + QPoint(3, 0))
    assert chosen.args == [30]
    with qtbot.assertNotEmitted(view.t_selected):
        qtbot.mouseClick(view._marks, LEFT, pos=place_of(view, "break", 60))


def test_the_tip_is_that_of_the_mark_under_the_mouse(qtbot: QtBot, qapp: QApplication) -> None:
    view = timeline(qtbot)
    view.set_marks("note", [90, 12], ["later", "earlier"])
    at = place_of(view, "note", 12)
    tip = QHelpEvent(QEvent.Type.ToolTip, at, view._marks.mapToGlobal(at))
    qapp.sendEvent(view._marks, tip)
    assert QToolTip.text() == "earlier"
    QToolTip.hideText()


def test_thousands_of_marks_are_drawn_in_part_and_found_in_whole(qtbot: QtBot) -> None:
    view = timeline(qtbot, 10_000)
    ts = list(range(10_000))
    start = time.process_time()
    view.set_marks("hit", ts, [f"hit {t}" for t in ts])
    view._marks.grab()
    assert time.process_time() - start < 0.5
    assert len(view._marks.drawn("hit")) <= MOST_MARKS
    found = view._marks.nearest(QPointF(place_of(view, "hit", 7001)))
    assert found is not None
    assert abs(found[0] - 7001) < 30
    view._zoom(0.01, 5000.0)
    assert 20 <= len(view._marks.drawn("hit")) <= 150, "in sight there is room for all"


def test_marks_and_words_go_together(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="2 marks have 1 tips"):
        timeline(qtbot).set_marks("note", [1, 2], ["one"])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_all_rows_fit_in_the_smallest_window(
    qtbot: QtBot, qapp: QApplication, theme: Theme
) -> None:
    view = timeline(qtbot, theme=theme)
    for kind in KINDS:
        view.set_marks(kind, range(100), ["x"] * 100)
    view.resize(600, view.minimumSizeHint().height())
    qapp.processEvents()
    assert view.labels_fit()
    assert view.minimumSizeHint().height() <= 300
