"""What the tests share: a checkpoint of small random networks, and its trace."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.core.command_line.fake_window import SMALL, command_line
from tests.runnable_checkpoint import write_runnable


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint named tiny; seeds 1 and 2 chose its delta."""
    return write_runnable(tmp_path_factory.mktemp("written") / "tiny")


@pytest.fixture(autouse=True)
def checkpoint(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that has a name."""
    monkeypatch.setenv("PSISCOPE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return Path(shutil.copytree(written, tmp_path / "checkpoints" / "tiny"))


@pytest.fixture
def printed_json(capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    return lambda: json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def recorded(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 environment steps, more than one episode long."""
    path = tmp_path_factory.mktemp("recorded") / "t.trace"
    assert command_line("run", written, "--steps", 30, "--trace", path, *SMALL) == 0
    return path


@pytest.fixture
def trace(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of it."""
    capsys.readouterr()
    return Path(shutil.copy(recorded, tmp_path / "t.trace"))
