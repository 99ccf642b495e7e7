"""The workspace of data: listed, chosen by keys and mouse; hostile names stay text."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bridge import json_process
from app.bridge.json_process import JsonProcess
from app.panels.datasets_panel import NONE
from app.state.datasets import parse_dataset, parse_listing, recipe_words, size_text
from core.errors import CheckpointError
from tests.app.data_windows import (
    BOLD,
    HOPPER,
    LEFT,
    LISTING,
    DataWindow,
    data_folders,
    listed,
    looked_at,
)
from tests.app.layout_check import clipped_texts
from tests.app.window_fixtures import Windows
from tests.minari_sets import write_hopper

WAIT = 60_000


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with data_folders(monkeypatch, tmp_path) as folder:
        yield folder


@pytest.fixture
def page(windows: Windows, qtbot: QtBot, checkpoints: Path) -> DataWindow:
    page = DataWindow(windows, qtbot)
    page.until(lambda: bool(page.page.datasets.dataset and page.page.datasets.dataset.returns))
    return page


def test_data_sets_are_listed_and_the_first_good_one_is_looked_at(page: DataWindow) -> None:
    panel = page.page.datasets
    assert [tuple(row) for row in panel.table.rows] == [
        (BOLD, "broken", "", "", ""),
        (HOPPER, "hopper", "2,691", "300,771", "71.0 MiB"),
        ("other/swimmer-v0", "Swimmer-v5", "2,691", "300,771", "71.0 MiB"),
    ]
    assert panel.table.current_row == 1
    assert panel.facts == (
        "Hopper-v5 · mean return 332.1 · best 3,410.5 · collected by a recipe"
    )
    histogram = panel.histogram
    assert histogram is not None
    assert (histogram._mean.value(), histogram._best.value()) == (332.1, 3410.5)
    assert list(histogram._bars.opts["height"]) == [8, 1]
    assert "<" not in histogram.toolTip()


def test_a_row_is_chosen_by_mouse_and_by_the_arrow_keys(page: DataWindow) -> None:
    panel = page.page.datasets
    model, viewport = panel.table.model(), panel.table.viewport()
    assert model is not None
    place = panel.table.visualRect(model.index(0, 0)).center()
    QTest.mouseClick(viewport, LEFT, pos=place)
    assert panel.facts.startswith("Broken: it has no metadata.json. It cannot be used")
    assert not panel.train.isEnabled()
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    assert panel.dataset is not None
    assert panel.dataset.id == "other/swimmer-v0"
    assert panel.train.isEnabled()
    assert page.application.playback.playing is False


def test_a_name_with_markup_is_shown_as_it_is(page: DataWindow) -> None:
    table = page.page.datasets.table
    model = table.model()
    assert model is not None
    index = model.index(0, 0)
    assert model.data(index, Qt.ItemDataRole.DisplayRole) == BOLD
    assert "&lt;b&gt;bold" in model.data(index, Qt.ItemDataRole.ToolTipRole)
    assert page.page.datasets._facts.textFormat() == Qt.TextFormat.PlainText


def test_what_cannot_be_read_after_all_is_said_and_not_trained_from(page: DataWindow) -> None:
    page.data.details.failed.emit("the data set is broken, its file is cut: copy it again")
    panel = page.page.datasets
    assert panel.facts == "The data set is broken, its file is cut: copy it again."
    assert not panel.train.isEnabled()


def test_looking_again_keeps_what_was_chosen_and_no_data_say_how_to_get_some(
    page: DataWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = page.page.datasets
    panel._choose(2)
    QTest.mouseClick(panel.refresh, LEFT)
    page.until(lambda: panel.table.current_row == 2)
    panel.show_datasets([])
    assert (panel.words, panel.dataset) == (NONE, None)
    assert not panel.train.isEnabled()
    page.data.listing.failed.emit("Python could not be started")
    assert panel.words == "Python could not be started"


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)], ids=["1280x720", "1600x1000"])
def test_no_text_is_cut_with_data_and_a_training_shown(
    windows: Windows, qtbot: QtBot, checkpoints: Path, size: tuple[int, int]
) -> None:
    page = DataWindow(windows, qtbot, size=size)
    page.train(seed=0)
    page.until(lambda: page.page.trainings.training is not None)
    page.until_state("running")
    page.press("stop")
    page.until_state("stopped")
    QApplication.processEvents()
    assert clipped_texts(page.application.window) == []
    plots = [page.page.datasets.histogram, *page.page.trainings.plots]
    assert all(plot is not None and plot.labels_fit() for plot in plots)


def test_the_titles_of_both_halves_stand_on_one_line(page: DataWindow) -> None:
    titles = [panel._title for panel in (page.page.datasets, page.page.trainings)]
    ours, theirs = (t.mapTo(page.application.window, t.rect().center()).y() for t in titles)
    assert abs(ours - theirs) <= 1


def test_answers_that_are_something_else_are_refused() -> None:
    assert parse_listing(json.dumps(LISTING).encode()).datasets[1].id == HOPPER
    assert parse_dataset(json.dumps(looked_at()).encode()).coefficients["cpu"] == (0.05, 0.5)
    for content in (b"", b"[]", b"{", json.dumps(listed(episodes="many")).encode()):
        with pytest.raises(CheckpointError):
            parse_dataset(content)


def test_a_recipe_says_who_acted_and_one_that_is_none_says_nothing() -> None:
    parts = [{"policy": name} for name in ("random", "a/sac-Hopper.zip", "a/sac-Hopper.zip")]
    assert recipe_words(json.dumps({"parts": parts})) == (
        "recipe of 3 parts: random, sac-Hopper"
    )
    many = [{"policy": str(n) * 99} for n in range(9)]
    assert recipe_words(json.dumps({"parts": many})).endswith(f"{'3' * 40} and 5 more")
    for nothing in ("", "{", "[]", '{"parts": 3}', '{"parts": [{}]}', "[" * 9999):
        assert recipe_words(nothing) == ""


def test_sizes_are_written_as_people_read_them() -> None:
    texts = [size_text(n) for n in (0, 1023, 2048, 3 * 2**20, 5 * 2**30)]
    assert texts == ["0 B", "1023 B", "2.0 KiB", "3.0 MiB", "5.0 GiB"]


def test_the_real_command_answers_from_a_process_of_its_own(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hopper(tmp_path, monkeypatch)
    process = JsonProcess()
    with qtbot.waitSignal(process.answered, timeout=WAIT) as answered:
        process.ask("datasets", "--json", "--quick")
        assert process.busy
    (dataset,) = parse_listing(answered.args[0]).datasets
    assert dataclasses.asdict(dataset)["episodes"] == 3
    with qtbot.waitSignal(process.failed, timeout=WAIT) as failed:
        process.ask("datasets", "nowhere/x-v0", "--json")
    assert failed.args[0].startswith("there is no local data set nowhere/x-v0")
    process.ask("datasets", "--json")
    process.close()
    assert not process.busy


def test_an_answer_that_is_too_long_is_no_answer_even_where_it_comes_with_the_end(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_process, "LARGEST", 10)
    process, told = JsonProcess(), []
    process.answered.connect(told.append)
    process.failed.connect(told.append)
    process.ask("datasets", "--help")
    assert process._process is not None
    process._process.readyReadStandardOutput.disconnect()
    qtbot.waitUntil(lambda: not process.busy, timeout=WAIT)
    assert told == ["the answer is larger than anybody needs"]
