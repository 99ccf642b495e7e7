"""A change of theme in a visible window: in several turns, what can be seen first."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from app.restyling import Job, Restyling
from app.theme import DARK, LIGHT, dress


def test_visible_widgets_come_first_and_later_jobs_replace_those_that_wait(
    qtbot: QtBot,
) -> None:
    seen, hidden = QWidget(), QWidget()
    for widget in (seen, hidden):
        qtbot.addWidget(widget)
    seen.show()
    done: list[str] = []
    restyling = Restyling()
    restyling.start([Job(hidden, lambda: done.append("old"))])
    restyling.start(
        [Job(hidden, lambda: done.append("hidden")), Job(seen, lambda: done.append("seen"))]
    )
    assert not restyling.settled
    assert done == []
    qtbot.waitUntil(lambda: restyling.settled)
    assert done == ["seen", "hidden"]


def test_a_widget_that_is_gone_is_left_out_and_stopping_leaves_the_rest(qtbot: QtBot) -> None:
    gone, kept = QWidget(), QWidget()
    qtbot.addWidget(kept)
    done: list[str] = []
    restyling = Restyling()
    restyling.start(
        [Job(gone, lambda: done.append("gone")), Job(kept, lambda: done.append("k"))]
    )
    sip.delete(gone)
    qtbot.waitUntil(lambda: restyling.settled)
    assert done == ["k"]
    restyling.start([Job(kept, lambda: done.append("never"))])
    restyling.stop()
    assert restyling.settled


def test_a_table_has_the_colours_of_the_theme_it_got_last(qtbot: QtBot) -> None:
    table = QTableView()
    qtbot.addWidget(table)
    for theme in (LIGHT, DARK):
        dress(table, theme)
    assert DARK.border in table.styleSheet()
    assert LIGHT.border not in table.styleSheet()
