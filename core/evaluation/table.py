"""One table over all checkpoints that were evaluated, as text or as Markdown.

Everything is computed anew from the returns in the result, so a table of a stored result and
one of a run that has just ended are the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from core.evaluation.compare import compare, compare_success, success_interval
from core.evaluation.report import BASELINE
from core.tasks import TASKS

Result = Mapping[str, Any]
"""What Report.to_dict gives, as it is or read from a file."""
Rows = list[tuple[str, ...]]
NOTE = (
    "success: the goal was reached, with Wilson's 95 % interval; where a task has none, the"
    " time limit was, without a fall."
    " gain: mean of the differences paired by reset seed, with a bootstrap 95 % interval"
    " (none below n = 5); p: exact McNemar test of the successes. One trained policy each."
)
_ALWAYS = (
    "controller", "return", "score", "success", "gain over frozen [95 % CI]",
    "wins/ties/losses", "n", "ms per environment step",
)  # fmt: skip
_ORDER = (
    "checkpoint", "preset", "seeds", "controller", "return", "score", "success",
    "gain over frozen [95 % CI]", "p", "wins/ties/losses", "n", "ms per environment step",
)  # fmt: skip
_UNPRINTABLE = re.compile(r"[^A-Za-z0-9._-]")
_NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Controller:
    """What one controller did, as the result tells it."""

    returns: list[float]
    scores: list[float]
    successes: list[bool]
    ms_per_step: float
    preset: str


def rows_of(results: Sequence[Result]) -> Rows:
    """The heading and one row a controller and checkpoint. A column that would say the same in
    every row, or nothing, is left out.

    Raises KeyError, TypeError or ValueError on anything that is not a result of evaluate.
    """
    cells = [row for result in results for row in _rows(result)]
    shown = [
        name for name in _ORDER if name in _ALWAYS or len({row[name] for row in cells}) > 1
    ]
    return [tuple(shown), *(tuple(row[name] for name in shown) for row in cells)]


def title(results: Sequence[Result]) -> str:
    """What was evaluated, in one line."""
    if len(results) > 1:
        cells = [row for result in results for row in _rows(result)]
        names = sorted({row["checkpoint"] for row in cells})
        what = names[0] if len(names) == 1 else f"{len(names)} checkpoints"
        return f"{what}, preset {' and '.join(sorted({row['preset'] for row in cells}))}"
    first = results[0]
    seeds = first["seeds"]
    return (
        f"{_word(first['checkpoint'])} ({_word(first['task'])}), {len(seeds)} episodes, "
        f"reset seeds {_seeds(seeds)}, one trained policy"
    )


def as_text(rows: Rows) -> Rows:
    """The same in letters that every terminal has."""
    return [tuple(cell.replace("±", "+-") for cell in row) for row in rows]


def as_markdown(rows: Rows) -> str:
    """The table; what is counted or timed stands to the right."""
    right = {"score", "success", "p", "n", "ms per environment step"}
    lines = ["---:" if name in right else "---" for name in rows[0]]
    return "\n".join(
        [_line(rows[0]), f"|{'|'.join(lines)}|", *(_line(row) for row in rows[1:])]
    )


def has_goal(result: Result) -> bool:
    """Whether success, not the return, is what counts."""
    task = TASKS.get(str(result["task"]))
    return bool(result.get("goal", task is not None and task.goal is not None))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(result: Result) -> list[dict[str, str]]:
    read = {_word(name): _read(values) for name, values in result["controllers"].items()}
    goal, baseline = has_goal(result), read.get(BASELINE)
    largest = max(abs(fmean(controller.returns)) for controller in read.values())
    digits = 2 if goal or largest < 10 else 1 if largest < 100 else 0
    about = {
        "checkpoint": _word(result["checkpoint"]), "seeds": _seeds(result["seeds"]),
    }  # fmt: skip
    return [
        {
            **about,
            "preset": controller.preset,
            "controller": name,
            **_figures(controller, digits, goal=goal),
            **(
                _NO_GAIN
                if baseline is None or name == BASELINE
                else _gain(baseline, controller, digits=digits, goal=goal)
            ),
        }
        for name, controller in read.items()
    ]


def _read(values: Mapping[str, Any]) -> _Controller:
    returns = [float(value) for value in values["returns"]]
    scores = [math.nan if value is None else float(value) for value in values["scores"]]
    successes = [bool(value) for value in values["successes"]]
    if not 0 < len(returns) == len(scores) == len(successes):
        raise ValueError("returns, scores and successes differ in number")
    return _Controller(
        returns=returns,
        scores=scores,
        successes=successes,
        ms_per_step=float(values["ms_per_step"]),
        preset=_word(values["settings"]["preset"]),
    )


def _figures(controller: _Controller, digits: int, *, goal: bool) -> dict[str, str]:
    returns, n = controller.returns, len(controller.returns)
    spread = stdev(returns) if n > 1 else 0.0
    score = fmean(controller.scores)
    return {
        "return": f"{fmean(returns):.{digits}f} ± {spread:.{digits}f}",
        "score": _NOTHING if math.isnan(score) else f"{score:.1f}",
        "success": _success(controller.successes, goal=goal),
        "n": str(n),
        "ms per environment step": f"{controller.ms_per_step:.1f}",
    }


def _success(successes: Sequence[bool], *, goal: bool) -> str:
    rate = f"{100 * fmean(successes):.0f} %"
    if not goal:
        return rate
    low, high = success_interval(successes)
    return f"{rate} [{100 * low:.0f}, {100 * high:.0f}]"


_NO_GAIN = {"gain over frozen [95 % CI]": "", "p": "", "wins/ties/losses": ""}


def _gain(
    baseline: _Controller, controller: _Controller, *, digits: int, goal: bool
) -> dict[str, str]:
    """In return; with a goal in success, in percent of the episodes."""
    scale, unit, digits = (100.0, " %", 0) if goal else (1.0, "", digits)
    found = (
        compare(baseline.successes, controller.successes)
        if goal
        else compare(baseline.returns, controller.returns)
    )
    interval = "no interval below n = 5"
    if found.gain_ci95 is not None:
        interval = ", ".join(f"{scale * bound:+.{digits}f}" for bound in found.gain_ci95)
    success = compare_success(baseline.successes, controller.successes)
    return {
        "gain over frozen [95 % CI]": (
            f"{scale * found.gain_mean:+.{digits}f}{unit} [{interval}]"
        ),
        "p": f"{success.p_value:.2g}" if goal else "",
        "wins/ties/losses": f"{found.wins}/{found.ties}/{found.losses}",
    }


def _seeds(seeds: Sequence[Any]) -> str:
    return f"{int(seeds[0])}..{int(seeds[-1])}"


def _word(text: Any) -> str:
    """A name that a file may have made up, safe to print."""
    return _UNPRINTABLE.sub("?", str(text))[:64]
