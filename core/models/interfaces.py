"""What adaptation asks of a policy, a critic and a world model, all differentiable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from torch import nn

from core.arrays import Actions, Noise, States, Values


@runtime_checkable
class Policy(Protocol):
    """pi_psi: states (N, S) in raw units -> actions (N, A) in [-1, 1]."""

    def __call__(self, state: States) -> Actions: ...


@runtime_checkable
class AdaptablePolicy(Policy, Protocol):
    """A policy whose weights adaptation moves, on a copy that copy.deepcopy makes."""

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """psi, always in the same order."""
        ...

    def layers(self) -> dict[str, tuple[nn.Parameter, ...]]:
        """Layer name -> its weights; together those of parameters(), in that order."""
        ...

    def requires_grad_(self, requires_grad: bool = True) -> AdaptablePolicy:
        """Whether gradients are kept for the weights."""
        ...


@runtime_checkable
class Critic(Protocol):
    """min_i Q_i: states (N, S), actions (N, A) -> values (N,), in the critic's reward unit."""

    def __call__(self, state: States, action: Actions) -> Values: ...


@runtime_checkable
class WorldModel(Protocol):
    """Dynamics, reward and survival; states are raw, rewards in environment units."""

    def next_state(self, state: States, action: Actions, noise: Noise) -> States:
        """f_theta(s, a, eps): (N, S), (N, A), (K, N, S) standard normal -> (N, S)."""
        ...

    def reward(self, state: States, action: Actions, next_state: States) -> Values:
        """r_xi(s, a), or r(s') where the task's rule is known: (N,) in environment units."""
        ...

    def alive(self, state: States) -> Values:
        """The task's termination rule on raw states: (N,) in [0, 1]; 1 is alive."""
        ...
