"""What training is judged by: open-loop windows, real returns, and Q beside what came."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.data.batches import Draws
from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.envs.mujoco import Environment
from core.errors import DataError
from core.models.critic import TwinCritic
from core.models.policy import MlpPolicy
from core.pretraining.open_loop import open_loop_windows
from core.pretraining.rollouts import check_values, discounted, run_episode
from core.tasks import TASKS
from tests.worlds import small_networks

HOPPER = TASKS["hopper"]
H = 3


def numbered(lengths: list[int], *, final_states: bool) -> OfflineDataset:
    """Episodes whose states and actions say where they belong."""
    episodes = []
    for number, length in enumerate(lengths):
        states = np.zeros((length + final_states, 11))
        states[:, 0], states[:, 1] = number, np.arange(len(states))
        episodes.append(
            Episode(
                states=states,
                actions=states[:length, :3] / 10,
                rewards=np.zeros(length),
                terminated=False,
            )
        )
    return from_episodes("numbered", HOPPER, episodes)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.booleans())
def test_windows_are_consecutive_and_stay_in_one_episode(
    lengths: list[int], final_states: bool
) -> None:
    dataset = numbered(lengths, final_states=final_states)
    expected = sum(max(0, n + final_states - H) for n in lengths)
    starts = torch.arange(len(dataset))
    if not expected:
        with pytest.raises(DataError, match="shorter than 3"):
            open_loop_windows(dataset, starts, H)
        return
    windows = open_loop_windows(dataset, starts, H)
    assert windows.states.shape == (expected, H + 1, 11)
    assert windows.actions.shape == (expected, H, 3)
    assert (windows.states[:, :, 0] == windows.states[:, :1, 0]).all()
    assert (windows.states[:, 1:, 1] - windows.states[:, :-1, 1] == 1).all()
    assert torch.allclose(windows.actions, windows.states[:, :-1, :3] / 10)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0.5, 1.0))
def test_discounted_returns_obey_bellmans_equation(
    rewards: list[float], discount: float
) -> None:
    to_go = discounted(np.array(rewards), discount)
    assert to_go[-1] == rewards[-1]
    assert np.allclose(to_go[:-1], rewards[:-1] + discount * to_go[1:])


@pytest.fixture(scope="module")
def networks() -> tuple[MlpPolicy, TwinCritic]:
    policy, critic, _, _ = small_networks(3, state_size=11, action_size=3)
    return policy, critic


def test_q_is_compared_on_the_states_of_the_same_episodes(
    networks: tuple[MlpPolicy, TwinCritic],
) -> None:
    policy, critic = networks
    environment = Environment(HOPPER)
    returns, values, to_go = [], [], []
    for seed in (20, 21, 22):
        states, rewards, truncated = run_episode(environment, policy, seed)
        assert len(states) == len(rewards)
        assert not truncated
        returns.append(rewards.sum())
        rows = torch.from_numpy(states).float()
        values += critic(rows, policy(rows)).tolist()
        to_go += discounted(rewards, 0.9).tolist()
    check = check_values(
        HOPPER, policy, critic, episodes=3, first_seed=20, penalty=0.25, discount=0.9
    )
    assert check.return_mean == pytest.approx(np.mean(returns))
    assert check.return_std == pytest.approx(np.std(returns))
    assert check.q_mean == pytest.approx(np.mean(values) + 0.25)
    assert check.monte_carlo_mean == pytest.approx(np.mean(to_go))


def test_batches_are_a_function_of_seed_purpose_and_update_alone() -> None:
    rows = torch.tensor([3, 5, 8])
    options = {"rows": rows, "batch": 4, "noise": 2}
    first, second = Draws(1, "rebrac", **options), Draws(1, "rebrac", **options)
    second.at(950)
    for update in (0, 199, 200, 950, 3):
        chosen, noise = first.at(update)
        again, same = second.at(update)
        assert torch.equal(chosen, again)
        assert torch.equal(noise, same)
        assert set(chosen.tolist()) <= {3, 5, 8}
    others = [Draws(2, "rebrac", **options), Draws(1, "reward", **options)]
    assert not any(torch.equal(other.at(0)[1], first.at(0)[1]) for other in others)
    assert not torch.equal(first.at(0)[1], first.at(1)[1])
