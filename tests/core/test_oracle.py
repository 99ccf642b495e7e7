"""True futures: what would really happen, asked of a simulator of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.diagnosis.oracle import Oracle
from core.envs.mujoco import Environment, Transition
from core.models.critic import TwinCritic
from core.models.interfaces import Policy
from core.tasks import TASKS
from tests.worlds import small_networks

HOPPER = TASKS["hopper"]
H = 5
SCALE = 4.0


@pytest.fixture(scope="module")
def networks() -> tuple[Policy, TwinCritic]:
    policy, critic, _, _ = small_networks(3, state_size=11, action_size=3)
    return policy.requires_grad_(False), critic


@pytest.fixture(scope="module")
def policy(networks: tuple[Policy, TwinCritic]) -> Policy:
    return networks[0]


@pytest.fixture(scope="module")
def critic(networks: tuple[Policy, TwinCritic]) -> TwinCritic:
    return networks[1]


@pytest.fixture(scope="module")
def oracle(critic: TwinCritic) -> Oracle:
    return Oracle(HOPPER, critic, critic_reward_scale=SCALE)


def act(policy: Policy, state: NDArray[np.float64]) -> NDArray[np.float32]:
    with torch.inference_mode():
        action: NDArray[np.float32] = policy(torch.from_numpy(state).float()[None])[0].numpy()
    return action


def run(policy: Policy, seed: int) -> Iterator[tuple[NDArray[np.float64], Transition]]:
    """(physics before, transition) of each environment step until the episode ends."""
    environment = Environment(HOPPER)
    state = environment.reset(seed)
    while True:
        physics = environment.save()
        transition = environment.apply(act(policy, state))
        yield physics, transition
        state = transition.next_state
        if transition.terminated or transition.truncated:
            return


def value(critic: TwinCritic, policy: Policy, state: NDArray[np.float64]) -> float:
    rows = torch.from_numpy(state).float()[None]
    return critic(rows, policy(rows)).item() / SCALE


def test_the_future_of_the_policy_that_acts_is_what_happens_bit_for_bit(
    policy: Policy, oracle: Oracle
) -> None:
    steps = list(run(policy, 0))
    for t in (0, 3, len(steps) - H):
        futures = oracle.roll((policy,), steps[t][0], t, horizon=H)
        happened = [transition for _, transition in steps[t : t + H]]
        assert np.array_equal(futures.states[0, 1:], [step.next_state for step in happened])
        assert np.array_equal(futures.rewards[0], [step.reward for step in happened])
        assert futures.lengths.tolist() == [H]


def test_the_true_objective_is_discounted_rewards_and_the_terminal_q(
    policy: Policy, critic: TwinCritic, oracle: Oracle
) -> None:
    physics, _ = next(run(policy, 1))
    futures = oracle.roll((policy,), physics, 0, horizon=H)
    gamma = HOPPER.discount
    rewards = sum(gamma**j * reward for j, reward in enumerate(futures.rewards[0].tolist()))
    terminal = gamma**H * value(critic, policy, futures.states[0, -1])
    assert futures.objectives[0] == pytest.approx(rewards + terminal)


def test_asking_never_disturbs_the_run(policy: Policy, oracle: Oracle) -> None:
    undisturbed = [transition for _, transition in run(policy, 2)]
    asked = []
    for t, (physics, transition) in enumerate(run(policy, 2)):
        oracle.roll((policy, lambda s: torch.ones(len(s), 3)), physics, t, horizon=H)
        asked.append(transition)
    assert len(asked) == len(undisturbed) > 5
    for one, other in zip(asked, undisturbed, strict=True):
        assert np.array_equal(one.next_state, other.next_state)
        assert dataclasses.astuple(one)[1:] == dataclasses.astuple(other)[1:]


def test_an_answer_does_not_depend_on_what_was_asked_before(
    policy: Policy, critic: TwinCritic, oracle: Oracle
) -> None:
    moments = [physics for physics, _ in islice(run(policy, 4), 4)]
    for physics in moments:
        oracle.roll((policy,), physics, 0, horizon=3)
    fresh = Oracle(HOPPER, critic, critic_reward_scale=SCALE)
    for t, physics in reversed(list(enumerate(moments))):
        old, new = (o.roll((policy,), physics, t, horizon=H) for o in (oracle, fresh))
        assert np.array_equal(old.states, new.states)
        assert np.array_equal(old.objectives, new.objectives)


def test_after_a_termination_there_is_no_q_and_nothing_more_happens(
    policy: Policy, oracle: Oracle
) -> None:
    steps = list(run(policy, 5))
    assert steps[-1][1].terminated
    t = len(steps) - 2
    futures = oracle.roll((policy,), steps[t][0], t, horizon=H)
    first, second = (step.reward for _, step in steps[t:])
    assert futures.lengths.tolist() == [2]
    assert futures.rewards[0].tolist() == [first, second, 0.0, 0.0, 0.0]
    assert (futures.states[0, 2:] == steps[-1][1].next_state).all()
    assert futures.objectives[0] == pytest.approx(first + HOPPER.discount * second)


def test_after_the_time_limit_the_q_stands_for_what_would_have_followed(
    policy: Policy, critic: TwinCritic, oracle: Oracle
) -> None:
    physics, step = next(run(policy, 6))
    futures = oracle.roll((policy,), physics, HOPPER.episode_limit - 1, horizon=H)
    assert futures.lengths.tolist() == [1]
    terminal = HOPPER.discount * value(critic, policy, step.next_state)
    assert futures.objectives[0] == pytest.approx(step.reward + terminal)


def test_each_policy_has_a_row_and_the_same_policy_is_rolled_once(
    policy: Policy, oracle: Oracle
) -> None:
    calls = []

    def counted(state: Tensor) -> Tensor:
        calls.append(state)
        return policy(state)

    physics, _ = next(run(policy, 7))
    futures = oracle.roll((counted, policy, counted), physics, 0, horizon=H)
    assert futures.states.shape == (3, H + 1, HOPPER.state_size)
    assert np.array_equal(futures.states[0], futures.states[1])
    assert np.array_equal(futures.states[0], futures.states[2])
    assert len(calls) == H + 1
