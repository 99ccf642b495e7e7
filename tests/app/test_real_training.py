"""A real training from the window: stopped, taken up again, finished, listed and opened."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.bridge import training_process
from app.state.target import PROJECT_ROOT
from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.checkpoints.training import training_folder
from tests.app import data_windows
from tests.app.data_windows import LEFT, DataWindow, data_folders
from tests.app.window_fixtures import Windows
from tests.minari_sets import HOPPER, write_hopper

NAME = "my-hopper-medium-replay"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_data_set_becomes_a_checkpoint_by_hand(
    windows: Windows, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_windows, "WAIT", 600_000)
    draw = np.random.default_rng(0)
    episodes = [draw.normal(size=40).tolist() for _ in range(12)]
    write_hopper(tmp_path / "minari", monkeypatch, rewards=episodes)
    with data_folders(monkeypatch, tmp_path, faked=False) as checkpoints:
        main = (sys.executable, str(PROJECT_ROOT / "main.py"))
        assert main == training_process.PROGRAM
        page = DataWindow(windows, qtbot)
        dialog = page.open_dialog()
        assert dialog.fields["beta_actor"].placeholderText().startswith("0.05")
        dialog.fields["updates"].setText("400")
        dialog.accept()
        page.until(lambda: page.page.trainings.training is not None)
        page.until_state("running")
        page.press("stop")
        page.until_state("stopped")
        assert training_folder(checkpoints / NAME).is_dir()
        page.press("resume")
        page.until_state("finished")
        assert not training_folder(checkpoints / NAME).exists()
        manifest = read_manifest(find_checkpoint(NAME))
        assert manifest.dataset is not None
        assert (manifest.dataset.id, manifest.dataset.episodes) == (HOPPER, 12)
        assert manifest.hyperparameters["rebrac"]["beta_actor"] == 0.05
        assert "rebrac.return_mean" in manifest.curves
        QTest.mouseClick(page.page.trainings.buttons["open"], LEFT)
        page.until(lambda: page.application.source.engine_state == "starting")
        page.application.source.end_live_run()
