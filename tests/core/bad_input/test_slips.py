"""Slips of a newcomer at the commands of the pages: the line names the slip and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.bad_input.refusals import refusal

DATASET = "psiscope/hopper/randm-v0"
SLIPS: dict[str, str] = {
    "import --base good --policy models.py --output new --trust-code": (
        "models.py names no function: write models.py:FUNCTION"
    ),
    "import --base good --policy p.pt2 --output new --trust-code": (
        "p.pt2 cannot be read: it does not exist, check the path"
    ),
    "collect hopper --recipe no.json --steps 9 --dataset own/new/x-v0": (
        "no.json cannot be read: it does not exist, check the path"
    ),
    f"train hopper --dataset {DATASET} --output new": (
        f"there is no local data set {DATASET}: list them with `python main.py datasets`"
    ),
    f"sweep hopper --dataset {DATASET} --beta-actor 1 --json s.json": (
        f"there is no local data set {DATASET}: list them with `python main.py datasets`"
    ),
    "train hopper --dataset no.hdf5 --output new": "there is no file no.hdf5: check the path",
    "train hopper --dataset no.hdf5 --kind medium --output new": (
        "psiscope train: no.hdf5 does not exist: check the path"
    ),
    "train hopper --dataset no.hdf5 --kind play --output new": (
        "there is no file no.hdf5: check the path"
    ),
    f"train hopper --dataset {DATASET} --kind medium --output mine.txt": (
        "mine.txt is a file: choose another --output"
    ),
}


@pytest.mark.parametrize("words", SLIPS)
def test_a_slip_is_named(place: Path, capfd: pytest.CaptureFixture[str], words: str) -> None:
    (place / "models.py").write_text("def policy(task): ...\n")
    (place / "mine.txt").write_text("mine\n")
    assert SLIPS[words] in refusal(capfd, *words.split())


def test_a_kind_that_no_table_has_is_told_once_the_data_are_there(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "play.hdf5").write_text("data")
    words = ("train", "hopper", "--dataset", "play.hdf5", "--output", "new")
    line = refusal(capfd, *words)
    assert "no ReBRAC coefficients are known for hopper play: give --kind" in line
