"""The result tables of README are those of the result files, and those are of what ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.checkpoints.catalogue import list_checkpoints, read_manifest
from core.checkpoints.manifest import Manifest
from core.command_line.sweep import shipped_beta
from core.evaluation.json_file import read_json
from core.evaluation.stored import read_results
from core.evaluation.sweep_table import bases_page
from core.evaluation.table import Result, as_markdown, rows_of
from core.settings import Settings, preset

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
CHECKPOINTS = ROOT / "assets" / "checkpoints"
FAR = ("far-antmaze-umaze", "far-antmaze-medium-play", "far-antmaze-large-play")
LOCOMOTION = ("hopper", "walker2d", "halfcheetah")
TABLES = [("all-safe",), ("all-paper",), FAR]


def read(names: tuple[str, ...]) -> list[Result]:
    return [result for name in names for result in read_results(RESULTS / f"{name}.json")]


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def manifest_of(result: Result) -> Manifest:
    return read_manifest(CHECKPOINTS / str(result["checkpoint"]))


@pytest.mark.parametrize("names", TABLES)
def test_readme_shows_the_table_of_the_result_files(names: tuple[str, ...]) -> None:
    assert as_markdown(rows_of(read(names))) in readme()


@pytest.mark.parametrize("names", TABLES)
def test_the_results_are_of_what_ships_on_seeds_that_chose_nothing(
    names: tuple[str, ...],
) -> None:
    for result in read(names):
        manifest = manifest_of(result)
        tuned = {seed for each in manifest.tuned.values() for seed in each.seeds}
        assert result["checkpoint_digest"] == manifest.digest()
        assert len(result["seeds"]) >= 20
        assert not set(result["seeds"]) & tuned


@pytest.mark.parametrize("name", ["safe", "paper"])
def test_every_shipped_checkpoint_is_in_the_table_of_each_preset(name: str) -> None:
    results = read((f"all-{name}",))
    shipped = {path.name for path in list_checkpoints() if path.parent == CHECKPOINTS}
    assert {result["checkpoint"] for result in results} == shipped
    for result in results:
        wanted = preset(name)
        if wanted.step_size is None and wanted.step_rule == "plain":
            tuned = manifest_of(result).tuned["adaptive"]
            wanted = wanted.replace(step_size=tuned.step_size)
        found = result["controllers"]["adaptive"]["settings"]
        assert Settings.from_json(json.dumps(found)) == wanted


def test_far_episodes_of_every_maze_are_fifty() -> None:
    results = read(FAR)
    assert [result["task"] for result in results] == [
        "antmaze-umaze",
        "antmaze-medium",
        "antmaze-large",
    ]
    assert all(len(result["seeds"]) == 50 for result in results)


def test_the_page_of_bases_is_that_of_the_sweeps_of_every_locomotion_data_set() -> None:
    results = [read_json(RESULTS / f"sweep-{name}.json") for name in LOCOMOTION]
    page = (ROOT / "docs" / "bases.md").read_text(encoding="utf-8")
    assert bases_page(results, shipped_beta).rstrip() == page.rstrip()
    for result in results:
        assert len(result["points"]) >= 3
        assert shipped_beta(result) in [point["beta_actor"] for point in result["points"]]


def test_readme_quotes_the_benchmark_of_a_long_trace() -> None:
    values = json.loads((ROOT / "docs" / "results" / "trace.json").read_text())
    held = values["trace"]["long"]["held"]
    text = readme()
    for row in (
        f"| open, to the first moment | {held['open_s']:.2f} s |",
        f"nothing cached | {held['seek_p99_ms']:.1f} ms |",
        f"| search over all environment steps | {held['search_s']:.2f} s |",
        f"| memory of the window's process | {held['window_memory_mb']:.0f} MB |",
        f"while seeking, 99th percentile | {held['window_stall_p99_ms']:.0f} ms |",
    ):
        assert row in text
