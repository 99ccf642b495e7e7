"""Notes are kept: over a restart, beside other windows, on a live run; or refused in a line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.notes import address_of
from app.state.cursor import Address
from core.traces.archive import TraceReader
from core.traces.notes import notes_path, read_notes, recorded_notes
from tests.app.noting import CTRL, WAIT, Key, marks, notes_of, texts, write
from tests.app.window_fixtures import Windows, open_focused
from tests.records import make_run

NOBODY = 65534


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
