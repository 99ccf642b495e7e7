"""Imagination: M futures of H steps inside the world model, differentiable in psi."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.arrays import States
from core.models.interfaces import Critic, Policy, WorldModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rollout:
    """What was imagined. Letters: M particles, H imagined steps, S state, A action."""

    states: Tensor
    """(M, H + 1, S) raw."""
    actions: Tensor
    """(M, H + 1, A); the last is pi(s_H), the action the terminal Q is asked about."""
    rewards: Tensor
    """(M, H) r(s_j, a_j, s_{j+1}), environment units."""
    survival: Tensor
    """(M, H + 1) sigma_j; sigma_0 = 1."""
    terminal_values: Tensor
    """(M,) Q(s_H, pi(s_H)), in the critic's reward unit."""


def imagine(
    policy: Policy, model: WorldModel, critic: Critic, state: States, noise: Tensor
) -> Rollout:
    """Roll M particles H steps from state (M, S) with the draws noise (H, K, M, S).

    s_0 = state; a_j = pi(s_j); s_{j+1} = f(s_j, a_j, eps_j);
    sigma_{j+1} = sigma_j alive(s_{j+1}).
    """
    states, actions, rewards, survival = (
        [state],
        [policy(state)],
        [],
        [torch.ones_like(state[:, 0])],
    )
    for draw in noise:
        states.append(model.next_state(states[-1], actions[-1], draw))
        rewards.append(model.reward(states[-2], actions[-1], states[-1]))
        actions.append(policy(states[-1]))
        survival.append(survival[-1] * model.alive(states[-1]))
    return Rollout(
        states=torch.stack(states, dim=1),
        actions=torch.stack(actions, dim=1),
        rewards=torch.stack(rewards, dim=1) if rewards else state.new_zeros(len(state), 0),
        survival=torch.stack(survival, dim=1),
        terminal_values=critic(states[-1], actions[-1]),
    )
