"""`search`: moments of a trace where a condition holds, as a table and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.traces.quantities import QUANTITIES
from tests.branched_run import Fork, write_branches
from tests.core.command_line.fake_window import command_line
from tests.foreign_loops import write_updates

ROOT = Path(__file__).parents[3]


@pytest.fixture
def branched(tmp_path: Path) -> Path:
    return write_branches(tmp_path / "b.trace", Fork(t=3, k=1), Fork(t=6, until=7))


def test_the_moments_are_json_with_stable_keys(
    branched: Path, printed_json: Callable[[], Any]
) -> None:
    where = "reward > 2.25 and objective > 0"
    assert command_line("search", branched, "--where", where, "--branch", 1, "--json") == 0
    found = printed_json()
    assert list(found) == ["trace", "where", "branch", "moments", "hits", "count", "elapsed_ms"]
    assert found["trace"] == str(branched)
    assert (found["where"], found["branch"], found["moments"]) == (where, 1, 8)
    assert found["count"] == len(found["hits"]) == 10
    assert [(hit["branch"], hit["t"], hit["k"]) for hit in found["hits"][:2]] == [
        (0, 3, 0),
        (1, 3, 1),
    ]
    assert found["hits"][0].keys() == {"seq", "branch", "episode", "t", "k"}
    assert found["elapsed_ms"] > 0


def test_the_newest_branch_is_searched_where_none_is_named(
    branched: Path, printed_json: Callable[[], Any]
) -> None:
    command_line("search", branched, "--where", "true", "--json")
    found = printed_json()
    assert (found["branch"], found["moments"]) == (2, 7)


@pytest.mark.parametrize(
    ("options", "listed"), [(("--first",), 1), (("--limit", "3"), 3), (("--limit", "99"), 8)]
)
def test_the_list_can_be_cut_and_the_count_tells_all(
    branched: Path, printed_json: Callable[[], Any], options: tuple[str, ...], listed: int
) -> None:
    words = ("search", branched, "--where", "t >= 0", "--branch", 0, "--json")
    assert command_line(*words, *options) == 0
    found = printed_json()
    assert (len(found["hits"]), found["count"]) == (listed, 8)


def test_the_table_shows_what_the_condition_names(
    branched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = "reward > 2.35 and not terminated and gradient_norm != 0 or t == 99"
    assert command_line("search", branched, "--where", where, "--branch", 0) == 0
    summary, heading, first, *_ = capsys.readouterr().out.splitlines()
    assert summary == f"{branched}: 4 moments in 8 environment steps of branch 0"
    assert heading.split() == [
        "branch", "episode", "t", "k", "gradient_norm", "reward", "terminated",
    ]  # fmt: skip
    assert first.split()[:4] == ["0", "0", "4", "0"]
    assert first.split()[5:] == ["2.4", "false"]


def test_a_long_table_says_how_to_see_the_rest(
    branched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("search", branched, "--where", "not gradient_norm > 1e9", "--limit", 2)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "... and 12 more: --limit 14 shows all"
    assert len(printed) == 5


def test_a_missing_value_is_shown_as_such(
    branched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("search", branched, "--where", "k == 1 and not gradient_norm > 0", "--first")
    assert capsys.readouterr().out.splitlines()[2].split()[-1] == "-"


def test_no_moment_is_an_answer_too(branched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("search", branched, "--where", "t < 0") == 0
    assert "0 moments in 7 environment steps" in capsys.readouterr().out
    assert command_line("search", branched, "--where", "true", "--episode", 5, "--json") == 0
    assert json.loads(capsys.readouterr().out)["hits"] == []


@pytest.mark.parametrize("words", [("--quantities",), ("--where", "help")])
def test_the_quantities_are_listed_without_a_trace(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("search", *words) == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "unit", "known", "meaning"]
    assert [row.split()[0] for row in rows] == list(QUANTITIES)
    assert command_line("search", *words, "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed[0] == {
        "name": "t",
        "unit": "environment steps",
        "known": "always",
        "meaning": QUANTITIES["t"].meaning,
    }


def test_a_run_of_the_engine_can_be_searched(
    trace: Path, printed_json: Callable[[], Any]
) -> None:
    where = "drift > 0 and action_change > 0 and milliseconds > 0 and reward > -1e9"
    assert command_line("search", trace, "--where", where, "--json") == 0
    found = printed_json()
    assert found["moments"] == 30
    assert {hit["k"] for hit in found["hits"]} == {1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "missing: TRACE"),
        (("b.trace",), "missing: --where"),
        (("none.trace", "--where", "t == 1"), "there is no trace none.trace"),
        (("b.trace", "--where", ""), "the condition is empty"),
        (("b.trace", "--where", "drfit > 1"), "did you mean drift?"),
        (("b.trace", "--where", "__import__('os')"), "is no part of a condition"),
        (("b.trace", "--where", "(" * 100_000), "too long"),
        (("b.trace", "--where", "t == 1\udc80"), "is no part of a condition"),
        (("b.trace", "--where", "t == 1", "--branch", "7"), "no branch 7: the newest is 2"),
        (("b.trace", "--where", "t == 1", "--branch", "-1"), "--branch"),
        (("b.trace", "--where", "t == 1", "--limit", "0"), "--limit"),
        (("b.trace", "--where", "t == 1", "--first", "--limit", "2"), "not allowed with"),
        (("text.trace", "--where", "t == 1"), "is not a trace"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    branched: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(branched.parent)
    (branched.parent / "text.trace").write_text("hello " * 100)
    assert command_line("search", *words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert says in printed.err


def test_a_search_needs_no_torch(branched: Path) -> None:
    program = (
        "import sys; from core.command_line.dispatch import dispatch;"
        f"code = dispatch(['search', {str(branched)!r}, '--where', 't == 1'], None);"
        "print(code, {'torch', 'PyQt6', 'mujoco', 'gymnasium'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


def test_what_the_writer_left_out_is_not_called_absent_moments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = write_updates(tmp_path / "own.trace")
    line = f"{trace}: 0 moments in 12 environment steps of branch 0"
    for where, told in (
        ("q_spread > 1", f"{line}; not recorded there: q_spread"),
        ("q_spread > gap and t > 3", f"{line}; not recorded there: gap, q_spread"),
        ("drift > 1e9 or refused", line),
        ("t > 99", line),
    ):
        assert command_line("search", trace, "--where", where) == 0
        assert capsys.readouterr().out.strip() == told
