"""Real episodes of a policy, and whether Q agrees with what they return."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.envs.mujoco import Environment
from core.models.critic import TwinCritic
from core.models.policy import MlpPolicy
from core.tasks import Task

_UNSEEN = 0.05
"""States so close to a time limit that more than this share of their discounted return may lie
beyond it have no Monte Carlo return of their own: 0.99^299 = 5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QCheck:
    """Returns of real episodes beside the critic's values on the same states."""

    return_mean: float
    """Reward units."""
    return_std: float
    q_mean: float
    """Mean min Q(s, pi(s)) with the critic penalty added back, in the critic's unit."""
    monte_carlo_mean: float
    """Mean discounted return from the same states, in the critic's unit. An episode that did
    not reach its goal in time counts as 0 to its end."""


def check_values(
    task: Task,
    policy: MlpPolicy,
    critic: TwinCritic,
    *,
    episodes: int,
    first_seed: int,
    penalty: float,
    discount: float,
) -> QCheck:
    """Run `episodes` real episodes with seeds first_seed.. and compare."""
    environment = Environment(task)
    tail = 0 if task.goal else math.ceil(math.log(_UNSEEN) / math.log(discount))
    returns, values, monte_carlo = [], [], []
    for seed in range(first_seed, first_seed + episodes):
        states, rewards, truncated = run_episode(environment, policy, seed)
        returns.append(float(rewards.sum()))
        to_go = discounted(rewards, discount) * task.critic_reward_scale
        kept = max(1, len(rewards) - tail) if truncated else len(rewards)
        with torch.inference_mode():
            batch = torch.from_numpy(states[:kept]).float()
            values.append(critic(batch, policy(batch)).numpy())
        monte_carlo.append(to_go[:kept])
    environment.close()
    return QCheck(
        return_mean=float(np.mean(returns)),
        return_std=float(np.std(returns)),
        q_mean=float(np.concatenate(values).mean()) + penalty,
        monte_carlo_mean=float(np.concatenate(monte_carlo).mean()),
    )


def run_episode(
    environment: Environment, policy: MlpPolicy, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """States (T, S), rewards (T,), and whether the time limit ended it."""
    state = environment.reset(seed)
    states, rewards = [], []
    while True:
        with torch.inference_mode():
            action = policy(torch.from_numpy(state).float()[None])[0].numpy()
        transition = environment.apply(action)
        states.append(state)
        rewards.append(transition.reward)
        state = transition.next_state
        if transition.terminated or transition.truncated:
            return np.array(states), np.array(rewards), transition.truncated


def discounted(rewards: NDArray[np.float64], discount: float) -> NDArray[np.float64]:
    """(T,) sum_{i >= t} gamma^(i - t) r_i."""
    to_go = np.zeros_like(rewards)
    total = 0.0
    for t in range(len(rewards) - 1, -1, -1):
        total = rewards[t] + discount * total
        to_go[t] = total
    return to_go
