"""True futures: the real simulator, rolled from a saved state with several policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.envs.mujoco import Environment, Vector
from core.models.interfaces import Critic, Policy
from core.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueFutures:
    """One row per policy (N rows), H real steps each."""

    states: NDArray[np.float64]
    """(N, H + 1, S); after an end the last state is repeated."""
    rewards: NDArray[np.float64]
    """(N, H); 0 after an end."""
    objectives: NDArray[np.float64]
    """(N,) sum gamma^j r + gamma^H Q(s_H, pi(s_H)) / scale; no Q after a termination."""
    lengths: NDArray[np.int64]
    """(N,) environment steps until an end, at most H."""


class Oracle:
    """A simulator of its own: asking it never disturbs the run."""

    def __init__(self, task: Task, critic: Critic, *, critic_reward_scale: float) -> None:
        self._environment = Environment(task)
        self._environment.reset(0)
        self._critic, self._scale, self._discount = critic, critic_reward_scale, task.discount

    def roll(
        self, policies: Sequence[Policy], physics: Vector, elapsed: int, *, horizon: int
    ) -> TrueFutures:
        """Roll each policy `horizon` environment steps from the physics state (P,)."""
        rolled: dict[int, tuple[NDArray[np.float64], NDArray[np.float64], float, int]] = {}
        for policy in policies:
            if id(policy) not in rolled:
                rolled[id(policy)] = self._roll(policy, physics, elapsed, horizon)
        rows = [rolled[id(policy)] for policy in policies]
        return TrueFutures(
            states=np.stack([row[0] for row in rows]),
            rewards=np.stack([row[1] for row in rows]),
            objectives=np.array([row[2] for row in rows]),
            lengths=np.array([row[3] for row in rows], dtype=np.int64),
        )

    def _roll(
        self, policy: Policy, physics: Vector, elapsed: int, horizon: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float, int]:
        state = self._environment.restore(physics, elapsed)
        states = np.repeat(state[None], horizon + 1, axis=0)
        rewards = np.zeros(horizon)
        length, terminated = horizon, False
        with torch.inference_mode():
            for j in range(horizon):
                action = policy(torch.from_numpy(states[j]).float()[None])[0].numpy()
                transition = self._environment.apply(action)
                states[j + 1 :] = transition.next_state
                rewards[j] = transition.reward
                if transition.terminated or transition.truncated:
                    length, terminated = j + 1, transition.terminated
                    break
            objective = float(self._discount ** np.arange(horizon) @ rewards)
            if not terminated:
                last = torch.from_numpy(states[-1]).float()[None]
                value = float(self._critic(last, policy(last)))
                objective += self._discount**length * value / self._scale
        return states, rewards, objective, length
