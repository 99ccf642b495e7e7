"""ReBRAC's losses and targets against the formulas, row by row."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.models.critic import TwinCritic
from core.models.policy import MlpPolicy
from core.pretraining.rebrac import (
    Rebrac,
    RebracSettings,
    critic_loss,
    critic_target,
    move_towards,
    policy_loss,
)
from core.tasks import TASKS
from tests.worlds import seeded, small_networks

S, A, N = 4, 2, 8
HOPPER = TASKS["hopper"]
SETTINGS = RebracSettings(beta_actor=0.05, beta_critic=0.5, discount=0.9, batch=32)


@pytest.fixture
def batch() -> dict[str, Tensor]:
    draw = seeded(1)
    rows = {
        name: torch.randn(N, size, generator=draw)
        for name, size in (("states", S), ("next_states", S))
    }
    rows |= {
        name: torch.rand(N, A, generator=draw) * 2 - 1 for name in ("actions", "next_actions")
    }
    ends = torch.tensor([True, False] * (N // 2))
    return rows | {"rewards": torch.randn(N, generator=draw), "terminated": ends}


@pytest.fixture
def networks() -> tuple[MlpPolicy, TwinCritic]:
    policy, critic, _, _ = small_networks(2)
    return policy.requires_grad_(True), critic.requires_grad_(True)


Networks = tuple[MlpPolicy, TwinCritic]
Batch = dict[str, Tensor]


def test_the_critics_target_is_the_formula_in_every_row(
    networks: Networks, batch: Batch
) -> None:
    policy, critic = networks
    noise = 5 * torch.randn(N, A, generator=seeded(3))
    target = critic_target(policy, critic, batch, noise, SETTINGS)
    clipped = 0
    for row in range(N):
        following = batch["next_states"][row : row + 1]
        action = []
        for chosen, draw in zip(
            policy(following)[0].tolist(), noise[row].tolist(), strict=True
        ):
            smoothing = min(max(0.2 * draw, -0.5), 0.5)
            clipped += abs(0.2 * draw) > 0.5
            action.append(min(max(chosen + smoothing, -1.0), 1.0))
        data = batch["next_actions"][row].tolist()
        penalty = sum((a - b) ** 2 for a, b in zip(action, data, strict=True))
        inputs = torch.cat([following, torch.tensor([action])], dim=1)
        worse = min(critic.first(inputs).item(), critic.second(inputs).item())
        wanted = batch["rewards"][row].item()
        if not batch["terminated"][row]:
            wanted += 0.9 * (worse - 0.5 * penalty)
        assert target[row].item() == pytest.approx(wanted, abs=1e-5)
    assert 0 < clipped < N * A


def test_a_terminated_row_is_worth_its_reward_whatever_lies_after_it(
    networks: Networks, batch: Batch
) -> None:
    noise = torch.randn(N, A, generator=seeded(3))
    before = critic_target(*networks, batch, noise, SETTINGS)
    ends = batch["terminated"]
    batch["next_states"][ends] = 1e3
    batch["next_actions"][ends] = -1e3
    after = critic_target(*networks, batch, noise, SETTINGS)
    assert torch.equal(after, before)
    assert torch.equal(after[ends], batch["rewards"][ends])


def test_the_critics_loss_sums_the_squared_errors_of_the_twins(
    networks: Networks, batch: Batch
) -> None:
    _, critic = networks
    target = torch.arange(N, dtype=torch.float32)
    inputs = torch.cat([batch["states"], batch["actions"]], dim=1)
    each = [
        ((twin(inputs)[:, 0] - target) ** 2).mean() for twin in (critic.first, critic.second)
    ]
    loss = critic_loss(critic, batch, target)
    assert torch.allclose(loss, each[0] + each[1])
    loss.backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in critic.parameters())


def test_the_policys_loss_divides_q_by_a_scale_that_has_no_gradient(
    networks: Networks, batch: Batch
) -> None:
    policy, critic = networks
    loss, cloning = policy_loss(policy, critic, batch, 0.05)
    action = policy(batch["states"])
    value = critic(batch["states"], action)
    penalty = ((action - batch["actions"]) ** 2).sum(dim=1)
    scale = value.abs().mean().item()
    by_hand = (0.05 * penalty - value / scale).mean()
    assert torch.allclose(loss, by_hand)
    assert torch.allclose(cloning, penalty.mean())
    assert not cloning.requires_grad
    weights = list(policy.parameters())
    pairs = zip(
        torch.autograd.grad(loss, weights), torch.autograd.grad(by_hand, weights), strict=True
    )
    assert all(torch.allclose(ours, wanted, atol=1e-6) for ours, wanted in pairs)


def test_a_q_of_zero_is_divided_by_the_floor(networks: Networks, batch: Batch) -> None:
    policy, critic = networks
    for parameter in critic.parameters():
        parameter.data.zero_()
    loss, cloning = policy_loss(policy, critic, batch, 0.05)
    assert loss.item() == pytest.approx(0.05 * cloning.item())


def test_targets_move_by_tau_towards_the_networks() -> None:
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    before = copy.deepcopy(target)
    move_towards(target, source, 0.02)
    for old, aim, now in zip(
        before.parameters(), source.parameters(), target.parameters(), strict=True
    ):
        assert torch.allclose(now, 0.98 * old + 0.02 * aim, atol=1e-7)
    move_towards(target, source, 1.0)
    assert torch.allclose(target.weight, source.weight)


@pytest.fixture(scope="module")
def dataset() -> OfflineDataset:
    draw = np.random.default_rng(0)
    episodes = [
        Episode(
            states=draw.normal(size=(21, 11)),
            actions=draw.uniform(-1, 1, (20, 3)),
            rewards=draw.normal(size=20),
            terminated=number % 2 == 0,
        )
        for number in range(4)
    ]
    return from_episodes("noise", HOPPER, episodes)


def test_hidden_biases_start_at_a_tenth_and_last_layers_near_zero(
    dataset: OfflineDataset,
) -> None:
    stage = Rebrac(HOPPER, dataset, SETTINGS, seed=0)
    for network, last in (
        (stage.policy.network, 1e-3),
        (stage.critic.first, 3e-3),
        (stage.critic.second, 3e-3),
    ):
        *hidden, output = [layer for layer in network if isinstance(layer, nn.Linear)]
        assert len(hidden) == 3
        assert all(bool((layer.bias == 0.1).all()) for layer in hidden)
        for parameter in (output.weight, output.bias):
            assert parameter.abs().max() <= last
        assert output.weight.abs().max() > 0.9 * last
    assert not torch.equal(stage.critic.first[0].weight, stage.critic.second[0].weight)


def test_the_policy_moves_at_every_second_update_and_the_targets_as_often_as_told(
    dataset: OfflineDataset,
) -> None:
    settings = dataclasses.replace(SETTINGS, targets_every=3)
    stage = Rebrac(HOPPER, dataset, settings, seed=0)
    moved: dict[str, list[int]] = {name: [] for name in stage.networks}
    for number in range(6):
        before = copy.deepcopy(stage.networks)
        stage.update(number)
        for name, network in stage.networks.items():
            old, new = before[name].state_dict(), network.state_dict()
            if any(not torch.equal(old[key], new[key]) for key in old):
                moved[name].append(number)
    assert moved == {
        "policy": [0, 2, 4],
        "critic": [0, 1, 2, 3, 4, 5],
        "target_policy": [0, 3],
        "target_critic": [0, 3],
    }


def test_the_policys_update_does_not_touch_the_critic(dataset: OfflineDataset) -> None:
    critics = []
    for every in (1, 2):
        settings = dataclasses.replace(SETTINGS, policy_every=every)
        stage = Rebrac(HOPPER, dataset, settings, seed=0)
        before = copy.deepcopy(stage.policy)
        stage.update(1)
        assert torch.equal(before.network[0].weight, stage.policy.network[0].weight) == (
            every > 1
        )
        critics.append(list(stage.critic.parameters()))
    for with_policy, alone in zip(*critics, strict=True):
        assert torch.equal(with_policy, alone)
        assert with_policy.grad is not None
        assert torch.equal(with_policy.grad, alone.grad)
        assert with_policy.requires_grad


def test_the_penalty_in_q_is_the_geometric_sum_of_the_mean_penalty(
    dataset: OfflineDataset,
) -> None:
    stage = Rebrac(HOPPER, dataset, SETTINGS, seed=0)
    rows = stage._draws.at(0)[0].numpy()
    rows = rows[~dataset.terminated[rows]]
    action = stage.policy(torch.from_numpy(dataset.next_states[rows])).detach().numpy()
    gap = ((action - dataset.next_actions[rows]) ** 2).sum(axis=1)
    each = 0.5 * float(gap.mean())
    endless = sum(0.9**i * each for i in range(1, 400))
    assert stage.critic_penalty() == pytest.approx(endless, rel=1e-3)
