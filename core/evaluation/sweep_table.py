"""Sweeps of beta_actor as a table, and as docs/bases.md."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from core.evaluation.compare import Comparison, compare
from core.evaluation.table import Rows, as_markdown

Result = Mapping[str, Any]
"""What KeptPoints.result gives, as it is or read from a file."""
_HEAD = """# Bases: the frozen policy by beta_actor

Written by `python main.py sweep --markdown FILE...`; the files are in docs/results.

Adaptation starts from a frozen policy. Where that policy was held too close to its data, or too
loosely, a gain of adaptation may be one that a better beta_actor would have given for nothing.
So here is, for each data set, ReBRAC alone with several beta_actor: everything else is that of
the recipe, seed and number of updates named, the same in all rows; where those updates are
fewer than the shipped checkpoint had (docs/checkpoints.md), its own row is that of a shorter
training, its learning rate falling sooner, and a small beta_actor, which needs more updates,
looks worse than it would at the end. One trained policy a row; differences are
paired by reset seed, with bootstrap 95 % intervals; Q (its penalty added back) is beside the
discounted Monte Carlo return from the same states; settled: see docs/checkpoints.md.
"""


def reference_of(result: Result, shipped: float | None = None) -> float:
    """The beta that the others are compared with: the shipped one, else the recipe's, else the
    first."""
    betas = [float(point["beta_actor"]) for point in result["points"]]
    for wanted in (shipped, result.get("default_beta_actor")):
        if wanted in betas:
            return float(wanted)
    return betas[0]


def sweep_rows(result: Result, shipped: float | None = None) -> Rows:
    """The heading and one row a beta, the reference marked."""
    goal, reference = bool(result["goal"]), reference_of(result, shipped)
    (base,) = [p for p in result["points"] if float(p["beta_actor"]) == reference]
    mark = "shipped" if reference == shipped else "reference"
    heading = (
        "beta_actor", "return [95 % CI]", "score", "success", f"difference to {mark} [95 % CI]",
        "wins/ties/losses", "n", "Q", "Monte Carlo", "settled",
    )  # fmt: skip
    rows = []
    for point in result["points"]:
        beta = float(point["beta_actor"])
        difference, outcomes = ("", "") if point is base else _difference(base, point, goal)
        rows.append(
            (
                f"{beta:g} ({mark})" if point is base else f"{beta:g}",
                _interval(float(point["return_mean"]), point["return_ci95"], goal=goal),
                _known(point["score"]),
                f"{100 * float(point['success_rate']):.0f} %",
                difference,
                outcomes,
                str(len(point["returns"])),
                _known(point["q_mean"]),
                _known(point["monte_carlo_mean"]),
                "yes" if point["settled"] else "no",
            )
        )
    return [heading, *rows]


def sweep_title(result: Result) -> str:
    """What was trained and evaluated, in one line."""
    seeds = result["reset_seeds"]
    return (
        f"{result['task']}, {result['dataset']}: beta_critic "
        f"{float(result['rebrac']['beta_critic']):g}, recipe {result['recipe']}, "
        f"{int(result['updates']):,} updates, training seed {int(result['training_seed'])}, "
        f"reset seeds {int(seeds[0])}..{int(seeds[-1])}"
    )


def bases_page(results: Iterable[Result], shipped: Callable[[Result], float | None]) -> str:
    """docs/bases.md: one section a sweep. shipped: the beta of the checkpoint of that data."""
    sections = [
        f"## {result['task']}, `{result['dataset']}`\n\n{sweep_title(result)}.\n\n"
        f"{as_markdown(sweep_rows(result, shipped(result)))}\n\n"
        f"{_best(result)}\n\n    {command_of(result)}\n"
        for result in results
    ]
    return "\n".join([_HEAD, *sections])


def command_of(result: Result) -> str:
    """The command line that makes the sweep again."""
    betas = ",".join(f"{float(point['beta_actor']):g}" for point in result["points"])
    seeds = result["reset_seeds"]
    words = [
        "sweep", str(result["task"]), "--dataset", str(result["dataset"]),
        "--recipe", str(result["recipe"]), "--beta-actor", betas,
        "--beta-critic", f"{float(result['rebrac']['beta_critic']):g}",
        "--updates", str(int(result["updates"])), "--episodes", str(len(seeds)),
        "--first-seed", str(int(seeds[0])), "--seed", str(int(result["training_seed"])),
        "--json", "FILE",
    ]  # fmt: skip
    return f"python main.py {shlex.join(words)}"


def _best(result: Result) -> str:
    best = max(result["points"], key=lambda point: fmean(point["returns"]))
    return f"The best mean return has beta_actor {float(best['beta_actor']):g}."


def _difference(base: Result, point: Result, goal: bool) -> tuple[str, str]:
    found: Comparison = compare(_returns(base), _returns(point))
    text = _interval(found.gain_mean, found.gain_ci95, goal=goal, sign="+")
    return text, f"{found.wins}/{found.ties}/{found.losses}"


def _known(value: float | None) -> str:
    return "-" if value is None else f"{float(value):.1f}"


def _returns(point: Result) -> list[float]:
    return [float(value) for value in point["returns"]]


def _interval(
    mean: float, bounds: Sequence[float] | None, *, goal: bool, sign: str = ""
) -> str:
    form = f"{{:{sign}.{2 if goal else 0}f}}"
    interval = (
        "no interval below n = 5"
        if bounds is None
        else ", ".join(form.format(float(bound)) for bound in bounds)
    )
    return f"{form.format(mean)} [{interval}]"
