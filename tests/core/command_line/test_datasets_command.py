"""`datasets`: the local data sets as a table, as JSON, and one of them in detail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.command_line.fake_window import command_line
from tests.minari_sets import HOPPER, write_hopper


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One good data set and two damaged ones."""
    root = tmp_path / "minari"
    write_hopper(root, monkeypatch)
    cut = write_hopper(root, monkeypatch, "psiscope/cut-v0") / "data" / "main_data.hdf5"
    cut.write_bytes(cut.read_bytes()[:1000])
    (root / "empty-v0" / "data").mkdir(parents=True)
    return root


def test_they_are_listed_and_damaged_ones_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("datasets") == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == [
        "id", "task", "episodes", "transitions", "size", "mean", "best",
    ]  # fmt: skip
    assert [row.split()[:2] for row in rows] == [
        ["empty-v0", "broken"],
        ["psiscope/cut-v0", "broken"],
        [HOPPER, "hopper"],
    ]
    assert "it has no metadata.json" in rows[0]
    assert "main_data.hdf5 cannot be read" in rows[1]
    assert rows[2].split()[-2:] == ["2.3", "3.0"]


def test_as_json_they_are_whole_and_quick_leaves_the_returns_out(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command_line("datasets", "--json") == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["folder"] == str(folder)
    found = whole["datasets"][2]
    assert (found["id"], found["task"], found["kind"]) == (HOPPER, "hopper", "medium-replay")
    assert found["returns"]["counts"] == [1, 0, 0, 0, 2]
    assert command_line("datasets", "--json", "--quick") == 0
    quick = json.loads(capsys.readouterr().out)["datasets"]
    assert [each["returns"] for each in quick] == [None, None, None]
    assert [bool(each["fault"]) for each in quick] == [True, False, False]


def test_one_of_them_has_a_histogram_and_the_coefficients_it_would_be_trained_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_line("datasets", HOPPER) == 0
    printed = capsys.readouterr().out
    assert "returns of 3 episodes" in printed
    assert printed.count("#" * 40) >= 1
    assert command_line("datasets", HOPPER, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["coefficients"] == {"cpu": [0.05, 0.5], "paper": [0.05, 0.5]}
    assert found["returns"]["best"] == 3.0


def test_a_strange_recipe_is_cut_with_a_word_and_moves_no_cursor(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    path = folder / HOPPER / "data" / "metadata.json"
    metadata = json.loads(path.read_text())
    recipe = "[\n  \x1b[2J\u202e\udc80" + "x" * 10**6
    path.write_text(json.dumps(metadata | {"psiscope_recipe": recipe}))
    assert command_line("datasets", HOPPER) == 0
    printed = capsys.readouterr().out
    last = printed.splitlines()[-1]
    assert last.startswith(r"recipe [ \x1b[2J\u202e\udc80xxx")
    assert last.endswith("xxx… (cut: --json gives up to 20,000 characters)")
    assert len(last) < 3100
    assert all(line.isprintable() for line in printed.splitlines())
    assert command_line("datasets", HOPPER, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["recipe"]) == 20_001


def test_without_data_it_says_how_to_make_some(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "nothing"))
    assert command_line("datasets") == 0
    assert "make one with python main.py collect" in capsys.readouterr().out
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere/x-v0"], "there is no local data set nowhere/x-v0"),
        (["psiscope/cut-v0"], "cannot be read"),
        (["empty-v0"], "is broken"),
        ([HOPPER, "--quick"], "--quick leaves out what ID is for"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert command_line("datasets", *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line
