"""Make the Gymnasium environment of a task: only what gymnasium's registry names."""

from __future__ import annotations

import contextlib
import difflib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import logger

from core.envs.quiet import quiet_compiler
from core.errors import InputError
from core.tasks import Argument, Task

ROBOTICS = "AntMaze_"
"""Ids that gymnasium-robotics registers."""
LARGEST_ARGUMENT = 10**6
MOST_SUBSTEPS = 1000
"""Simulator steps in an environment step (frame_skip)."""


def make(task: Task) -> Any:
    """The bare environment, without time limit.

    Raises InputError where the id is unknown, is no MuJoCo environment, or refuses the task's
    arguments. An id never makes Python import what it names: `module:Id-v0` is unknown.
    """
    identifier = task.environment_id
    if not is_registered(identifier):
        raise InputError(
            f"gymnasium has no environment {identifier[:80]!r}",
            "use an id of gymnasium's registry, for instance Hopper-v5",
        )
    check_arguments(task.environment_arguments)
    arguments = {argument.name: argument.value for argument in task.environment_arguments}
    try:
        with warnings.catch_warnings(), quiet_compiler():
            warnings.filterwarnings("ignore", message=".*is out of date", append=False)
            made = gymnasium.make(identifier, disable_env_checker=True, **arguments).unwrapped
    except Exception as error:
        line = " ".join(str(error).split())[:200]
        raise InputError(
            f"{identifier} cannot be made ({line})", "check its arguments"
        ) from error
    leftover = getattr(made, "tmp_xml_file_path", None)
    if leftover is not None:
        Path(leftover).unlink(missing_ok=True)
    if not all(hasattr(made, name) for name in ("model", "data")):
        raise InputError(
            f"{identifier} is no MuJoCo environment", "use one that MuJoCo simulates"
        )
    return made


def is_registered(identifier: str) -> bool:
    """Whether gymnasium's registry has the id; gymnasium-robotics' mazes are registered."""
    if identifier.startswith(ROBOTICS):
        _register_robotics()
    return identifier in gymnasium.registry


def nearest_ids(name: str) -> list[str]:
    """Up to three registered ids that look like the name; the newest versions first."""
    found = {identifier.lower(): identifier for identifier in gymnasium.registry}
    word = name.lower()
    begins = sorted((key for key in found if key.startswith(f"{word}-v")), reverse=True)
    near = begins or difflib.get_close_matches(word, found, n=3)
    return [found[key] for key in near[:3]]


def check_arguments(arguments: Sequence[Argument]) -> None:
    """Raise InputError unless all are truth values or numbers in range: no files, no code."""
    for argument in arguments:
        name, value = argument.name[:80], argument.value
        if not isinstance(value, bool | int | float):
            raise InputError(
                f"the environment's argument {name!r} is no number or truth value",
                "only such arguments are taken from a file",
            )
        limit = MOST_SUBSTEPS if name == "frame_skip" else LARGEST_ARGUMENT
        if not -limit <= value <= limit or (name == "frame_skip" and value < 1):
            raise InputError(
                f"the environment's argument {name!r} is out of range",
                f"numbers up to {limit} are taken, of frame_skip from 1",
            )


def _register_robotics() -> None:
    """Importing it registers its environments, with warnings about ones that are not ours."""
    level = logger.min_level
    logger.min_level = logger.ERROR
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import gymnasium_robotics  # noqa: F401
    logger.min_level = level
