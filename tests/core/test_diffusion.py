"""The diffusion dynamics: levels, preconditioning, exact posteriors, and the gradient."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from core.models.diffusion import (
    SIGMA_MAX,
    SIGMA_MIN,
    Denoiser,
    DiffusionDynamics,
    Preconditioning,
    ResidualBlock,
    _posterior,
    noise_levels,
    precondition,
)
from core.models.initialize import initialize
from tests.worlds import seeded

S, A, N = 3, 2, 4


def tiny(dtype: torch.dtype = torch.float64) -> DiffusionDynamics:
    dynamics = DiffusionDynamics(S, A, width=8, blocks=1)
    initialize(dynamics, seeded(0))
    dynamics.states.mean.copy_(torch.tensor([0.5, -1.0, 2.0]))
    dynamics.states.std.copy_(torch.tensor([2.0, 0.5, 1.0]))
    dynamics.changes.std.copy_(torch.tensor([0.1, 0.3, 0.2]))
    return dynamics.to(dtype)


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def denoised(
    dynamics: DiffusionDynamics, noisy: Tensor, sigma: Tensor, state: Tensor, action: Tensor
) -> Tensor:
    return dynamics.denoiser(state, action)(noisy, precondition(sigma))


def sigma_of(level: Preconditioning) -> Tensor:
    return level.c_out / level.c_in


@pytest.mark.parametrize("count", range(1, 21))
def test_the_levels_fall_from_the_largest_sigma_to_zero(count: int) -> None:
    levels = noise_levels(count)
    assert len(levels) == count + 1
    assert levels[0] == pytest.approx(SIGMA_MAX)
    assert levels[-1] == 0.0
    assert all(higher > lower for higher, lower in pairwise(levels))
    if count > 1:
        assert levels[-2] == pytest.approx(SIGMA_MIN)


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_the_number_of_draws_chooses_the_number_of_levels(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamics, state, action, noise = tiny(), drawn(N, S), drawn(N, A), drawn(count, N, S)
    asked: list[float] = []
    denoise = Denoiser.__call__

    def counted(denoiser: Denoiser, noisy: Tensor, level: Preconditioning) -> Tensor:
        asked.append(sigma_of(level).item())
        return denoise(denoiser, noisy, level)

    monkeypatch.setattr(Denoiser, "__call__", counted)
    assert dynamics(state, action, noise).shape == (N, S)
    assert asked == pytest.approx(noise_levels(count)[:-1])


def test_without_noise_the_denoiser_returns_its_input() -> None:
    noisy, sigma = drawn(N, S), torch.full((N, 1), 1e-9, dtype=torch.float64)
    clean = denoised(tiny(), noisy, sigma, drawn(N, S, seed=2), drawn(N, A, seed=3))
    assert torch.allclose(clean, noisy, rtol=0, atol=1e-8)


def test_in_pure_noise_the_denoiser_forgets_its_input() -> None:
    state, action = drawn(N, S, seed=2), drawn(N, A, seed=3)
    sigma = torch.full((N, 1), 1e9, dtype=torch.float64)
    one, other = (denoised(tiny(), drawn(N, S, seed=i), sigma, state, action) for i in (4, 5))
    assert torch.allclose(one, other, atol=1e-6)


def test_preconditioning_keeps_inputs_and_targets_at_unit_variance() -> None:
    """EDM eq. 7: F sees c_in x and is asked for (clean - c_skip x) / c_out."""
    clean, noise = drawn(20_000, 1), drawn(20_000, 1, seed=2)
    for sigma in (0.05, 1.0, 8.0):
        noisy = clean + sigma * noise
        scale = (sigma**2 + 1) ** -0.5
        wanted = (clean - scale**2 * noisy) / (sigma * scale)
        assert (scale * noisy).var().item() == pytest.approx(1.0, rel=0.05)
        assert wanted.var().item() == pytest.approx(1.0, rel=0.05)


def test_the_denoiser_is_edms_formula_around_the_network() -> None:
    dynamics, noisy, state, action = tiny(), drawn(N, S), drawn(N, S, seed=2), drawn(N, A)
    sigma = torch.full((N, 1), 0.7, dtype=torch.float64)
    clean = denoised(dynamics, noisy, sigma, state, action)
    scale = (0.7**2 + 1) ** -0.5
    features = [noisy * scale, state, action, torch.full_like(sigma, math.log(0.7) / 4)]
    hidden = dynamics.input(torch.cat(features, dim=1))
    for block in dynamics.blocks:
        assert isinstance(block, ResidualBlock)
        inner = block.norm(block.first(torch.nn.functional.silu(hidden)))
        hidden = hidden + block.second(torch.nn.functional.silu(inner))
    network = dynamics.output(torch.nn.functional.silu(hidden))
    assert torch.allclose(clean, scale**2 * noisy + 0.7 * scale * network)


@pytest.mark.parametrize(("sigma", "lower"), [(8.0, 2.0), (1.0, 0.9), (0.5, 0.02)])
def test_the_posterior_is_bayes_rule_for_gaussians(sigma: float, lower: float) -> None:
    """x_l = x_0 + l n_1, x_s = x_l + sqrt(s^2 - l^2) n_2: condition x_l on (x_s, x_0)."""
    noisy, clean = torch.tensor([[1.7]]).double(), torch.tensor([[0.4]]).double()
    precision = lower**-2 + 1 / (sigma**2 - lower**2)
    mean = (clean / lower**2 + noisy / (sigma**2 - lower**2)) / precision
    zero, one = torch.zeros(1, 1).double(), torch.ones(1, 1).double()
    assert torch.allclose(_posterior(noisy, clean, zero, sigma, lower), mean)
    spread = _posterior(noisy, clean, one, sigma, lower) - mean
    assert spread.item() == pytest.approx(precision**-0.5)


def test_a_perfect_denoiser_samples_the_true_gaussian_the_better_the_more_levels() -> None:
    """Changes ~ N(0, 0.5^2): then D(x; sigma) = 0.25 x / (0.25 + sigma^2)."""
    dynamics = DiffusionDynamics(1, 1, width=4, blocks=1)
    dynamics.denoiser = lambda *_: lambda x, level: 0.25 * x / (0.25 + sigma_of(level) ** 2)
    rows, spread = torch.zeros(20_000, 1), []
    for levels in (5, 20, 100):
        sampled = dynamics(rows, rows, torch.randn(levels, 20_000, 1, generator=seeded(3)))
        assert sampled.mean().item() == pytest.approx(0.0, abs=0.015)
        spread.append(sampled.std().item())
    assert spread == sorted(spread)
    assert spread[-1] == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_the_gradient_flows_through_the_whole_sampler(levels: int) -> None:
    """Against finite differences: by state, action and draws; a detached level would show."""
    dynamics = tiny().requires_grad_(False)
    state, action = drawn(2, S).requires_grad_(), drawn(2, A, seed=2).requires_grad_()
    noise = drawn(levels, 2, S, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(dynamics, (state, action, noise))


def test_every_draw_and_every_level_matters_to_the_result() -> None:
    dynamics, noise = tiny(), drawn(5, N, S, seed=3).requires_grad_()
    dynamics(drawn(N, S), drawn(N, A), noise).sum().backward()
    assert noise.grad is not None
    assert (noise.grad.abs().amax(dim=(1, 2)) > 0).all()
    weights = [p.grad for p in dynamics.parameters()]
    assert all(grad is not None and bool(grad.abs().sum() > 0) for grad in weights)


def test_the_state_moves_by_the_standardised_change_in_raw_units() -> None:
    dynamics = tiny()
    dynamics.denoiser = lambda *_: lambda x, _level: torch.ones_like(x)
    state = drawn(N, S)
    following = dynamics(state, drawn(N, A), drawn(1, N, S))
    assert torch.allclose(following, state + dynamics.changes.std)
