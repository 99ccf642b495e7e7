"""The frozen twin: the pretrained policy on the same reset seed, beside the adaptive run."""

from __future__ import annotations

import numpy as np

from core.adaptation.controllers import pretrained_action
from core.envs.mujoco import Environment, Vector
from core.models.interfaces import Policy
from core.tasks import Task


class FrozenTwin:
    """What would have happened without adaptation. In time with the run; ends on its own."""

    def __init__(self, task: Task, pretrained: Policy) -> None:
        self._environment = Environment(task)
        self._pretrained = pretrained
        self.state: Vector = np.zeros(task.state_size)
        self.episode_return = 0.0
        self.length = 0
        self.alive = False

    def reset(self, seed: int) -> None:
        """Start the episode of that seed."""
        self.state = self._environment.reset(seed)
        self.episode_return, self.length, self.alive = 0.0, 0, True

    def apply(self) -> None:
        """One environment step with the pretrained policy; nothing after the end."""
        if not self.alive:
            return
        action = pretrained_action(self._pretrained, self.state)
        transition = self._environment.apply(action)
        self.state = transition.next_state
        self.episode_return += transition.reward
        self.length += 1
        self.alive = not (transition.terminated or transition.truncated)

    def finish(self) -> None:
        """Run to the end of the episode."""
        while self.alive:
            self.apply()

    def save(self) -> Vector:
        """The physics state (P,)."""
        return self._environment.save()

    def restore(
        self, physics: Vector, state: Vector, *, length: int, episode_return: float, alive: bool
    ) -> None:
        """Go back to a saved moment."""
        self._environment.restore(physics, length)
        self.state, self.length = state.copy(), length
        self.episode_return, self.alive = episode_return, alive
