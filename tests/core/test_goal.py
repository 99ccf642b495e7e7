"""A goal on the ground: reward and the end of the imagination follow from x and y alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.adaptation.objective import horizon_return
from core.adaptation.rollout import imagine
from core.models.diffusion import DiffusionDynamics
from core.models.goal import reached
from core.models.world_model import LearnedWorldModel
from core.pretraining.recipes import find_recipe
from core.tasks import TASKS, Goal
from tests.worlds import seeded

GOAL = Goal(x=3.0, y=-1.0, radius=0.45, width=0.05)


class Walk(DiffusionDynamics):
    """Dynamics that go by the action: x and y move by one metre times the action."""

    def __init__(self) -> None:
        super().__init__(2, 2, width=4, blocks=1)

    def forward(
        self, state: torch.Tensor, action: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        return state + action


def _model() -> LearnedWorldModel:
    return LearnedWorldModel(Walk(), None, (), GOAL)


def test_reached_is_the_environments_rule_away_from_its_edge() -> None:
    around = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (500, 2)) * 2).float()
    states = around + torch.tensor([GOAL.x, GOAL.y])
    distance = around.norm(dim=1)
    clear = (distance - GOAL.radius).abs() > 8 * GOAL.width
    hard = (distance <= GOAL.radius).float()
    assert int(clear.sum()) > 100
    assert torch.allclose(reached(states, GOAL)[clear], hard[clear], atol=1e-3)
    assert float(reached(torch.tensor([[3.45, -1.0]]), GOAL)) == pytest.approx(0.5, abs=1e-4)


def test_the_gradient_points_to_the_goal_and_is_finite_on_it() -> None:
    state = torch.tensor([[2.4, -1.0], [3.0, -1.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(reached(state, GOAL).sum(), state)
    assert slope[0, 0] > 0
    assert slope[0, 1] == 0
    assert bool(torch.isfinite(slope).all())


def test_the_goal_pays_once_and_neither_rewards_nor_q_follow_it() -> None:
    def policy(state: torch.Tensor) -> torch.Tensor:
        return torch.tensor([[1.0, 0.0]]).expand(len(state), -1)

    def critic(state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        return torch.full_like(state[:, 0], 1e4)

    start = torch.tensor([[1.0, -1.0]])
    rollout = imagine(policy, _model(), critic, start, torch.zeros(3, 1, 1, 2))
    assert torch.allclose(rollout.rewards, torch.tensor([[0.0, 1.0, 0.0]]), atol=1e-3)
    assert torch.allclose(rollout.survival, torch.tensor([[1.0, 1.0, 0.0, 0.0]]), atol=1e-3)
    objective = horizon_return(rollout, discount=0.9, critic_reward_scale=1e4)
    assert float(objective) == pytest.approx(0.9, abs=1e-2)


def test_a_world_without_goal_and_reward_model_says_so() -> None:
    model = LearnedWorldModel(Walk(), None)
    with pytest.raises(ValueError, match="reward model"):
        model.reward(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1, 2))


def test_mazes_have_recipes_of_their_own() -> None:
    paper = find_recipe("paper", TASKS["antmaze-large"], "play").rebrac
    assert (paper.beta_actor, paper.beta_critic) == (0.002, 0.001)
    assert (paper.batch, paper.learning_rate, paper.critic_learning_rate) == (256, 3e-4, 5e-5)
    assert not paper.standardize
    recipes = [
        find_recipe("cpu", task, "play") for task in TASKS.values() if task.maze is not None
    ]
    assert [recipe.rebrac_updates for recipe in recipes] == [80_000, 120_000, 150_000]
    assert all(recipe.rebrac.standardize for recipe in recipes)


def test_the_goal_of_each_maze_is_the_centre_of_a_free_cell() -> None:
    far = {"antmaze-umaze": (-4, -4), "antmaze-medium": (10, -10), "antmaze-large": (14, -12)}
    starts = {"antmaze-umaze": (-4, 4), "antmaze-medium": (-10, 10), "antmaze-large": (-18, 12)}
    for name, (x, y) in far.items():
        task = TASKS[name]
        assert task.goal is not None
        assert task.maze is not None
        assert (task.goal.x, task.goal.y) == (x, y)
        assert task.maze.centre(*task.maze.start) == starts[name]
        for row, column in (task.maze.start, task.maze.goal):
            assert task.maze.rows[row][column] == " "


def test_noise_does_not_change_what_is_known_of_the_goal() -> None:
    states = torch.randn(8, 2, generator=seeded(0))
    model = _model()
    once = model.reward(states, states, states)
    assert torch.equal(once, model.reward(states + 1, states - 1, states))
