"""Exact tiny worlds: what the mathematics says of them is known in closed form."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.initialize import initialize
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from core.models.world_model import LearnedWorldModel

S, A = 4, 2


def seeded(seed: int) -> torch.Generator:
    """A generator for weights and draws."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return generator


class ConstantWorld:
    """Every state pays the same reward for ever."""

    def __init__(self, reward: float) -> None:
        self._reward = reward

    def next_state(self, state: Tensor, action: Tensor, noise: Tensor) -> Tensor:
        return 0.9 * state + 0.1 * action.sum(dim=1, keepdim=True) + noise[0]

    def reward(self, state: Tensor, action: Tensor, next_state: Tensor) -> Tensor:
        return torch.full_like(state[:, 0], self._reward)

    def alive(self, state: Tensor) -> Tensor:
        return torch.ones_like(state[:, 0])


class LinearQuadraticWorld:
    """s' = A s + B a, r = -(s'Qs + a'Ra), critic -s'Ps; the policy is a = K s."""

    def __init__(self, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)
        self.a = torch.from_numpy(draw.normal(size=(S, S)) * 0.4)
        self.b = torch.from_numpy(draw.normal(size=(S, A)) * 0.4)
        self.q, self.p = (_positive(draw, S) for _ in range(2))
        self.r = _positive(draw, A)
        self.gain = torch.from_numpy(draw.normal(size=(A, S)) * 0.3)
        self.start = torch.from_numpy(draw.normal(size=S))

    def next_state(self, state: Tensor, action: Tensor, noise: Tensor) -> Tensor:
        return state @ self.a.T + action @ self.b.T

    def reward(self, state: Tensor, action: Tensor, next_state: Tensor) -> Tensor:
        return -(state @ self.q * state).sum(1) - (action @ self.r * action).sum(1)

    def alive(self, state: Tensor) -> Tensor:
        return torch.ones_like(state[:, 0])

    def critic(self, state: Tensor, action: Tensor) -> Tensor:
        return -(state @ self.p * state).sum(1)

    def closed_form_gradient(self, horizon: int, discount: float) -> Tensor:
        """dJ/dK = -2 sum_j gamma^j (R K + gamma B'P_{j+1} (A + B K)) s_j s_j', P by Lyapunov's
        recursion."""
        closed = self.a + self.b @ self.gain
        values = [self.p]
        for _ in range(horizon):
            values.append(
                self.q
                + self.gain.T @ self.r @ self.gain
                + discount * closed.T @ values[-1] @ closed
            )
        values.reverse()
        gradient, state = torch.zeros_like(self.gain), self.start
        for j in range(horizon):
            inner = self.r @ self.gain + discount * self.b.T @ values[j + 1] @ closed
            gradient -= 2 * discount**j * inner @ torch.outer(state, state)
            state = closed @ state
        return gradient


def _positive(draw: np.random.Generator, size: int) -> Tensor:
    root = draw.normal(size=(size, size)) * 0.5
    return torch.from_numpy(root @ root.T + 0.1 * np.eye(size))


def small_networks(
    seed: int = 0, *, state_size: int = S, action_size: int = A
) -> tuple[MlpPolicy, TwinCritic, LearnedWorldModel, DynamicsEnsemble]:
    """Random small networks with the shipped architecture."""
    policy = MlpPolicy(state_size, action_size, (16, 16))
    critic = TwinCritic(state_size, action_size, (16, 16))
    dynamics = DiffusionDynamics(state_size, action_size, width=16, blocks=1)
    reward = RewardModel(state_size, action_size, (16,))
    ensemble = DynamicsEnsemble(state_size, action_size, members=3, width=8)
    generator = seeded(seed)
    for network in (policy, critic, dynamics, reward):
        initialize(network, generator)
    for weight in ensemble.weights:
        nn.init.normal_(weight, std=0.3, generator=generator)
    dynamics.changes.std.fill_(0.1)
    for network in (critic, dynamics, reward, ensemble):
        network.requires_grad_(False)
    return policy, critic, LearnedWorldModel(dynamics, reward), ensemble
