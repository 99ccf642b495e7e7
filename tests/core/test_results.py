"""The result tables of README are those of the result files, and those are of what ships."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.catalogue import read_manifest
from core.settings import Settings, preset

ROOT = Path(__file__).parents[2]


def results(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(
        (ROOT / "docs" / "results" / f"hopper-{name}.json").read_text()
    )
    return values


@pytest.mark.parametrize("name", ["safe", "paper"])
def test_readme_quotes_the_result_file(name: str) -> None:
    values = results(name)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for controller, found in values["controllers"].items():
        returns = found["returns"]
        spread = f"{statistics.fmean(returns):.0f} ± {statistics.stdev(returns):.0f}"
        row = f"| {controller} | {spread} |"
        paired = values["paired"].get(controller)
        if paired:
            low, high = paired["gain_ci95"]
            row += f" {paired['gain_mean']:+.0f} [{low:+.0f}, {high:+.0f}] |"
            row += f" {paired['wins']}/{paired['ties']}/{paired['losses']} |"
        assert row in readme


@pytest.mark.parametrize("name", ["safe", "paper"])
def test_the_results_are_of_the_shipped_checkpoint_on_seeds_that_chose_nothing(
    name: str,
) -> None:
    values = results(name)
    manifest = read_manifest(ROOT / "assets" / "checkpoints" / "hopper-medium-replay")
    tuned = manifest.tuned["adaptive"]
    wanted = preset(name)
    if wanted.step_size is None and wanted.step_rule == "plain":
        wanted = wanted.replace(step_size=tuned.step_size)
    assert (
        Settings.from_json(json.dumps(values["controllers"]["adaptive"]["settings"])) == wanted
    )
    assert len(values["seeds"]) >= 20
    assert not set(values["seeds"]) & set(tuned.seeds)


def test_readme_quotes_the_benchmark_of_a_long_trace() -> None:
    values = json.loads((ROOT / "docs" / "results" / "trace.json").read_text())
    held = values["trace"]["long"]["held"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for row in (
        f"| open, to the first moment | {held['open_s']:.2f} s |",
        f"nothing cached | {held['seek_p99_ms']:.1f} ms |",
        f"| search over all environment steps | {held['search_s']:.2f} s |",
        f"| memory of the window's process | {held['window_memory_mb']:.0f} MB |",
        f"while seeking, 99th percentile | {held['window_stall_p99_ms']:.0f} ms |",
    ):
        assert row in readme
