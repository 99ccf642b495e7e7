"""`collect` and `benchmark`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.command_line.fake_window import SMALL, command_line


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
