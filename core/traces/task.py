"""The task of a trace, from the trace alone. Free of torch."""

from __future__ import annotations

from core.checkpoints.task_facts import parse_task
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
