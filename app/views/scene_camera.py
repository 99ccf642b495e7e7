"""From where a task's body is looked at first: from the side, or from above."""

from __future__ import annotations

from app.rendering.wire import Camera
from core.envs.poses import walks_on_ground
from core.tasks import Task

SIDE_VIEW = Camera()
ABOVE = Camera(azimuth=90.0, elevation=-50.0)
"""+x to the right and +y away, as on a map."""


def home_view(task: Task) -> Camera:
    """A planar body from the side, one that walks over the floor from above at an angle."""
    return ABOVE if walks_on_ground(task) else SIDE_VIEW
