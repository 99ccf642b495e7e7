"""The registry of tasks: plain data, free of torch, gymnasium and MuJoCo."""

from core.tasks.registry import TASKS, find_task
from core.tasks.task import Argument, Bound, Goal, Maze, Task

__all__ = ["TASKS", "Argument", "Bound", "Goal", "Maze", "Task", "find_task"]
