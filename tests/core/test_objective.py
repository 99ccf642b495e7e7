"""The objective and its gradient against mathematics written out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd.functional import jacobian
from torch.func import functional_call

from core.adaptation.objective import horizon_return, reward_terms, terminal_terms
from core.adaptation.rollout import imagine
from core.models.world_model import LearnedWorldModel
from core.tasks import Bound
from tests.worlds import A, ConstantWorld, LinearQuadraticWorld, S, seeded, small_networks

M, K = 3, 4


def noise(horizon: int, *, seed: int = 1) -> Tensor:
    return torch.randn(horizon, K, M, S, generator=seeded(seed), dtype=torch.float64)


@pytest.mark.parametrize("horizon", [0, 1, 2, 5, 12])
def test_a_constant_reward_is_worth_the_same_at_every_horizon(horizon: int) -> None:
    discount, reward = 0.9, 1.7
    policy = small_networks()[0].double()
    value = reward / (1 - discount)
    rollout = imagine(
        policy,
        ConstantWorld(reward),
        lambda state, action: torch.full_like(state[:, 0], value),
        torch.ones(M, S, dtype=torch.float64),
        noise(horizon),
    )
    objective = horizon_return(rollout, discount=discount, critic_reward_scale=1.0)
    assert objective.tolist() == pytest.approx([value] * M, rel=1e-12)


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_the_gradient_in_a_linear_quadratic_world_is_its_closed_form(horizon: int) -> None:
    world = LinearQuadraticWorld()
    gain = world.gain.clone().requires_grad_(True)
    rollout = imagine(
        lambda state: state @ gain.T,
        world,
        world.critic,
        world.start[None],
        torch.zeros(horizon, 1, 1, S),
    )
    objective = horizon_return(rollout, discount=0.95, critic_reward_scale=1.0)
    (gradient,) = torch.autograd.grad(objective.mean(), gain)
    expected = world.closed_form_gradient(horizon, 0.95)
    assert torch.allclose(gradient, expected, rtol=1e-10, atol=1e-12)


def test_the_critic_reward_scale_divides_the_terminal_value_alone() -> None:
    policy, critic, model, _ = (n.double() for n in small_networks())
    rollout = imagine(policy, model, critic, torch.ones(M, S).double(), noise(2))
    one = horizon_return(rollout, discount=0.9, critic_reward_scale=1.0)
    hundred = horizon_return(rollout, discount=0.9, critic_reward_scale=100.0)
    terminal = 0.81 * rollout.terminal_values
    assert torch.allclose(one - hundred, terminal * 0.99)


def test_the_terms_add_up_to_the_objective() -> None:
    policy, critic, model, _ = (n.double() for n in small_networks())
    rollout = imagine(policy, model, critic, torch.ones(M, S).double(), noise(4))
    parts = reward_terms(rollout, discount=0.9).sum(1) + terminal_terms(
        rollout, discount=0.9, critic_reward_scale=2.0
    )
    assert torch.allclose(parts, horizon_return(rollout, discount=0.9, critic_reward_scale=2.0))


def test_the_gradient_is_the_derivative_along_random_directions() -> None:
    policy, critic, model, _ = (n.double() for n in small_networks())
    names = dict(policy.named_parameters())
    start, draws = torch.ones(M, S).double() * 0.3, noise(5)

    def objective(weights: dict[str, Tensor]) -> Tensor:
        rollout = imagine(
            lambda s: functional_call(policy, weights, (s,)), model, critic, start, draws
        )
        return horizon_return(rollout, discount=0.97, critic_reward_scale=1.0).mean()

    gradient = torch.autograd.grad(objective(names), list(names.values()))
    generator = seeded(5)
    for _ in range(20):
        direction = [torch.randn(g.shape, generator=generator, dtype=g.dtype) for g in gradient]
        length = torch.sqrt(sum((d**2).sum() for d in direction))
        step = {n: 1e-5 * d / length for n, d in zip(names, direction, strict=True)}
        up = objective({n: w.detach() + step[n] for n, w in names.items()})
        down = objective({n: w.detach() - step[n] for n, w in names.items()})
        exact = sum((g * d).sum() for g, d in zip(gradient, direction, strict=True)) / length
        assert float((up - down) / 2e-5) == pytest.approx(float(exact), rel=1e-6)


def test_the_gradient_is_the_recursion_of_theorem_4_1_written_out() -> None:
    """G_0 = 0, D_j = pi_s G_j + pi_psi, G_{j+1} = f_s G_j + f_a D_j;
    J' = sum gamma^j (r_s G_j + r_a D_j) + gamma^H (Q_s G_H + Q_a D_H)."""
    policy, critic, model, _ = (n.double() for n in small_networks())
    names = dict(policy.named_parameters())
    discount, horizon, draws = 0.97, 4, noise(4)[:, :, :1]
    state, sensitivity, total = torch.full((1, S), 0.3).double(), None, 0.0

    def act(at: Tensor, *weights: Tensor) -> Tensor:
        return functional_call(policy, dict(zip(names, weights, strict=True)), (at[None],))[0]

    for j in range(horizon + 1):
        at = state[0]
        action = policy(at[None])[0].detach()
        by_state, *by_weights = jacobian(act, (at, *names.values()))
        own = torch.cat([part.reshape(A, -1) for part in by_weights], dim=1)
        sensitivity = (
            torch.zeros(S, own.shape[1]).double() if sensitivity is None else sensitivity
        )
        action_sensitivity = by_state @ sensitivity + own
        value = critic if j == horizon else model.reward_model
        assert value is not None
        slopes = jacobian(lambda s, a, v=value: v(s[None], a[None])[0], (at, action))
        total = total + discount**j * (slopes[0] @ sensitivity + slopes[1] @ action_sensitivity)
        if j < horizon:
            by_state, by_action = jacobian(
                lambda s, a, j=j: model.next_state(s[None], a[None], draws[j])[0], (at, action)
            )
            sensitivity = by_state @ sensitivity + by_action @ action_sensitivity
            state = model.next_state(state, action[None], draws[j]).detach()
    rollout = imagine(policy, model, critic, torch.full((1, S), 0.3).double(), draws)
    objective = horizon_return(rollout, discount=discount, critic_reward_scale=1.0).mean()
    gradient = torch.cat(
        [g.reshape(-1) for g in torch.autograd.grad(objective, list(names.values()))]
    )
    assert float((gradient - total).norm() / gradient.norm()) < 1e-8


def test_survival_weighs_what_comes_after_a_fall() -> None:
    policy, critic, model, _ = (n.double() for n in small_networks())
    falls = (Bound(index=0, low=10.0, high=float("inf"), width=0.01),)
    dying = LearnedWorldModel(model.dynamics, model.reward_model, falls)
    rollout = imagine(policy, dying, critic, torch.ones(M, S).double(), noise(3))
    assert rollout.survival[:, 0].tolist() == [1.0] * M
    assert float(rollout.survival[:, 1:].detach().max()) < 1e-12
    objective = horizon_return(rollout, discount=0.9, critic_reward_scale=1.0)
    assert torch.allclose(objective, rollout.rewards[:, 0])


def test_smooth_survival_has_a_gradient_and_off_is_one() -> None:
    _, _, model, _ = (n.double() for n in small_networks())
    gate = LearnedWorldModel(
        model.dynamics, model.reward_model, (Bound(index=1, low=-1.0, high=1.0, width=0.1),)
    )
    state = torch.full((1, S), 0.95).double().requires_grad_(True)
    (slope,) = torch.autograd.grad(gate.alive(state).sum(), state)
    assert slope[0, 1] < 0
    assert model.alive(state).tolist() == [1.0]
