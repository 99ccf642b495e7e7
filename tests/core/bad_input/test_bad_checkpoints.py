"""Spoilt checkpoints at the command line."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.checkpoint_files import forge_file, forge_manifest, safetensors_bytes
from tests.core.bad_input.refusals import refusal
from tests.sb3_archives import Bomb


def nan_weights(folder: Path) -> None:
    """Put one NaN among the policy's weights, and mend the digest."""
    path = folder / "policy.safetensors"
    content = path.read_bytes()
    forge_file(folder, path.name, content[:-4] + np.float32("nan").tobytes())


def other_shape(folder: Path) -> None:
    """Describe the policy as a wider one."""
    forge_manifest(folder, lambda values: values["networks"]["policy"].update(hidden=[9, 9]))


def truncate(folder: Path) -> None:
    """Cut a file off."""
    os.truncate(folder / "critic.safetensors", 100)


def disguise(folder: Path) -> None:
    """Put a pickle in the place of weights."""
    content = pickle.dumps(Bomb(folder.parent / "exploded"))
    forge_file(folder, "policy.safetensors", content)


def claim(folder: Path) -> None:
    """A header that claims 10 GB."""
    forge_file(folder, "reward.safetensors", safetensors_bytes({}, claimed=10 * 10**9))


def rename_task(folder: Path) -> None:
    """A task that nobody knows."""
    forge_manifest(folder, lambda values: values.update(task="pong"))


def repeat_key(folder: Path) -> None:
    """A key twice."""
    path = folder / "checkpoint.json"
    path.write_text(path.read_text().replace("{", '{"name": "a",', 1))


def absurd_size(folder: Path) -> None:
    """An architecture that would take terabytes."""
    forge_manifest(folder, lambda v: v["networks"]["policy"].update(hidden=[10**6, 10**6]))


def no_critic(folder: Path) -> None:
    """One network less, everywhere."""
    (folder / "critic.safetensors").unlink()

    def forget(values: dict[str, Any]) -> None:
        del values["networks"]["critic"], values["files"]["critic.safetensors"]

    forge_manifest(folder, forget)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (shutil.rmtree, "there is no checkpoint 'good'"),
    "without a manifest": (lambda f: (f / "checkpoint.json").unlink(), "no checkpoint.json"),
    "without a file": (lambda f: (f / "policy.safetensors").unlink(), "policy.safetensors"),
    "wrong task": (rename_task, "there is no task 'pong'"),
    "truncated": (truncate, "critic.safetensors is cut off"),
    "pickle": (disguise, "is a pickle"),
    "NaN": (nan_weights, "not finite"),
    "10 GB": (claim, "reward.safetensors"),
    "wrong shapes": (other_shape, "policy"),
    "absurd sizes": (absurd_size, "policy"),
    "a network less": (no_critic, "critic"),
    "a key twice": (repeat_key, "comes twice"),
}


@pytest.mark.parametrize("case", sorted(SPOILT))
def test_a_spoilt_checkpoint_is_not_run(
    place: Path, capfd: pytest.CaptureFixture[str], case: str
) -> None:
    spoil, expected = SPOILT[case]
    spoil(place / "good")
    words = ("run", "good", "--steps", "2", "--trace", "t.trace")
    assert expected in refusal(capfd, *words)
    assert expected in refusal(capfd, "evaluate", "good", "--episodes", "1", "--json", "r.json")
