"""Trainings from the window: begun, stopped, taken up again, killed, finished, left alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.bridge import training_process
from core.checkpoints.training import read_progress, training_folder
from tests.app.data_windows import LEFT, DataWindow, data_folders
from tests.app.window_fixtures import Windows

NAME = "my-hopper-medium-replay"


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with data_folders(monkeypatch, tmp_path) as folder:
        yield folder


@pytest.fixture
def page(windows: Windows, qtbot: QtBot, checkpoints: Path) -> DataWindow:
    return DataWindow(windows, qtbot)


def begin(page: DataWindow) -> int:
    """Train until there is something to see; the process id."""
    page.train()
    page.until_state("running")
    page.until(lambda: page.training().share > 0)
    progress = page.training().progress
    assert progress is not None
    return progress.process


def test_a_training_is_begun_stopped_taken_up_again_and_opened(
    page: DataWindow, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(page)
    panel = page.page.trainings
    assert panel.table.rows[0][:3] == (NAME, "psiscope/hopper/medium-replay-v0", "running")
    assert panel.words.startswith("ReBRAC (stage 1 of 1), update ")
    assert " a second, about " in panel.words
    assert [plot._note.text() for plot in panel.plots] == ["", "", ""], "curves are shown"
    page.press("stop")
    assert page.training().state == "stopping"
    assert panel.words.startswith("Stopping after this update")
    page.until_state("stopped")
    stopped = read_progress(training_folder(checkpoints / NAME)).stages[0].number
    assert f"update {stopped:,} of 100,000. Resume goes on" in panel.words
    page.press("resume")
    page.until_state("finished")
    assert page.bar == f"The checkpoint {NAME} is trained."
    # The checkpoint is there before its training has cleared up behind itself.
    page.until(lambda: not training_folder(checkpoints / NAME).exists())
    assert not training_process.log_of(checkpoints / NAME).exists()
    opened: list[Path] = []
    monkeypatch.setattr(page.application.source, "run_checkpoint", opened.append)
    page.press("open")
    assert opened == [checkpoints / NAME]
    assert page.application.window.workspace == "debug"


def test_a_killed_training_is_noticed_and_can_be_taken_up_again(page: DataWindow) -> None:
    process = begin(page)
    os.kill(process, signal.SIGKILL)
    page.until_state("killed")
    assert page.bar == f"The training of {NAME} ended: its process was ended from outside"
    assert "ended from outside" in page.page.trainings.words
    assert page.page.trainings.buttons["resume"].isEnabled()


def test_one_that_refuses_says_why_and_leaves_nothing(
    page: DataWindow, checkpoints: Path
) -> None:
    page.train(seed=1)
    page.until_state("failed")
    assert page.bar.endswith("the data set is broken: copy it again")
    assert "the data set is broken" in page.page.trainings.words
    assert not page.page.trainings.buttons["resume"].isEnabled()
    page.press("discard")
    QTest.mouseClick(page.application.window.message_bar.remedy, LEFT)
    page.until(lambda: page.page.trainings.training is None)
    assert list(checkpoints.iterdir()) == []


def test_it_outlives_its_window_and_the_next_one_lists_it(
    page: DataWindow, windows: Windows, qtbot: QtBot
) -> None:
    process = begin(page)
    page.application.window.close()
    assert training_process.exists(process)
    (folder,) = page.data.watch.folder.glob("*.training")
    log = training_process.log_of(folder.with_suffix(""))
    old = log.with_name(".old.log")
    old.touch()
    (old.with_name("old")).mkdir()
    (old.with_name("old") / "checkpoint.json").touch()
    second = DataWindow(windows, qtbot)
    second.until_state("running")
    second.press("stop")
    second.until_state("stopped")
    # It has stopped once its lock is free, and ends a little later.
    second.until(lambda: not training_process.exists(process))
    assert (log.exists(), old.exists()) == (True, False)


def test_what_is_unfinished_is_thrown_away_only_after_a_second_click(
    page: DataWindow, checkpoints: Path
) -> None:
    begin(page)
    assert not page.page.trainings.buttons["discard"].isEnabled()
    page.press("stop")
    page.until_state("stopped")
    page.press("discard")
    assert page.bar == f"Throw away what {NAME} has learnt so far?"
    assert training_folder(checkpoints / NAME).exists()
    QTest.mouseClick(page.application.window.message_bar.remedy, LEFT)
    page.until(lambda: page.page.trainings.training is None)
    assert list(checkpoints.iterdir()) == []


def test_its_end_is_told_in_any_workspace(page: DataWindow) -> None:
    page.train(seed=2)
    page.application.window.commands.actions["workspace_minimal"].trigger()
    page.until(lambda: page.bar == f"The checkpoint {NAME} is trained.")
    page.until(lambda: not page.data.watch._timer.isActive())


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity here")
def test_it_keeps_off_the_engines_core_and_goes_behind_everything(
    windows: Windows, qtbot: QtBot, checkpoints: Path
) -> None:
    cores = os.sched_getaffinity(0)
    if len(cores) < 2:
        pytest.skip("one core")
    page = DataWindow(windows, qtbot, live=True)
    page.until(lambda: page.application.source.engine_process is not None)
    process = begin(page)
    page.until(lambda: os.sched_getaffinity(process) == cores - {max(cores)})
    assert os.getpriority(os.PRIO_PROCESS, process) > os.getpriority(os.PRIO_PROCESS, 0)
    page.application.source.end_live_run()
    page.application.source.changed.emit()
    assert os.sched_getaffinity(process) == cores
