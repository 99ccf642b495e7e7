"""The objective of the imagination (arXiv:2603.22430, eq. 3, with survival; contracts 2).

J(psi) = 1/M sum_m [ sum_{j<H} gamma^j sigma_j r(s_j, a_j)
                     + gamma^H sigma_H Q(s_H, pi(s_H)) / scale ]
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.adaptation.rollout import Rollout
from core.arrays import Values


def horizon_return(rollout: Rollout, *, discount: float, critic_reward_scale: float) -> Values:
    """J per particle (M,), reward units. Differentiable in psi."""
    rewards = reward_terms(rollout, discount=discount)
    return rewards.sum(dim=1) + terminal_terms(
        rollout, discount=discount, critic_reward_scale=critic_reward_scale
    )


def reward_terms(rollout: Rollout, *, discount: float) -> Tensor:
    """gamma^j sigma_j r(s_j, a_j): (M, H)."""
    horizon = rollout.rewards.shape[1]
    powers = discount ** torch.arange(horizon, dtype=rollout.rewards.dtype)
    return powers * rollout.survival[:, :horizon] * rollout.rewards


def terminal_terms(rollout: Rollout, *, discount: float, critic_reward_scale: float) -> Values:
    """gamma^H sigma_H Q(s_H, pi(s_H)) / critic_reward_scale: (M,)."""
    horizon = rollout.rewards.shape[1]
    return (
        discount**horizon
        * rollout.survival[:, -1]
        * rollout.terminal_values
        / critic_reward_scale
    )
