"""What the imagination does once something has gone wrong in it: it stays wrong."""

from __future__ import annotations

import torch
from torch import Tensor

from core.adaptation.ascent import Adaptation
from core.adaptation.noise import imagination_noise
from core.adaptation.rollout import imagine
from core.adaptation.weights import psi_of
from core.settings import Settings
from tests.worlds import ConstantWorld, S, small_networks

PARTICLES = 2


class OneFall(ConstantWorld):
    """Half of what lives falls at the first imagined step, and nothing after it."""

    def __init__(self) -> None:
        super().__init__(reward=1.0)
        self._asked = 0

    def alive(self, state: Tensor) -> Tensor:
        self._asked += 1
        return torch.full_like(state[:, 0], 0.5 if self._asked == 1 else 1.0)


class BreaksLater(ConstantWorld):
    """Rewards the action until it was asked `calls` times, then pays what is not a number."""

    def __init__(self, calls: int) -> None:
        super().__init__(reward=1.0)
        self._left = calls

    def reward(self, state: Tensor, action: Tensor, next_state: Tensor) -> Tensor:
        self._left -= 1
        return action.sum(dim=1) * (1.0 if self._left >= 0 else float("nan"))


def test_whoever_fell_never_stands_up_again() -> None:
    policy, critic, _, _ = small_networks()
    rollout = imagine(
        policy, OneFall(), critic, torch.ones(PARTICLES, S), torch.zeros(3, 1, PARTICLES, S)
    )
    assert rollout.survival.tolist() == [[1.0, 0.5, 0.5, 0.5]] * PARTICLES


def test_an_update_that_turns_out_not_to_be_finite_takes_back_those_before_it() -> None:
    policy, critic, _, _ = small_networks()
    policy.requires_grad_(False)
    subject = Adaptation(
        pretrained=policy, model=BreaksLater(calls=2), critic=critic, discount=0.99
    )
    settings = Settings(
        horizon=1, ascent_steps=3, step_rule="plain", step_size=1e-2, trust_radius=None
    )
    noise = imagination_noise(settings, S, seed=3, episode=0, t=0)
    updates = list(subject.updates(torch.full((1, S), 0.3), noise, settings))
    assert [update.finite for update in updates] == [True, True, False]
    assert not torch.equal(updates[-1].psi, subject.psi_0)
    assert torch.equal(psi_of(subject.policy), subject.psi_0)
