"""Weights as a vector: there and back, and when two policies are one."""

from __future__ import annotations

import copy

import pytest
import torch

from core.adaptation.weights import flat, psi_of, same_weights, set_psi
from core.models.policy import MlpPolicy
from tests.worlds import small_networks


@pytest.fixture
def policy() -> MlpPolicy:
    policy, *_ = small_networks(3, state_size=4, action_size=2)
    return policy


def test_the_vector_is_a_copy_and_goes_back_bit_for_bit(policy: MlpPolicy) -> None:
    psi, other = psi_of(policy), copy.deepcopy(policy)
    set_psi(other, psi + 1)
    assert torch.equal(psi, psi_of(policy))
    assert not torch.equal(psi, psi_of(other))
    set_psi(other, psi)
    assert all(map(torch.equal, policy.parameters(), other.parameters()))
    assert torch.equal(psi, flat(list(policy.parameters())))


def test_policies_are_one_when_no_weight_differs(policy: MlpPolicy) -> None:
    other, psi = copy.deepcopy(policy), psi_of(policy)
    assert same_weights(policy, other)
    for position in (0, len(psi) // 2, len(psi) - 1):
        moved = psi.clone()
        moved[position] += 1e-3
        set_psi(other, moved)
        assert not same_weights(policy, other)
