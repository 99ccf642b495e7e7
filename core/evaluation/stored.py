"""Results of evaluations: read back from files, and their summary inside the checkpoint."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.disk import write_file
from core.checkpoints.evaluated import COMPARED
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
from core.checkpoints.manifest import MANIFEST_FILE, Manifest, parse_manifest
from core.errors import InputError
from core.evaluation.json_file import finite, read_any_json
from core.evaluation.table import Result


def read_results(path: Path) -> list[Result]:
    """The results that `evaluate --json` wrote. Raises InputError on anything else."""
    values = read_any_json(path)
    results = values if isinstance(values, list) else [values]
    try:
        if not results:
            raise ValueError("it is empty")
        for result in results:
            _check(result)
    except ValueError as error:
        raise InputError(
            f"{path} is not what evaluate --json writes ({error})",
            "name another file, or evaluate again",
        ) from error
    return results


def _check(result: Any) -> None:
    """Raise ValueError on what is no result."""
    controllers = part(result, "controllers")
    seeds = [whole(seed, "a reset seed") for seed in listed(result, "seeds")]
    text(result.get("checkpoint"), "the checkpoint")
    text(result.get("task"), "the task")
    part(result, "paired")
    part(result, "versions")
    if not controllers:
        raise ValueError("there is no controller")
    for name in controllers:
        values = part(controllers, name)
        figures(values, "returns", len(seeds))
        for score in listed(values, "scores", len(seeds)):
            optional(score, "a score")
        for success in listed(values, "successes", len(seeds)):
            yes_or_no(success, "a success")
        figure(values.get("ms_per_step"), "ms_per_step")
        text(part(values, "settings").get("preset"), "the preset")


def store(folder: Path, result: Result, *, command: str = "") -> Manifest:
    """Write the summary of a result into the checkpoint it is about; the manifest, as written.

    The digest of the checkpoint stays the same. Raises InputError where the result is about
    another checkpoint, or another state of it.
    """
    manifest = read_manifest(folder)
    if result.get("checkpoint_digest") != manifest.digest():
        raise InputError(
            f"the result is not of {folder} as it is now", "evaluate it again with --store"
        )
    found = summary(result, command=command)
    compared = manifest.evaluation.get(COMPARED)
    kept = compared if isinstance(compared, dict) else {}
    evaluation = {**manifest.evaluation, COMPARED: {**kept, str(found["preset"]): found}}
    written = dataclasses.replace(manifest, evaluation=evaluation)
    text = written.to_json().encode()
    parse_manifest(text, MANIFEST_FILE)
    write_file(folder / MANIFEST_FILE, text)
    return written


def summary(result: Result, *, command: str = "") -> dict[str, Any]:
    """What a checkpoint keeps of a result: all figures, but no single episode."""
    presets = {values["settings"]["preset"] for values in result["controllers"].values()}
    found: dict[str, Any] = finite(
        {
            "preset": "+".join(sorted(presets)),
            "command": command,
            "seeds": [result["seeds"][0], result["seeds"][-1]],
            "n": len(result["seeds"]),
            "controllers": {
                name: _figures(values) for name, values in result["controllers"].items()
            },
            "gains": dict(result["paired"]),
            "versions": dict(result["versions"]),
        }
    )
    return found


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    scores = finite(values["scores"])
    return {
        "return_mean": fmean(values["returns"]),
        "return_std": pstdev(values["returns"]),
        "score": None if None in scores else fmean(scores),
        "success_rate": fmean(values["successes"]),
        "ms_per_step": values["ms_per_step"],
        "settings": values["settings"],
    }
