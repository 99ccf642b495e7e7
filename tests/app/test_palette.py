"""The palette finds every command by a few letters, and gives it by keys or mouse."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMainWindow, QSpinBox
from pytestqt.qtbot import QtBot

from app.commands.entries import ENTRIES
from app.commands.matching import score
from app.commands.registry import CommandRegistry, find_entry
from app.features.finding_commands import FindingCommands
from app.overlays.palette import Palette
from tests.app.layout_check import clipped_texts
from tests.app.window_fixtures import Windows, feature
from tests.records import make_run

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
OFF = "fork"
"""A command that does not work here."""


class Bench:
    """A window with a spin box that has focus, a palette, and a count of commands."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.window.resize(1280, 720)
        self.spin_box = QSpinBox()
        self.window.setCentralWidget(self.spin_box)
        self.registry = CommandRegistry(self.window)
        self.palette = Palette(self.window, self.registry)
        self.given: Counter[str] = Counter()
        for entry in ENTRIES:
            if entry.name not in {OFF, "palette"}:
                self.registry.connect(
                    entry.name, lambda name=entry.name: self.given.update([name])
                )
        self.registry.connect("palette", self.palette.open)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """On whatever has focus."""
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, key, modifier or Qt.KeyboardModifier.NoModifier)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.palette.field, text)

    def rows(self) -> list[str]:
        listed = self.palette.list
        return [listed.item(row).text() for row in range(listed.count())]


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    bench = Bench()
    qtbot.addWidget(bench.window)
    bench.window.show()
    bench.window.activateWindow()
    qtbot.waitUntil(bench.window.isActiveWindow)
    bench.spin_box.setFocus()
    bench.press(Key.Key_K, CONTROL)
    assert bench.palette.isVisible()
    return bench


def test_it_opens_with_every_command_and_the_field_has_focus(bench: Bench) -> None:
    assert len(bench.rows()) == len(ENTRIES)
    assert bench.palette.field.hasFocus()


def test_typed_words_narrow_the_list_and_enter_gives_the_command(bench: Bench) -> None:
    bench.type("step ov")
    assert bench.rows()[0] == "Step over"
    bench.press(Key.Key_Return)
    assert bench.given == {"step_over": 1}
    assert not bench.palette.isVisible()
    assert bench.spin_box.hasFocus(), "focus is back where it was"


def test_arrows_go_round_the_list(bench: Bench) -> None:
    bench.type("workspace")
    rows = bench.rows()
    bench.press(Key.Key_Up)
    assert bench.palette.list.currentItem().text() == rows[-1]
    bench.press(Key.Key_Down)
    bench.press(Key.Key_Down)
    assert bench.palette.list.currentItem().text() == rows[1]
    bench.press(Key.Key_PageDown)
    assert bench.palette.list.currentItem().text() == rows[-1]
    bench.press(Key.Key_PageUp)
    bench.press(Key.Key_Enter)
    assert bench.given == {"workspace_debug": 1}


@pytest.mark.parametrize(("key", "modifier"), [(Key.Key_Escape, None), (Key.Key_K, CONTROL)])
def test_escape_and_its_own_key_close_it_and_give_nothing(
    bench: Bench, key: Qt.Key, modifier: Qt.KeyboardModifier | None
) -> None:
    bench.press(key, modifier)
    assert not bench.palette.isVisible()
    assert bench.spin_box.hasFocus()
    assert not bench.given


def test_no_key_reaches_the_window_below(bench: Bench) -> None:
    for key, modifier in (
        (Key.Key_F5, None),
        (Key.Key_Space, None),
        (Key.Key_Z, CONTROL),
        (Key.Key_Tab, None),
        (Key.Key_F10, None),
    ):
        bench.press(key, modifier)
        assert bench.palette.field.hasFocus()
    assert not bench.given


def test_a_click_gives_the_command_and_a_click_beside_closes(
    bench: Bench, qtbot: QtBot
) -> None:
    bench.type("next hit")
    listed = bench.palette.list
    middle = listed.visualItemRect(listed.item(0)).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert bench.given == {"next_hit": 1}
    bench.press(Key.Key_K, CONTROL)
    qtbot.mouseClick(bench.palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not bench.palette.isVisible()


def test_a_command_that_does_not_work_says_when_and_stays(bench: Bench) -> None:
    bench.type("fork")
    assert f"Works {find_entry(OFF).when}" in bench.palette.tip.text()
    bench.press(Key.Key_Return)
    assert bench.palette.isVisible()
    assert not bench.given


def test_what_fits_nothing_is_said(bench: Bench) -> None:
    bench.type("zzz")
    assert bench.rows() == []
    assert bench.palette.tip.text() == "No command fits “zzz”"
    bench.press(Key.Key_Down)
    bench.press(Key.Key_Return)
    assert bench.palette.isVisible()


def test_it_stays_in_the_middle_of_a_window_that_is_resized(bench: Bench) -> None:
    bench.window.resize(700, 400)
    QApplication.processEvents()
    card = bench.palette.card.geometry()
    assert bench.palette.rect() == bench.window.rect()
    assert bench.palette.rect().contains(card)
    assert abs(card.center().x() - 350) <= 1


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("step into", "Step into"),
        ("F11", "Step into"),
        ("alt+f10", "Back one environment step"),
        ("brk", "Breakpoint at this t"),
        ("repro", "Write a repro"),
        ("note", "Note"),
        ("REJ", "Reject the update"),
    ],
)
def test_the_best_match_comes_first(bench: Bench, query: str, best: str) -> None:
    bench.type(query)
    assert bench.rows()[0] == best


def test_the_start_of_a_word_beats_its_middle_which_beats_loose_letters() -> None:
    points = [
        score("over", "Step over", "Run", ()),
        score("tep", "Step over", "Run", ()),
        score("run", "Step over", "Run", ()),
        score("sor", "Step over", "Run", ()),
    ]
    assert points == sorted(points, reverse=True)  # type: ignore[type-var]
    assert len(set(points)) == 4
    assert score("over zzz", "Step over", "Run", ()) is None
    assert score("", "Step over", "Run", ()) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_palette_page_and_dialog_cut_nothing(
    windows: Windows, tmp_path: Path, size: tuple[int, int], theme: str
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 3), size=size, theme=theme)
    found = feature(application, FindingCommands)
    for overlay in (found.palette, found.keys_page):
        overlay.open()
        QApplication.processEvents()
        assert clipped_texts(application.window) == []
        assert overlay.rect().contains(overlay.card.geometry())
        assert overlay.card.minimumSizeHint().height() <= overlay.card.height()
        overlay.shut()
    application.window.commands.actions["change_shortcuts"].trigger()
    assert found.keys_dialog is not None
    QApplication.processEvents()
    cut = clipped_texts(found.keys_dialog)
    assert [line for line in cut if "lies partly outside" not in line] == [], "but by scrolling"
    found.keys_dialog.close()
    assert found.keys_dialog is None
