"""Notes in the window: written at the cursor, listed, marked, changed, kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.moment_tools import MomentTools
from app.notes import Notes, address_of, where
from app.panels.notes_panel import NONE_YET, first_line
from app.state.cursor import Address
from core.traces.archive import TraceReader
from core.traces.notes import notes_path, read_notes, recorded_notes
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
NOBODY = 65534


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return make_run(folder / "recorded.trace", 12, episodes=2)


@pytest.fixture
def application(windows: Windows, trace: Path, qtbot: QtBot) -> Application:
    """A window with keyboard focus on a trace of two episodes, at t = 3, k = 1 of the first."""
    application = windows.open(trace=trace)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    application.driver.go_to(Address(episode=0, t=3, k=1))
    return application


def notes_of(application: Application) -> Notes:
    return feature(application, MomentTools).notes


def texts(application: Application) -> dict[tuple[int, ...], str]:
    return {note.at: note.text for note in notes_of(application).panel.notes}


def marks(application: Application) -> list[int]:
    rows = application.views.timeline._marks._marks
    return [int(t) for t in rows["note"].t] if "note" in rows else []


def shown_t(application: Application) -> int:
    return -1 if application.moment is None else application.moment.t


def write(qtbot: QtBot, application: Application, text: str) -> None:
    """N, the text, Ctrl+Enter; wait until the editor is closed."""
    application.window.setFocus()
    QTest.keyClick(application.window, Key.Key_N)
    editor = notes_of(application).panel.editor
    qtbot.waitUntil(editor.text.hasFocus)
    QTest.keyClicks(editor.text, text)
    QTest.keyClick(editor.text, Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: editor.at is None, timeout=WAIT)


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


def test_what_is_being_written_when_the_window_closes_is_kept(
    application: Application, trace: Path
) -> None:
    notes = notes_of(application)
    notes.write_here()
    QTest.keyClicks(notes.panel.editor.text, "almost lost")
    application.window.close()
    assert [n.text for n in read_notes(notes_path(trace))] == ["almost lost"]


def test_notes_survive_a_restart(
    application: Application, windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    write(qtbot, application, "remember")
    application.window.close()
    again = windows.open(trace=trace)
    qtbot.waitUntil(lambda: texts(again) == {(0, 0, 3, 1): "remember"}, timeout=WAIT)


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


@pytest.fixture
def closed_folder(trace: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder nobody may write to; root ignores modes, so somebody else for a while."""
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    trace.chmod(0o444)
    trace.parent.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    yield trace.parent
    if was_root:
        os.seteuid(0)
    trace.parent.chmod(0o755)


def test_where_the_folder_cannot_be_written_one_line_says_so_and_the_text_stays(
    application: Application, closed_folder: Path, qtbot: QtBot
) -> None:
    notes = notes_of(application)
    notes.write_here()
    QTest.keyClicks(notes.panel.editor.text, "nowhere to go")
    QTest.keyClick(notes.panel.editor.text, Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: bool(notes.panel.editor.fault), timeout=WAIT)
    assert notes.panel.editor.fault.endswith(
        "permission is denied: copy the trace to a folder that you may write to"
    )
    assert notes.panel.editor.text.toPlainText() == "nowhere to go"
    assert texts(application) == {}
    notes.panel.editor.drop()


def test_a_foreign_notes_file_is_told_of_and_never_overwritten(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    notes_path(trace).write_text('{"format": 99, "notes": []}')
    application = windows.open(trace=trace)
    panel = notes_of(application).panel
    qtbot.waitUntil(lambda: "format 99" in panel._status.text(), timeout=WAIT)
    notes_of(application).keep((0, 0, 1, 0), "mine")
    qtbot.waitUntil(lambda: notes_of(application)._store._unwritten == {}, timeout=WAIT)
    assert notes_path(trace).read_text() == '{"format": 99, "notes": []}'
    assert texts(application) == {}


def test_two_windows_on_one_trace_lose_no_note_of_each_other(
    windows: Windows, trace: Path, qtbot: QtBot
) -> None:
    first, second = windows.open(trace=trace), windows.open(trace=trace)
    for t, window in ((1, first), (2, second), (3, first)):
        notes_of(window).keep((0, 0, t, 0), f"note {t}")
        qtbot.waitUntil(lambda w=window, t=t: (0, 0, t, 0) in texts(w), timeout=WAIT)  # type: ignore[misc]
    assert [n.text for n in read_notes(notes_path(trace))] == ["note 1", "note 2", "note 3"]


def test_while_the_engine_lives_a_note_is_a_record_of_the_trace(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True)
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    application.driver.go_to(Address(episode=0, t=0, k=0))
    notes = notes_of(application)
    notes.keep((0, 0, 0, 0), "as it runs")
    qtbot.waitUntil(lambda: texts(application) == {(0, 0, 0, 0): "as it runs"}, timeout=WAIT)
    notes.keep((0, 0, 0, 0), "changed")
    qtbot.waitUntil(lambda: texts(application) == {(0, 0, 0, 0): "changed"}, timeout=WAIT)
    run = application.follower.run
    assert run is not None
    assert not notes_path(run.path).exists()
    application.window.close()
    with TraceReader(run.path) as reader:
        assert [n.text for n in recorded_notes(reader)] == ["as it runs", "changed"]
    replay = windows.open(trace=run.path)
    qtbot.waitUntil(lambda: texts(replay) == {(0, 0, 0, 0): "changed"}, timeout=WAIT)
    notes_of(replay).delete(0)
    qtbot.waitUntil(lambda: texts(replay) == {}, timeout=WAIT)
    assert [n.text for n in read_notes(notes_path(run.path))] == [""], "it hides the record"


def test_a_note_on_what_a_branch_inherits_is_the_parents(
    windows: Windows, qtbot: QtBot
) -> None:
    application = windows.open(live=True, engine="--pause 0.01")
    qtbot.waitUntil(lambda: application.source.shows_live_run, timeout=WAIT)
    live = application.source.live_run
    assert live is not None
    qtbot.waitUntil(
        lambda: application.moment is not None and application.moment.t > 5, timeout=WAIT
    )
    live.engine.send("fork", at=(0, 0, 4, 1))
    run = application.follower.run
    assert run is not None
    qtbot.waitUntil(lambda: len(run.branches()) == 2, timeout=WAIT)
    application.driver.go_to(Address(branch=1, episode=0, t=2, k=0))
    assert application.moment is not None
    assert address_of(application.moment) == (0, 0, 2, 0)
    notes = notes_of(application)
    notes.keep((0, 0, 2, 0), "shared")
    notes.keep((0, 0, 5, 0), "only the parent's")
    qtbot.waitUntil(lambda: len(texts(application)) == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: marks(application) == [2], timeout=WAIT)
    notes._go_to(0)
    assert application.cursor.address == Address(branch=1, episode=0, t=2, k=0)
    notes._go_to(1)
    assert application.cursor.address == Address(branch=0, episode=0, t=5, k=0)
    qtbot.waitUntil(lambda: marks(application) == [2, 5], timeout=WAIT)


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
