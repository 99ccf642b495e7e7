"""The tasks Psiscope knows by name."""

from __future__ import annotations

from core.errors import InputError
from core.tasks.antmaze import ANTMAZE
from core.tasks.locomotion import HALFCHEETAH, HOPPER, WALKER2D
from core.tasks.task import Task

TASKS: dict[str, Task] = {task.name: task for task in (HOPPER, HALFCHEETAH, WALKER2D, *ANTMAZE)}


def find_task(name: str) -> Task:
    """The task of that name; raises InputError naming the known ones."""
    try:
        return TASKS[name]
    except KeyError:
        raise InputError(
            f"there is no task {name!r}", f"known tasks: {', '.join(sorted(TASKS))}"
        ) from None
