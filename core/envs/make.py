"""Make the Gymnasium environment of a task: only what gymnasium's registry names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import logger

from core.errors import InputError
from core.tasks import Task

ROBOTICS = "AntMaze_"
"""Ids that gymnasium-robotics registers."""


def make(task: Task) -> Any:
    """The bare environment, without time limit.

    Raises InputError where the id is unknown, is no MuJoCo environment, or refuses the task's
    arguments.
    """
    identifier = task.environment_id
    if identifier.startswith(ROBOTICS):
        _register_robotics()
    if identifier not in gymnasium.registry:
        raise InputError(
            f"gymnasium has no environment {identifier!r}",
            "use an id of gymnasium's registry, for instance Hopper-v5",
        )
    arguments = {argument.name: argument.value for argument in task.environment_arguments}
    try:
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


def _register_robotics() -> None:
    """Importing it registers its environments, with warnings about ones that are not ours."""
    level = logger.min_level
    logger.min_level = logger.ERROR
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import gymnasium_robotics  # noqa: F401
    logger.min_level = level
