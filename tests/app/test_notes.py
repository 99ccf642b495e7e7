"""Notes in the window: written at the cursor, listed, marked, changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.notes import where
from app.panels.notes_panel import NONE_YET, first_line
from app.state.cursor import Address
from core.traces.notes import notes_path, read_notes
from tests.app.noting import CTRL, LEFT, WAIT, Key, marks, notes_of, texts, write
from tests.app.window_fixtures import Windows, open_focused
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return make_run(folder / "recorded.trace", 12, episodes=2)


@pytest.fixture
def application(windows: Windows, trace: Path, qtbot: QtBot) -> Application:
    """A window with keyboard focus on a trace of two episodes, at t = 3, k = 1 of the first."""
    application = open_focused(windows, qtbot, trace)
    application.driver.go_to(Address(episode=0, t=3, k=1))
    return application


def test_n_pins_a_note_to_the_cursor_and_it_stands_in_the_file(
    application: Application, trace: Path, qtbot: QtBot
) -> None:
    write(qtbot, application, "npe here the gradient turns")
    assert texts(application) == {(0, 0, 3, 1): "npe here the gradient turns"}
    assert [n.text for n in read_notes(notes_path(trace))] == ["npe here the gradient turns"]
    assert marks(application) == [3]
    assert not application.playback.playing, "typed letters are text"
    assert application.cursor.address == Address(episode=0, t=3, k=1)


def test_enter_is_a_line_break_and_the_list_shows_the_first_line(
    application: Application, qtbot: QtBot
) -> None:
    notes = notes_of(application)
    notes.write_here()
    QTest.keyClicks(notes.panel.editor.text, "first")
    QTest.keyClick(notes.panel.editor.text, Key.Key_Return)
    QTest.keyClicks(notes.panel.editor.text, "second")
    QTest.mouseClick(notes.panel.editor.keep_button, LEFT)
    qtbot.waitUntil(lambda: bool(texts(application)), timeout=WAIT)
    assert texts(application) == {(0, 0, 3, 1): "first\nsecond"}
    assert [row[-1] for row in notes.panel.table.rows] == ["first"]


def test_escape_drops_what_was_written(application: Application, qtbot: QtBot) -> None:
    notes = notes_of(application)
    QTest.mouseClick(notes.panel.buttons["write"], LEFT)
    notes.write_here()
    QTest.keyClicks(notes.panel.editor.text, "nothing")
    QTest.keyClick(notes.panel.editor.text, Key.Key_Escape)
    assert notes.panel.editor.isHidden()
    assert texts(application) == {}
    assert notes.panel._words.text() == NONE_YET


def test_n_where_a_note_is_edits_it_and_an_empty_text_removes_it(
    application: Application, trace: Path, qtbot: QtBot
) -> None:
    write(qtbot, application, "one")
    notes = notes_of(application)
    notes.write_here()
    assert notes.panel.editor.text.toPlainText() == "one"
    QTest.keyClicks(notes.panel.editor.text, "two")
    QTest.keyClick(notes.panel.editor.text, Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: texts(application) == {(0, 0, 3, 1): "two"}, timeout=WAIT)
    notes.write_here()
    notes.panel.editor.text.clear()
    notes.panel.editor.keep()
    qtbot.waitUntil(lambda: texts(application) == {}, timeout=WAIT)
    assert read_notes(notes_path(trace)) == ()
    assert marks(application) == []


def test_a_click_on_a_note_goes_there_also_into_another_episode(
    application: Application, qtbot: QtBot
) -> None:
    write(qtbot, application, "here")
    application.driver.go_to(Address(episode=1, t=9, k=0))
    write(qtbot, application, "there")
    table = notes_of(application).panel.table
    assert list(table.rows) == [("0", "3", "1", "here"), ("1", "9", "0", "there")]
    assert marks(application) == [9], "of the shown episode"
    viewport, model = table.viewport(), table.model()
    assert viewport is not None
    assert model is not None
    QTest.mouseClick(viewport, LEFT, pos=table.visualRect(model.index(0, 1)).center())
    assert application.cursor.address == Address(episode=0, t=3, k=1)
    assert marks(application) == [3]
    QTest.keyClick(table, Key.Key_Down)
    assert application.cursor.address == Address(episode=1, t=9, k=0)


def test_delete_removes_a_note_and_the_bar_can_put_it_back(
    application: Application, trace: Path, qtbot: QtBot
) -> None:
    write(qtbot, application, "one")
    panel = notes_of(application).panel
    panel.table.setFocus()
    assert panel.table.current_row == 0
    QTest.keyClick(panel.table, Key.Key_Delete)
    qtbot.waitUntil(lambda: texts(application) == {}, timeout=WAIT)
    bar = application.window.message_bar
    assert "t = 3, k = 1" in bar.text
    QTest.mouseClick(bar.remedy, LEFT)
    qtbot.waitUntil(lambda: texts(application) == {(0, 0, 3, 1): "one"}, timeout=WAIT)


def test_edit_by_button_menu_double_click_and_key(
    application: Application, qtbot: QtBot
) -> None:
    write(qtbot, application, "one")
    panel = notes_of(application).panel
    viewport, model = panel.table.viewport(), panel.table.model()
    assert viewport is not None
    assert model is not None
    place = panel.table.visualRect(model.index(0, 2)).center()

    def by_menu() -> None:
        panel.context_menu().actions()[0].trigger()

    def by_double_click() -> None:
        QTest.mouseClick(viewport, LEFT, pos=place)
        QTest.mouseDClick(viewport, LEFT, pos=place)

    for act in (
        lambda: QTest.mouseClick(panel.buttons["edit"], LEFT),
        by_menu,
        by_double_click,
        lambda: QTest.keyClick(panel.table, Key.Key_F2),
    ):
        act()
        assert panel.editor.at == (0, 0, 3, 1)
        panel.editor.drop()


def test_a_note_that_is_not_kept_is_not_lost_to_another_one(
    application: Application, qtbot: QtBot
) -> None:
    notes = notes_of(application)
    notes.write_here()
    QTest.keyClicks(notes.panel.editor.text, "precious")
    application.driver.go_to(Address(episode=0, t=5))
    QTest.mouseClick(notes.panel.buttons["write"], LEFT)
    notes.write_here()
    assert notes.panel.editor.at == (0, 0, 3, 1)
    assert notes.panel.editor.text.toPlainText() == "precious"
    assert "keep or drop it first" in notes.panel.editor.fault


def test_a_text_that_is_too_long_is_refused_under_the_editor(
    application: Application,
) -> None:
    notes = notes_of(application)
    notes.write_here()
    notes.panel.editor.text.setPlainText("x" * 4001)
    assert notes.panel.editor.fault == "the note has 4,001 characters: write at most 4,000"
    assert not notes.panel.editor.keep_button.isEnabled()
    notes.panel.editor.text.setPlainText("x" * 4000)
    assert not notes.panel.editor.fault


def test_an_address_is_told_with_as_much_as_it_needs() -> None:
    assert where((0, 0, 64, 1)) == "t = 64, k = 1"
    assert where((2, 1, 64, 1)) == "branch 2, episode 1, t = 64, k = 1"
    assert first_line("x" * 500 + "\ny") == "x" * 200 + " ..."


def test_nothing_of_a_note_is_taken_for_markup(application: Application, qtbot: QtBot) -> None:
    write(qtbot, application, "<img src=/etc/passwd>")
    table = notes_of(application).panel.table
    model = table.model()
    assert model is not None
    tip = model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img" in tip
    assert "&lt;img" in application.views.timeline._marks._marks["note"].tips[0]
