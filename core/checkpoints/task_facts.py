"""A task as JSON, for checkpoints and traces of tasks that no registry knows. Free of torch."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from core.checkpoints.strict_json import canonical_json, decode, parse_json
from core.errors import CheckpointError
from core.tasks import Task
from core.tasks.task import LARGEST_SIZE

LARGEST_FACTS = 2**16
"""Bytes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9_./-]{1,128}")
_MISSING = dataclasses.MISSING


def task_facts(task: Task) -> dict[str, Any]:
    """What differs from the defaults, as JSON values: no infinity or NaN is among them."""
    facts: dict[str, Any] = _facts(task)
    return facts


def task_json(task: Task) -> str:
    """Canonical JSON of task_facts."""
    return canonical_json(task_facts(task))


def parse_task(text: str, name: str) -> Task:
    """The inverse of task_json. Raises CheckpointError, naming the source, on anything else."""
    return decode_task(parse_json(text.encode(), name, limit=LARGEST_FACTS), name)


def decode_task(values: Any, name: str) -> Task:
    """The inverse of task_facts, checked: sizes, names, and arguments that are plain."""
    task = decode(Task, values, name)
    checks = (
        (bool(_NAME.fullmatch(task.name)), f"the task's name {task.name[:80]!r} is unusable"),
        (
            bool(_ID.fullmatch(task.environment_id)) and ":" not in task.environment_id,
            f"the environment {task.environment_id[:80]!r} is unusable",
        ),
        (1 <= task.state_size <= LARGEST_SIZE, f"its states have {task.state_size} numbers"),
        (1 <= task.action_size <= LARGEST_SIZE, f"its actions have {task.action_size} numbers"),
        (1 <= task.episode_limit <= 10**6, f"its episodes have {task.episode_limit} steps"),
        (0 < task.seconds_per_environment_step <= 3600, "its time step is out of range"),
        (0 < task.discount < 1, f"its discount is {task.discount}"),
        (0 <= task.missing_root <= 16, f"its root lacks {task.missing_root} numbers"),
        (_lengths_fit(task), "its names or ranges do not fit its sizes"),
        (_bounds_fit(task), "its bounds do not fit its states"),
        (_arguments_plain(task), "an argument of its environment is not plain"),
        (_maze_fits(task), "its maze is malformed"),
    )
    for good, fact in checks:
        if not good:
            raise CheckpointError(
                f"{name} describes an unusable task: {fact}", "it is not ours"
            )
    return task


def _lengths_fit(task: Task) -> bool:
    sized = (
        (task.state_names, task.state_size),
        (task.state_units, task.state_size),
        (task.action_names, task.action_size),
        (task.action_low, task.action_size),
        (task.action_high, task.action_size),
    )
    ranges = zip(task.action_low, task.action_high, strict=False)
    return (
        all(len(given) in (0, size) for given, size in sized)
        and len(task.action_low) == len(task.action_high)
        and all(low < high for low, high in ranges)
    )


def _bounds_fit(task: Task) -> bool:
    return all(0 <= b.index < task.state_size and b.width > 0 for b in task.bounds) and (
        task.goal is None or (task.state_size >= 2 and task.goal.radius > 0 < task.goal.width)
    )


def _arguments_plain(task: Task) -> bool:
    return len(task.environment_arguments) <= 32 and all(
        a.name.isidentifier() and isinstance(a.value, bool | int | float)
        for a in task.environment_arguments
    )


def _maze_fits(task: Task) -> bool:
    maze = task.maze
    if maze is None:
        return True
    widths = {len(row) for row in maze.rows}
    return (
        1 <= len(maze.rows) <= 64
        and len(widths) == 1
        and 1 <= max(widths) <= 64
        and 0.01 <= maze.cell <= 1000
        and all(
            len(cell) == 2
            and cell[0] in range(len(maze.rows))
            and cell[1] in range(max(widths))
            for cell in (maze.start, maze.goal)
        )
    )


def _facts(record: Any) -> Any:
    if dataclasses.is_dataclass(record):
        values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
        defaults = {f.name: f.default for f in dataclasses.fields(record)}
        return {
            name: _facts(value)
            for name, value in values.items()
            if defaults[name] is _MISSING or not _same(value, defaults[name])
        }
    return [_facts(item) for item in record] if isinstance(record, tuple) else record


def _same(value: Any, default: Any) -> bool:
    both = isinstance(value, float) and isinstance(default, float)
    return bool(value == default or (both and math.isnan(value) and math.isnan(default)))
