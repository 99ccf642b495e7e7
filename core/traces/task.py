"""The task of a trace and the names of its policy's layers, from the trace alone.

Free of torch.
"""

from __future__ import annotations

from core.checkpoints.strict_json import parse_json
from core.checkpoints.task_facts import LARGEST_FACTS, parse_task
from core.errors import CheckpointError, TraceError
from core.tasks import Task
from core.traces.trace import RunStarted


def task_of(started: RunStarted) -> Task:
    """What the run says of its task. Raises TraceError where that cannot be true."""
    try:
        task = parse_task(started.task_facts, "the trace")
    except CheckpointError as error:
        raise TraceError(error.fact, error.remedy) from error
    if task.name != started.task:
        raise TraceError("the trace's task has two names", "record it again")
    return task


def layer_names_of(started: RunStarted) -> tuple[str, ...]:
    """The names of the policy's layers. Raises TraceError for anything but a list of texts."""
    if not started.layer_names:
        return ()
    try:
        names = parse_json(
            started.layer_names.encode(), "the list of layers in the trace", limit=LARGEST_FACTS
        )
    except CheckpointError as error:
        raise TraceError(error.fact, error.remedy) from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TraceError("the trace's list of layers is no list of names", "record it again")
    return tuple(names)
