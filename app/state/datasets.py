"""What the window knows of local data sets: read from what `datasets --json` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from core.checkpoints.strict_json import decode, parse_json
from core.dataset_returns import Returns

LARGEST = 64 * 2**20
"""Bytes that are read of a listing."""
_MOST_POLICIES = 4
_LONGEST_POLICY = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One local data set, with `returns` and `coefficients` where it was looked at closely."""

    id: str
    path: str
    fault: str
    """Why it cannot be used; empty where it can."""
    task: str
    environment: str
    episodes: int
    transitions: int
    size: int
    """Bytes."""
    recipe: str
    algorithm: str
    kind: str
    returns: Returns | None = None
    coefficients: dict[str, tuple[float, ...] | None] = field(default_factory=dict)
    """Recipe -> (beta_actor, beta_critic) that it would use; None where none are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All of a folder."""

    folder: str
    datasets: tuple[Dataset, ...]


def parse_listing(content: bytes) -> Listing:
    """Raises CheckpointError where it is not what `datasets --json` prints."""
    return decode(Listing, parse_json(content, "the list", limit=LARGEST), "the list")


def parse_dataset(content: bytes) -> Dataset:
    """The same of one data set."""
    return decode(Dataset, parse_json(content, "the data set", limit=LARGEST), "the data set")


def row(dataset: Dataset) -> tuple[str, ...]:
    """Name, task, episodes, transitions, size."""
    if dataset.fault:
        return dataset.id, "broken", "", "", ""
    task = dataset.task or dataset.environment or "unknown"
    counts = (f"{dataset.episodes:,}", f"{dataset.transitions:,}")
    return dataset.id, task, *counts, size_text(dataset.size)


def facts(dataset: Dataset) -> str:
    """A line below the table."""
    if dataset.fault:
        return f"Broken: {dataset.fault}. It cannot be used; copy or collect it again."
    parts = [dataset.environment or "no environment named"]
    if dataset.returns is not None:
        found = dataset.returns
        parts += [f"mean return {found.mean:,.1f}", f"best {found.best:,.1f}"]
    collected = f"collected by {dataset.algorithm}" if dataset.algorithm else ""
    parts += filter(None, [recipe_words(dataset.recipe) or collected])
    return " · ".join(parts)


def recipe_words(recipe: str) -> str:
    """Who acted in it, at most a few of them; empty where it is not one of ours."""
    try:
        found = json.loads(recipe)
        names = [Path(str(part["policy"])).stem for part in found["parts"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    different = list(dict.fromkeys(name[:_LONGEST_POLICY] for name in names))
    rest = f" and {len(different) - _MOST_POLICIES} more" * (len(different) > _MOST_POLICIES)
    several = "s" * (len(names) != 1)
    return (
        f"recipe of {len(names)} part{several}: {', '.join(different[:_MOST_POLICIES])}{rest}"
    )


def tip(dataset: Dataset) -> str:
    """Where it lies and how it was made."""
    if dataset.fault:
        return f"{dataset.path}\nbroken: {dataset.fault}"
    recipe = dataset.recipe if len(dataset.recipe) < 800 else f"{dataset.recipe[:800]}…"
    return f"{dataset.path}\nrecipe: {recipe or 'not told'}"


def size_text(count: int) -> str:
    """Bytes as people read them."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"
