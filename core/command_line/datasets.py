"""`datasets`: which Minari data sets are here, and how well what they recorded went."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from core.checkpoints.training import RECIPES
from core.command_line.output import say, say_json, table
from core.command_line.parser import UsageError, add_command
from core.command_line.window import WindowCommands
from core.data.listing import (
    LONGEST_RECIPE,
    ListedDataset,
    datasets_folder,
    find_dataset,
    list_datasets,
)
from core.dataset_returns import Returns
from core.errors import DataError
from core.pretraining.coefficients import UNKNOWN_BETA, coefficients, kind_of
from core.tasks import TASKS

_HEADING = ("id", "task", "episodes", "transitions", "size", "mean", "best")
LONGEST_SHOWN = 3000
"""Characters of a recipe that are printed; those of the AntMazes have 2,000."""
_BAR = 40
"""Characters of the longest bar of a histogram."""


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "datasets",
        execute,
        help="list the local Minari data sets: task, size, episodes, mean and best return",
        example="python main.py datasets psiscope/hopper/medium-replay-v0",
    )
    parser.add_argument(
        "dataset", nargs="?", metavar="ID", help="only this one, with a histogram of returns"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--quick", action="store_true", help="do not read the returns, which takes longest"
    )


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Print them; a damaged one is listed with the reason."""
    if arguments.dataset:
        if arguments.quick:
            raise UsageError("--quick leaves out what ID is for", "give one of them")
        _show_one(arguments.dataset, as_json=arguments.json)
        return 0
    found = [
        (dataset, None) if arguments.quick or dataset.fault else _with_returns(dataset)
        for dataset in list_datasets()
    ]
    if arguments.json:
        values = [_values(dataset, returns) for dataset, returns in found]
        say_json({"folder": str(datasets_folder()), "datasets": values})
    elif not found:
        say(
            f"there is no data set in {datasets_folder()}: make one with python main.py "
            "collect --help"
        )
    else:
        say(table([_HEADING, *(_row(dataset, returns) for dataset, returns in found)]))
    return 0


def _show_one(dataset_id: str, *, as_json: bool) -> None:
    from core.data.returns import read_returns

    dataset = find_dataset(dataset_id)
    try:
        returns = read_returns(Path(dataset.path))
    except DataError as error:
        fact = f"the data set {dataset.id} is broken, {error.fact}"
        raise DataError(fact, error.remedy) from error
    if as_json:
        values = _values(dataset, returns)
        say_json(values | {"coefficients": _coefficients(dataset)})
        return
    say(table([_HEADING, _row(dataset, returns)]))
    say(f"\nreturns of {returns.episodes:,} episodes")
    most = max(returns.counts)
    for low, high, count in zip(returns.edges, returns.edges[1:], returns.counts, strict=False):
        bar = "#" * round(_BAR * count / most)
        say(f"{low:12.1f} .. {high:<12.1f} {count:7,} {bar}".rstrip())
    if dataset.recipe:
        say(f"\nrecipe {_shown(dataset.recipe)}")


def _shown(recipe: str) -> str:
    if len(recipe) <= LONGEST_SHOWN:
        return recipe
    return f"{recipe[:LONGEST_SHOWN]}… (cut: --json gives up to {LONGEST_RECIPE:,} characters)"


def _with_returns(dataset: ListedDataset) -> tuple[ListedDataset, Returns | None]:
    from core.data.returns import read_returns

    try:
        return dataset, read_returns(Path(dataset.path))
    except DataError as error:
        broken = ListedDataset(id=dataset.id, path=dataset.path, fault=error.fact)
        return broken, None


def _values(dataset: ListedDataset, returns: Returns | None) -> dict[str, Any]:
    found = None if returns is None else dataclasses.asdict(returns)
    return dataclasses.asdict(dataset) | {"kind": kind_of(dataset.id), "returns": found}


def _row(dataset: ListedDataset, returns: Returns | None) -> tuple[str, ...]:
    if dataset.fault:
        return (dataset.id, "broken", "", "", "", "", dataset.fault)
    results = ("", "") if returns is None else (f"{returns.mean:.1f}", f"{returns.best:.1f}")
    return (
        dataset.id,
        dataset.task or dataset.environment or "unknown",
        f"{dataset.episodes:,}",
        f"{dataset.transitions:,}",
        f"{dataset.size / 2**20:.1f} MiB",
        *results,
    )


def _coefficients(dataset: ListedDataset) -> dict[str, tuple[float, float] | None]:
    """(beta_actor, beta_critic) that each recipe would use; None where none are known."""
    task = TASKS.get(dataset.task)
    if task is None:
        return dict.fromkeys(RECIPES, (UNKNOWN_BETA, UNKNOWN_BETA))
    return {name: coefficients(name, task, kind_of(dataset.id)) for name in RECIPES}
