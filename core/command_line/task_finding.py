"""Which task a TASK of the command line means."""

from __future__ import annotations

from core.command_line.output import warn
from core.errors import InputError
from core.tasks import TASKS, Task

FROM_DATASET = "dataset"
"""Stands for the environment that the data set names."""
HELP = "a known task, or the id of any MuJoCo environment of gymnasium's registry"


def find_task(name: str, *, dataset_id: str | None = None) -> Task:
    """A known task by its name; else any environment by its id (Swimmer-v5), or, where a data
    set is given, by the word `dataset`. What was found out about it is told on stderr.

    Raises InputError with the known names and the nearest ids.
    """
    if name in TASKS:
        return TASKS[name]
    if name == FROM_DATASET and dataset_id is not None:
        from core.data.environment_spec import task_of_dataset

        task = task_of_dataset(dataset_id)
    else:
        task = _registered(name, dataset_id)
    if task.name not in TASKS:
        warn(f"psiscope: {_description(task)}")
    return task


def _registered(name: str, dataset_id: str | None) -> Task:
    from core.envs.derive import derive_task, known_task
    from core.envs.make import is_registered, nearest_ids

    if not is_registered(name):
        ids = ", ".join(nearest_ids(name) or ["Swimmer-v5"])
        word = f", or `{FROM_DATASET}`" if dataset_id is not None else ""
        raise InputError(
            f"there is no task {name[:80]!r}",
            f"known tasks: {', '.join(sorted(TASKS))}; or an id of gymnasium's registry ({ids})"
            f"{word}",
        )
    return known_task(name) or derive_task(name)


def _description(task: Task) -> str:
    left_out = [
        argument.name for argument in task.environment_arguments if argument.value is False
    ]
    parts = [
        f"{task.name} is {task.environment_id}: {task.state_size} numbers in a state, "
        f"{task.action_size} in an action, {task.episode_limit} environment steps of "
        f"{task.seconds_per_environment_step:g} s an episode; no score",
        *([f"without {', '.join(left_out)}"] if left_out else []),
        *([] if task.has_pose else ["its states are no poses: no fans and ghosts"]),
    ]
    return "; ".join(parts)
