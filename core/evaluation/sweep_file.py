"""Results of sweeps, read back from files with care."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.checkpoints.figures import (
    figure,
    figures,
    listed,
    optional,
    part,
    text,
    whole,
    yes_or_no,
)
from core.errors import InputError
from core.evaluation.json_file import read_json


def read_sweep(path: Path) -> dict[str, Any]:
    """What `sweep --json` wrote. Raises InputError on anything else."""
    values = read_json(path)
    try:
        seeds = [whole(seed, "a reset seed") for seed in listed(values, "reset_seeds")]
        for name in ("task", "dataset", "recipe"):
            text(values.get(name), name)
        for name in ("updates", "training_seed"):
            whole(values.get(name), name)
        yes_or_no(values.get("goal"), "goal")
        figure(part(values, "rebrac").get("beta_critic"), "beta_critic")
        optional(values.get("default_beta_actor"), "default_beta_actor")
        points = [read_point(point, len(seeds)) for point in listed(values, "points")]
        if len({point["beta_actor"] for point in points}) < len(points):
            raise ValueError("a beta_actor comes twice")
    except ValueError as error:
        raise InputError(
            f"{path} is not what sweep --json writes ({error})", "name another file"
        ) from error
    return values


def read_point(point: Any, episodes: int) -> dict[str, Any]:
    """One beta_actor with its figures, after that many episodes. Raises ValueError."""
    if not isinstance(point, dict):
        raise ValueError("a point is no JSON object")
    text(point.get("dataset_digest"), "dataset_digest")
    figures(point, "returns", episodes)
    for name in ("beta_actor", "return_mean", "success_rate"):
        figure(point.get(name), name)
    for name in ("score", "q_mean", "monte_carlo_mean"):
        optional(point.get(name), name)
    if point.get("return_ci95") is not None:
        figures(point, "return_ci95", 2)
    yes_or_no(point.get("settled"), "settled")
    return point
