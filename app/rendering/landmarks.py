"""Places on the floor that have a name. Free of MuJoCo: the window names what is drawn."""

from __future__ import annotations

from core.tasks import Task


def landmarks(task: Task) -> dict[str, tuple[float, float]]:
    """Name -> (x, y), m; in this order in `Drawn.landmarks`."""
    found = {}
    if task.maze is not None:
        found["start"] = task.maze.centre(*task.maze.start)
    if task.goal is not None:
        found["goal"] = (task.goal.x, task.goal.y)
    return found
