"""The benchmark of a long trace, on a short one."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from app.measuring.trace_benchmark import (
    Episode,
    measure_trace,
    random_addresses,
    recorded_episodes,
)
from app.measuring.trace_window import peak_memory_mb
from core.errors import InputError
from core.traces.archive import TraceWriter
from tests.branched_run import Fork, write_branches
from tests.records import make_run, make_run_started


def test_every_figure_is_measured(tmp_path: Path) -> None:
    path = make_run(tmp_path / "t.trace", 40, episodes=2)
    figures = measure_trace(path, seeks=20, window_seeks=5)
    window = figures.pop("window")
    assert len(figures.pop("rounds")) == 3
    assert len(figures.pop("conditions")) == 2
    assert {
        "open_s", "seek_p99_ms", "seek_cold_p99_ms", "seek_cold_read_in_one_go_ms", "search_s"
    } <= set(figures)  # fmt: skip
    for name, value in (figures | window).items():
        assert math.isfinite(value), name
        assert value >= 0, name
    assert 50 < window["memory_mb"] < 400
    assert window["stall_p50_ms"] <= window["stall_p99_ms"] <= window["stall_max_ms"]


def test_each_environment_step_of_each_branch_is_as_likely(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=3, until=20))
    episodes = recorded_episodes(path)
    assert episodes == (
        Episode(branch=0, episode=0, length=8),
        Episode(branch=1, episode=0, length=20),
    )
    addresses = random_addresses(episodes, 400, seed=0)
    assert {(a.branch, a.t) for a in addresses} == {
        *((0, t) for t in range(8)),
        *((1, t) for t in range(20)),
    }
    assert {a.k for a in addresses} == {0, 1}


def test_the_memory_of_a_process_that_is_gone_is_not_known() -> None:
    assert peak_memory_mb(os.getpid()) > 10
    assert math.isnan(peak_memory_mb(2**30))


def test_a_trace_that_only_began_cannot_be_measured(tmp_path: Path) -> None:
    with TraceWriter.create(tmp_path / "t.trace", make_run_started()):
        pass
    with pytest.raises(InputError, match="holds no gradient update: record a longer run"):
        measure_trace(tmp_path / "t.trace")
