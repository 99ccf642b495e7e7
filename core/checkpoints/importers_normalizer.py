"""Mean and std of the states that an imported policy was trained with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.disk import read_bounded
from core.checkpoints.policy_layers import TD3_BC, PolicyLayers
from core.checkpoints.strict_json import decode, parse_json
from core.errors import CheckpointError
from core.tasks import Task

LARGEST_FILE = 2**20
_ADDED = 1e-3
"""What CORL adds to the std."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """(s - mean) / std, by state number; both empty: raw states."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


def find_normalization(text: str, task: Task) -> Normalization:
    """`none`, a JSON file {"mean": [..], "std": [..]}, or the id of a data set to compute it
    from as CORL does. Raises InputError in one line."""
    if text == "none":
        return Normalization()
    if not text.endswith(".json"):
        # Readers of data sets are slow to import.
        from core.data.source import load_dataset

        states = load_dataset(text, task).states.astype("float64")
        return Normalization(
            mean=tuple(states.mean(axis=0).tolist()),
            std=tuple((states.std(axis=0) + _ADDED).tolist()),
        )
    found = decode(
        Normalization, parse_json(read_bounded(Path(text), LARGEST_FILE), text), text
    )
    usable = all(math.isfinite(m) for m in found.mean) and all(
        math.isfinite(s) and s > 0 for s in found.std
    )
    if not usable or not len(found.mean) == len(found.std) == task.state_size:
        raise CheckpointError(
            f"{text} does not hold {task.state_size} means and positive stds",
            f"{task.name} has {task.state_size} state numbers",
        )
    return found


def check_normalization(given: Normalization | None, layers: PolicyLayers, name: str) -> None:
    """Raise CheckpointError where it is missing, or of another size than the states."""
    if given is None and layers.source == TD3_BC:
        raise CheckpointError(
            f"{name} does not hold the mean and std of the states it was trained on",
            "give --normalizer FILE.json, a data set's id, or none where it saw raw states",
        )
    size, _ = layers.sizes
    if given is not None and {len(given.mean), len(given.std)} - {0} not in (set(), {size}):
        raise CheckpointError(
            f"the normaliser has {len(given.mean)} numbers, the policy in {name} sees {size}",
            "give the one it was trained with",
        )
