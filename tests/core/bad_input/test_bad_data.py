"""Unusable data, policies and recipes at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.bad_input.refusals import refusal, write_flat
from tests.sb3_archives import sac_tensors, write_archive

DATA: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: write_flat(path, 0),
    "another state": lambda path: write_flat(path, 20, state=17),
    "another action": lambda path: write_flat(path, 20, action=6),
    "not finite": lambda path: write_flat(path, 20, rewards=np.full(20, np.nan, np.float32)),
    "a column less": lambda path: write_flat(path, 20, rewards=None),
    "another length": lambda path: write_flat(path, 20, rewards=np.zeros(19)),
    "texts": lambda path: write_flat(path, 20, rewards=np.array([b"a"] * 20)),
    "a single episode": lambda path: write_flat(path, 20, timeouts=np.zeros(20, bool)),
    "no HDF5": lambda path: path.write_text("hello"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("case", sorted(DATA))
def test_unusable_data_are_not_trained_on(
    place: Path, capfd: pytest.CaptureFixture[str], case: str
) -> None:
    DATA[case](place / "medium-replay.hdf5")
    line = refusal(
        capfd, "train", "hopper", "--dataset", "medium-replay.hdf5", "--output", "out/new"
    )
    assert "medium-replay.hdf5" in line


def test_an_unknown_data_set_is_refused(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = "psiscope/hopper/medium-replay-v99"
    assert name in refusal(capfd, "train", "hopper", "--dataset", name, "--output", "new")


POLICIES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "of another task": lambda path: write_archive(path, sac_tensors((17, 8, 6))),
    "no zip": lambda path: path.write_text("hello"),
    "not finite": lambda path: write_archive(
        path, sac_tensors() | {"actor.mu.bias": torch.full((3,), torch.nan)}
    ),
    "with gSDE": lambda path: write_archive(
        path, sac_tensors() | {"actor.log_std": torch.zeros(8, 3)}
    ),
}


@pytest.mark.parametrize("case", sorted(POLICIES))
def test_an_unusable_policy_collects_nothing(
    place: Path, capfd: pytest.CaptureFixture[str], case: str
) -> None:
    POLICIES[case](place / "policy.zip")
    words = ("--steps", "10", "--dataset", "psiscope/hopper/new-v0")
    assert "policy.zip" in refusal(capfd, "collect", "hopper", "--policy", "policy.zip", *words)
    assert not (place / "exploded").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[1]",
        "[{}]",
        '[{"policy": "random", "surprise": 1}]',
        '[{"policy": "random", "noise": -1}]',
        '[{"policy": "random", "share": 0}]',
        '[{"policy": "random", "share": "all"}]',
        '[{"policy": "random", "first_seed": -1}]',
        '[{"policy": 1}]',
        '[{"policy": "missing.zip"}]',
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_an_unusable_recipe_collects_nothing(
    place: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    (place / "recipe.json").write_text(text)
    words = ("--steps", "10", "--dataset", "psiscope/hopper/new-v0")
    refusal(capfd, "collect", "hopper", "--recipe", "recipe.json", *words)
