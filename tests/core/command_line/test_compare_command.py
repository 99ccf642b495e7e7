"""`compare`: the table of two branches, the first divergence, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from tests.branched_run import Fork, plant, write_branches
from tests.core.command_line.fake_window import command_line


@pytest.fixture
def branched(tmp_path: Path) -> Path:
    """The root to t = 7; branch 1 the same to t = 5; branch 2 with another delta from t = 2."""
    return write_branches(
        tmp_path / "b.trace",
        Fork(t=3, k=1, until=6),
        Fork(
            t=2,
            settings=Settings(delta=0.1),
            plant=plant("GradientUpdate", (0, 4, 0), step_size=2e-4),
        ),
    )


def test_the_text_is_a_table_and_the_first_divergence(
    branched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("compare", branched, "--branches", "0,2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["branch", "parent", "reason"]
    assert lines[1].split()[:4] == ["0", "-", "root", "episode"]
    assert "fork" in lines[2]
    assert "delta 0.05" in lines[1]
    assert "delta 0.1" in lines[2]
    assert "return at t = 7: 20 against 20 (+0)" in lines[-2]
    assert lines[-1] == (
        "first divergence: t = 4, k = 0, GradientUpdate.step_size: 1e-4 against 2e-4 "
        "(branch 2 changed delta 0.05 -> 0.1)"
    )


def test_branches_that_are_the_same_say_how_far(
    branched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("compare", branched, "--branches", "0,1") == 0
    assert capsys.readouterr().out.splitlines()[-1] == ("identical as far as both go: to t = 5")


def test_json_has_stable_keys(branched: Path, printed_json: Callable[[], Any]) -> None:
    assert command_line("compare", branched, "--branches", "2,0", "--json") == 0
    values = printed_json()
    assert set(values) == {
        "trace", "branches", "common", "records_alike", "gap", "divergence", "note",
    }  # fmt: skip
    first, second = values["branches"]
    assert (first["branch"], first["parent"], first["reason"]) == (2, 0, "fork")
    assert (first["begins"], first["settings"]) == ([0, 2, 0], {"delta": 0.1})
    assert (second["parent"], second["settings"]) == (None, {"delta": 0.05})
    assert first["environment_steps"] == 8
    assert first["episode_return"] == second["episode_return"] == 20.0
    assert first["objective_gain_mean"] == second["objective_gain_mean"]
    assert values["common"] == {"episode": 0, "t": 2, "k": 0}
    assert values["gap"] == {"t": 7, "episode_returns": [20.0, 20.0], "difference": 0.0}
    found = values["divergence"]
    assert (found["t"], found["k"], found["field"]) == (4, 0, "step_size")
    assert (found["a_value"], found["b_value"]) == (2e-4, 1e-4)
    assert values["note"] == ""


def test_without_a_choice_the_newest_branch_meets_its_parent(
    branched: Path, printed_json: Callable[[], Any]
) -> None:
    assert command_line("compare", branched, "--json") == 0
    assert [branch["branch"] for branch in printed_json()["branches"]] == [0, 2]


def test_a_branch_without_a_record_of_its_own_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_branches(tmp_path / "b.trace", Fork(t=0, until=0), until=0)
    assert command_line("compare", path) == 0
    out = capsys.readouterr().out
    assert "nothing to compare yet" in out
    assert "return at" not in out


@pytest.mark.parametrize(
    ("branches", "line"),
    [
        ("0,7", "has no branch 7: it has branches 0 to 2"),
        ("1,1", "branch 1 is no other branch than itself"),
        ("0", "is not two branches, such as 0,1"),
        ("0,-1", "is not two branches, such as 0,1"),
        ("0,1,2", "is not two branches, such as 0,1"),
        ("a,b", "is not two branches, such as 0,1"),
        ("0," + "9" * 50, "is not two branches, such as 0,1"),
    ],
)
def test_what_is_no_pair_of_branches_is_refused_in_one_line(
    branched: Path, capsys: pytest.CaptureFixture[str], branches: str, line: str
) -> None:
    assert command_line("compare", branched, f"--branches={branches}") == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1


def test_a_trace_with_one_branch_says_how_to_get_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_branches(tmp_path / "b.trace")
    assert command_line("compare", path) == 2
    assert "fork it in the window" in capsys.readouterr().err
    assert command_line("compare", tmp_path / "none.trace") == 2
    assert "there is no trace" in capsys.readouterr().err
