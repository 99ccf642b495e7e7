"""Checkpoints for a fork: another task is refused, even one of the same name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.errors import InputError
from core.session.shelf import Shelf
from core.tasks import TASKS
from tests.runnable_checkpoint import write_runnable


def test_a_checkpoint_of_the_same_task_is_taken_once(tmp_path: Path) -> None:
    name, shelf = str(write_runnable(tmp_path / "tiny")), Shelf()
    assert shelf.named(name, TASKS["hopper"]) is shelf.named(name, TASKS["hopper"])


def test_another_task_is_refused_even_under_the_same_name(tmp_path: Path) -> None:
    name = str(write_runnable(tmp_path / "tiny"))
    with pytest.raises(InputError, match="is a checkpoint for hopper: choose one for walker2d"):
        Shelf().named(name, TASKS["walker2d"])
    namesake = dataclasses.replace(TASKS["hopper"], state_size=12)
    with pytest.raises(InputError, match="for another hopper"):
        Shelf().named(name, namesake)
