"""The long trace of the benchmark: sound, branched, and never twice the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.checkpoints.checkpoint import load
from core.command_line import long_trace
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.verify import check_integrity

SMALL = Settings(horizon=2, particles=2, denoising_levels=2)


@pytest.fixture
def path(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(long_trace, "REAL_STEPS", 12)
    stretch = long_trace.record_stretch(load(str(checkpoint)), SMALL)
    assert len(stretch.by_t) == 12
    path = tmp_path / "long.trace"
    forks = ((0, 10, 0, 3), (1, 12, 1, 4))
    records = long_trace.write_long_trace(path, stretch, (30, 5), forks)
    with TraceReader(path) as reader:
        assert reader.last_seq() == records
    return path


def test_its_digests_hold(path: Path) -> None:
    with TraceReader(path) as reader:
        assert check_integrity(reader) is None


def test_it_has_the_environment_steps_and_branches_that_were_asked_for(path: Path) -> None:
    with TraceReader(path) as reader:
        assert [reader.last_t(0, episode) for episode in range(3)] == [29, 4, None]
        assert [reader.last_t(branch, 0) for branch in (1, 2)] == [12, 15]
        assert [u.branch for u in reader.updates(2, 0, 12)] == [1, 2]
        for branch, episode, t in ((0, 0, 29), (0, 1, 4), (1, 0, 10), (2, 0, 15)):
            assert reader.proposal(branch, episode, t) is not None
            assert reader.environment_step(branch, episode, t) is not None


def test_its_numbers_vary(path: Path) -> None:
    with TraceReader(path) as reader:
        columns = reader.columns("Proposal", ["objective_gain", "model_error"])
    for name in ("objective_gain", "model_error"):
        assert len(np.unique(columns[name])) == len(columns[name])
