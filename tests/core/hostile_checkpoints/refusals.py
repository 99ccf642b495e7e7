"""How a checkpoint is refused: in one line, with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.checkpoints.store import read_checkpoint
from core.errors import CheckpointError


def refusal(folder: Path) -> str:
    """The one line of the refusal."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.remedy
    return line
