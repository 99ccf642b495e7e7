"""A checkpoint of a task that is nowhere in the code, made by the command line, small."""

from __future__ import annotations

from pathlib import Path

from tests.core.command_line.fake_window import command_line
from tests.quick_training import small_stages

ENVIRONMENT, DATA = "InvertedPendulum-v5", "own/pendulum/random-v0"


def train_pendulum(folder: Path) -> Path:
    """Collect into `folder`, train there for two updates a stage; returns the checkpoint."""
    output = folder / "pendulum"
    with small_stages() as patch:
        patch.setenv("MINARI_DATASETS_PATH", str(folder / "minari"))
        collect = ("collect", ENVIRONMENT, "--policy", "random", "--steps", 200)
        assert command_line(*collect, "--dataset", DATA) == 0
        train = ("train", "dataset", "--dataset", DATA, "--updates", 2)
        assert command_line(*train, "--output", output) == 0
    return output
