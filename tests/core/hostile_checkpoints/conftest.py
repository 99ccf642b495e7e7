"""A good checkpoint, and a copy of it to be spoilt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.checkpoint_files import write_small


@pytest.fixture(scope="package")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good checkpoint."""
    return write_small(tmp_path_factory.mktemp("original") / "small")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of the good checkpoint, to be spoilt."""
    return Path(shutil.copytree(original, tmp_path / "small"))
