"""`collect` and `benchmark`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.command_line import long_trace
from tests.core.command_line.fake_window import SMALL, FakeWindow, command_line


def test_collect_writes_a_data_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    words = ("collect", "hopper", "--policy", "random", "--steps", 60)
    assert command_line(*words, "--dataset", "psiscope/hopper/test-v0") == 0
    assert capsys.readouterr().out.startswith("psiscope/hopper/test-v0: ")
    assert (tmp_path / "minari" / "psiscope" / "hopper" / "test-v0").is_dir()


def test_the_benchmark_gives_ratios_to_a_floor(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    assert command_line("benchmark", "tiny", "--seconds", 0.5, "--json", path, *SMALL) == 0
    values = json.loads(path.read_text())
    assert list(values["controllers"]) == ["frozen", "critic-only", "adaptive"]
    for timing in values["controllers"].values():
        assert list(timing) == ["ms_per_step", "floor_ms", "ratio", "gflop"]
        assert timing["ms_per_step"] > timing["floor_ms"] > 0.0
    assert values["matrix_gflops"] > 0.0
    assert list(values["trace"]) == [
        "records", "write_ms", "read_newest_ms", "seek_ms", "bytes_per_environment_step",
    ]  # fmt: skip


def test_the_benchmark_of_a_long_trace_reports_each_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_trace, "EPISODES", (12, 3))
    monkeypatch.setattr(long_trace, "FORKS", ((0, 4, 0, 3), (1, 5, 1, 2)))
    monkeypatch.setattr(long_trace, "REAL_STEPS", 5)
    window, path = FakeWindow(), tmp_path / "b.json"
    words = ("benchmark", "tiny", "--trace", "--seconds", 0.2, "--json", path, *SMALL)
    assert command_line(*words, window=window) == 0
    long = json.loads(path.read_text())["trace"]["long"]
    assert (long["environment_steps"], long["branches"]) == (20, 3)
    assert window.asked == {"records": long["records"], "branches": 3}
    assert set(long["meets"].values()) == {True}
    assert list(long["meets"]) == list(long["limits"]) == list(long["held"])
    assert "seek p99 ms" in capsys.readouterr().out
    window.trace_figures = {**window.trace_figures, "seek_cold_p99_ms": 51.0}
    assert command_line(*words, window=window) == 1
    meets = json.loads(path.read_text())["trace"]["long"]["meets"]
    assert [name for name, meet in meets.items() if not meet] == ["seek_p99_ms"]
    assert "FAILS" in capsys.readouterr().out
