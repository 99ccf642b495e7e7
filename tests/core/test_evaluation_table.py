"""One table over all evaluations: return or success, gains, what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from core.evaluation.json_file import to_json
from core.evaluation.stored import summary
from core.evaluation.table import as_markdown, as_text, has_goal, rows_of, title
from tests.evaluations import PLAN, SETTINGS, fake_episode, report_of


def result(name: str = "fake", seeds: int = 6, **changes: Any) -> dict[str, Any]:
    """A made-up result, as a file holds it."""
    plan = replace(PLAN, checkpoint=name, seeds=PLAN.seeds[:seeds], **changes)
    report = report_of([fake_episode(unit) for unit in plan.units()], plan)
    values: dict[str, Any] = json.loads(to_json(report.to_dict()))
    return values


def maze_result(before: list[int], after: list[int]) -> dict[str, Any]:
    """Frozen and adaptive successes in a maze, where the return is the success."""
    found = result("maze", len(before))
    found["task"], found["goal"] = "antmaze-umaze", True
    for name, successes in (("frozen", before), ("adaptive", after)):
        found["controllers"][name] |= {
            "returns": [float(value) for value in successes],
            "successes": successes,
            "scores": [100.0 * value for value in successes],
        }
    return found


def cell(rows: list[tuple[str, ...]], row: int, column: str) -> str:
    return rows[row][[name.split(" [")[0] for name in rows[0]].index(column)]


def test_one_evaluation_has_a_row_a_controller_and_names_the_sample() -> None:
    one = result(seeds=3)
    rows = rows_of([one])
    assert [row[0] for row in rows] == ["controller", "frozen", "adaptive"]
    assert {len(row) for row in rows} == {8}
    assert cell(rows, 1, "gain over frozen") == ""
    assert cell(rows, 2, "gain over frozen").endswith("[no interval below n = 5]")
    assert cell(rows, 2, "n") == "3"
    assert title([one]) == "fake (hopper), 3 episodes, reset seeds 3..5, one trained policy"


def test_the_gain_is_that_of_the_result_with_its_interval() -> None:
    one = result()
    low, high = one["paired"]["adaptive"]["gain_ci95"]
    gain = one["paired"]["adaptive"]["gain_mean"]
    digits = 0 if max(one["controllers"]["frozen"]["returns"]) > 130 else 1
    assert cell(rows_of([one]), 2, "gain over frozen") in {
        f"{gain:+.{d}f} [{low:+.{d}f}, {high:+.{d}f}]" for d in (digits, 0, 1)
    }


def test_with_a_goal_the_gain_is_in_successes_with_mcnemars_p() -> None:
    rows = rows_of([maze_result([0, 0, 0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 0])])
    assert cell(rows, 1, "success") == "38 % [14, 69]"
    assert cell(rows, 1, "return") == "0.38 ± 0.52"
    assert cell(rows, 1, "score") == "37.5"
    assert cell(rows, 2, "gain over frozen").startswith("+50 % [")
    assert cell(rows, 2, "p") == "0.22"
    assert cell(rows, 2, "wins/ties/losses") == "5/2/1"


def test_many_evaluations_say_what_differs_between_them() -> None:
    paper = {name: replace(each, preset="paper") for name, each in SETTINGS.items()}
    both = [result("one"), result("two", 5)]
    rows = rows_of(both)
    assert rows[0][:3] == ("checkpoint", "seeds", "controller")
    assert [row[0] for row in rows[1:]] == ["one", "one", "two", "two"]
    assert title(both) == "2 checkpoints, preset safe"
    presets = [result(), result(settings=paper)]
    assert rows_of(presets)[0][:2] == ("preset", "controller")
    assert title(presets) == "fake, preset paper and safe"


def test_without_a_score_a_dash_stands_in_the_table_and_null_in_the_summary() -> None:
    one = result()
    one["controllers"]["frozen"]["scores"] = [None] * 6
    assert cell(rows_of([one]), 1, "score") == "-"
    assert summary(one)["controllers"]["frozen"]["score"] is None


def test_an_older_result_knows_its_goal_by_its_task() -> None:
    maze, hopper = maze_result([0, 1], [1, 1]), result()
    for each in (maze, hopper):
        del each["goal"]
    assert (has_goal(maze), has_goal(hopper)) == (True, False)


def test_markdown_and_text_have_the_same_cells() -> None:
    rows = rows_of([result("a|b\x1b[31m")])
    lines = as_markdown(rows).splitlines()
    assert len(lines) == len(rows) + 1
    assert {line.count("|") for line in lines} == {len(rows[0]) + 1}
    assert lines[1].startswith("|---|")
    assert " ± " in lines[2]
    assert as_text(rows)[1][1].isascii()
    assert "a?b?" in title([result("a|b\x1b[31m")])


@pytest.mark.parametrize("damage", ["returns", "seeds", "controllers"])
def test_what_is_no_result_raises(damage: str) -> None:
    one = result()
    if damage == "returns":
        one["controllers"]["frozen"]["returns"].pop()
    else:
        del one[damage]
    with pytest.raises((KeyError, ValueError)):
        rows_of([one])
