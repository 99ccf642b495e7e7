"""A goal on the ground, known exactly: reward and end of the episode come from x and y."""

from __future__ import annotations

import torch

from core.arrays import States, Values
from core.tasks import Goal


def reached(state: States, goal: Goal) -> Values:
    """sigmoid((radius - |(x, y) - goal|) / width): (N,) in [0, 1], 1 at the goal.

    The environment's rule is its limit for width -> 0, which has no gradient.
    """
    away = torch.stack([state[:, 0] - goal.x, state[:, 1] - goal.y], dim=1)
    distance = (away.square().sum(dim=1) + 1e-12).sqrt()
    return torch.sigmoid((goal.radius - distance) / goal.width)
