"""A folder with a checkpoint that can be run, and no training by mistake."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.runnable_checkpoint import write_runnable


@pytest.fixture(scope="package")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that can be run."""
    return write_runnable(tmp_path_factory.mktemp("original") / "good")


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input that gets as far as training would take the rest of the day."""

    def began(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("the training began")

    monkeypatch.setattr("core.pretraining.train.run_stage", began)


@pytest.fixture
def place(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; `good` in it is a checkpoint, data sets go to `minari`."""
    shutil.copytree(original, tmp_path / "good")
    (tmp_path / "minari").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path
