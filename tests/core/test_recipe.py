"""Recipes: who acts in collected data, and how long everything is trained."""

from __future__ import annotations

import dataclasses
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from core.pretraining.coefficients import (
    KINDS,
    KINDS_OF_NAMES,
    MAZE_KINDS,
    coefficients,
    kind_of,
)
from core.pretraining.collect import Part, collect, read_recipe
from core.pretraining.parts import WALKER, check_parts
from core.pretraining.recipes import find_recipe
from core.pretraining.walker.journeys import journey
from core.tasks import TASKS

HOPPER = TASKS["hopper"]


def write(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


MALFORMED: dict[str, Any] = {
    "nothing": "",
    "no JSON": "policy: random",
    "too deep": "[" * 100_000,
    "an object": {"policy": "random"},
    "a number": 3,
    "no parts": [],
    "parts that are no objects": [1, 2],
    "a part without a policy": [{"noise": 0.1}],
    "an unknown name": [{"policy": "random", "surprise": 1}],
    "a policy that is no text": [{"policy": 3}],
    "a noise that is no number": [{"policy": "random", "noise": "loud"}],
    "a share that is a truth": [{"policy": "random", "share": True}],
    "half a seed": [{"policy": "random", "first_seed": 1.0}],
    "no noise": [{"policy": "random", "noise": None}],
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_recipe_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    path = write(tmp_path / "recipe.json", MALFORMED[case])
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_a_recipe_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(bytes(range(256)))
    for name in ("missing.json", "binary.json", "."):
        with pytest.raises(InputError):
            read_recipe(tmp_path / name)


@pytest.mark.parametrize(
    "change",
    [
        {"noise": -0.1},
        {"noise": float("nan")},
        {"random_share": 1.5},
        {"share": 0.0},
        {"share": float("inf")},
        {"first_seed": -1},
        {"first_seed": 10**30},
    ],
    ids=str,
)
def test_a_part_out_of_range_is_refused_before_anything_runs(change: dict[str, Any]) -> None:
    part = Part(**({"policy": "missing.zip"} | change))
    with pytest.raises(InputError, match="out of range"):
        collect(HOPPER, (part,), transitions=10, dataset_id="psiscope/hopper/new-v0")


SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "recipes"
EVALUATED = range(20_000)
"""Reset seeds that evaluations use."""


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_sound_and_meets_no_seed_of_an_evaluation(path: Path) -> None:
    parts = read_recipe(path)
    check_parts(parts)
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    seeds = sorted(part.first_seed for part in parts)
    assert seeds[0] not in EVALUATED
    assert all(after - before >= 10_000 for before, after in itertools.pairwise(seeds))
    for part in parts:
        if part.policy == WALKER:
            task = TASKS[path.stem.removesuffix("-play").removesuffix("-diverse")]
            journey(task, part.start, part.goals, np.random.default_rng(0))


def test_every_kind_of_data_of_the_paper_has_a_recipe() -> None:
    names = {path.stem for path in SHIPPED.glob("*.json")}
    kinds = {
        f"{task}-{kind}" for task in ("hopper", "walker2d", "halfcheetah") for kind in KINDS
    }
    mazes = {f"antmaze-{size}-diverse" for size in ("umaze", "medium", "large")}
    mazes |= {"antmaze-umaze", "antmaze-medium-play", "antmaze-large-play"}
    assert names == kinds | mazes


def test_the_walker_is_no_file(tmp_path: Path) -> None:
    parts = [{"policy": "antmaze-walker", "start": "any", "goals": "play", "noise": 0.2}]
    part = read_recipe(write(tmp_path / "recipe.json", parts))[0]
    assert (part.policy, part.start, part.goals) == ("antmaze-walker", "any", "play")


def test_policies_are_looked_for_beside_the_recipe_or_where_one_says(tmp_path: Path) -> None:
    parts = [{"policy": "walker.zip", "share": 2}, {"policy": "random", "first_seed": 9}]
    path = write(tmp_path / "recipe.json", parts)
    beside, random = read_recipe(path)
    assert beside == Part(policy=str(tmp_path / "walker.zip"), share=2)
    assert random == Part(policy="random", first_seed=9)
    elsewhere = read_recipe(path, tmp_path / "policies")
    assert elsewhere[0].policy == str(tmp_path / "policies" / "walker.zip")


def test_the_coefficients_are_rebracs_official_ones() -> None:
    recipe = find_recipe("cpu", HOPPER, "medium-replay")
    assert (recipe.rebrac.beta_actor, recipe.rebrac.beta_critic) == (0.05, 0.5)
    paper = find_recipe("paper", HOPPER, "expert")
    assert (paper.rebrac.beta_actor, paper.rebrac.beta_critic) == (0.1, 0.1)
    assert (paper.rebrac.batch, paper.rebrac.tau, paper.rebrac_updates) == (1024, 0.005, 10**6)


@pytest.mark.parametrize(
    ("dataset", "kind"),
    [
        ("psiscope/hopper/medium-replay-v0", "medium-replay"),
        ("psiscope/hopper/full-replay-v0", "full-replay"),
        ("mujoco/walker2d/expert-v0", "expert"),
        ("psiscope/antmaze-medium/play-v0", "play"),
        ("D4RL/antmaze/medium-play-v1", "play"),
        ("antmaze-large-diverse.hdf5", "diverse"),
        ("psiscope/hopper/mine-v0", ""),
    ],
)
def test_the_kind_of_data_is_read_from_its_name(dataset: str, kind: str) -> None:
    assert kind_of(dataset) == kind


def test_coefficients_are_known_of_the_kinds_of_a_task_without_torch() -> None:
    maze = TASKS["antmaze-medium"]
    assert sorted(KINDS_OF_NAMES) == sorted((*KINDS, *MAZE_KINDS))
    assert coefficients("paper", HOPPER, "play") is None
    assert coefficients("paper", maze, "medium") is None
    assert coefficients("cpu", maze, "") == coefficients("cpu", maze, "play") == (0.01, 0.005)
    assert coefficients("cpu", dataclasses.replace(maze, name="mine"), "play") is None
    code = "import sys, core.pretraining.coefficients; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["cpu", "paper"])
def test_every_kind_of_data_has_a_recipe(name: str, kind: str) -> None:
    recipe = find_recipe(name, HOPPER, kind)
    assert recipe.name == name
    assert recipe.rebrac.discount == HOPPER.discount
    for stage in ("dynamics", "reward", "ensemble", "ReBRAC"):
        assert recipe.updates(stage) > 0


def test_coefficients_can_be_given_and_unknown_ones_must_be() -> None:
    given = find_recipe("cpu", HOPPER, "", beta_actor=0.3, beta_critic=0.0)
    assert (given.rebrac.beta_actor, given.rebrac.beta_critic) == (0.3, 0.0)
    with pytest.raises(InputError, match="--beta-actor"):
        find_recipe("cpu", HOPPER, "homemade", beta_critic=0.1)
    with pytest.raises(InputError, match="no recipe"):
        find_recipe("gpu", HOPPER, "medium")
