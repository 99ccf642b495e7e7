"""A pretrained policy whose action is not finite: there is nothing to fall back to."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
import pytest
import torch

from core.adaptation.controllers import make_controller
from core.checkpoints.checkpoint import load
from core.checkpoints.store import read_checkpoint, write_checkpoint
from core.errors import InputError
from core.session.session import Session
from core.settings import Settings
from tests.core.command_line.fake_window import command_line
from tests.runnable_checkpoint import write_runnable

LINE = "the pretrained policy gives an action that is not finite: train or import it again"


@pytest.fixture
def overflowing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Finite weights, whose sums are not."""
    monkeypatch.chdir(tmp_path)
    stored = read_checkpoint(write_runnable(tmp_path / "good"))
    policy = stored.tensors["policy"]
    policy["normalizer.mean"].fill_(-3e38)
    policy["network.0.weight"].fill_(3e38)
    policy["network.2.weight"][:, ::2], policy["network.2.weight"][:, 1::2] = 1.0, -1.0
    write_checkpoint(tmp_path / "good", stored.manifest, stored.tensors)
    return tmp_path / "good"


def test_it_is_refused_before_the_simulator_gets_it(
    overflowing: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not load(overflowing).policy(torch.zeros(1, 11)).isfinite().any()
    for command in (("run", "--steps", 2), ("evaluate", "--episodes", 1)):
        assert command_line(command[0], overflowing, *command[1:]) == 2
        assert capfd.readouterr().err == f"psiscope {command[0]}: {LINE}\n"
    assert [entry.name for entry in Path.cwd().iterdir()] == ["good"]


@pytest.mark.parametrize("controller", ["frozen", "critic-only", "adaptive"])
def test_no_session_and_no_controller_goes_on(overflowing: Path, controller: str) -> None:
    checkpoint, settings = load(overflowing), Settings(controller=controller, delta=0.05)
    session = Session(checkpoint, settings, seed=0)
    records = iter(session.advance, None)
    with pytest.raises(InputError, match="not finite"):
        deque(records, maxlen=0)
    with pytest.raises(InputError, match="not finite"):
        make_controller(checkpoint, settings).act(np.zeros(11), 0)
