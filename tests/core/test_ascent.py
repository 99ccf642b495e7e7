"""Updates of the weights: step rules, guards, resets, and non-finite rollouts."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from core.adaptation.ascent import Adaptation, Update
from core.adaptation.noise import imagination_noise
from core.adaptation.weights import psi_of
from core.settings import Settings
from tests.worlds import S, seeded, small_networks

STATE = torch.full((1, S), 0.3)


def adaptation(seed: int = 0) -> Adaptation:
    policy, critic, model, _ = small_networks(seed)
    policy.requires_grad_(False)
    return Adaptation(pretrained=policy, model=model, critic=critic, discount=0.99)


def run(subject: Adaptation, settings: Settings, *, t: int = 0, **updates: int) -> list[Update]:
    noise = imagination_noise(settings, S, seed=3, episode=0, t=t)
    return list(subject.updates(STATE, noise, settings, **updates))


PLAIN = Settings(step_rule="plain", step_size=1e-3, trust_radius=None, ascent_steps=3)


def test_plain_ascent_adds_alpha_times_the_gradient() -> None:
    updates = run(adaptation(), PLAIN)
    for before, after in pairwise(updates):
        assert torch.allclose(after.psi, before.psi + 1e-3 * before.gradient, rtol=0, atol=1e-9)


def test_ascent_raises_the_objective_on_the_same_noise() -> None:
    updates = run(adaptation(), PLAIN)
    means = [float(update.objectives.mean()) for update in updates]
    assert means == sorted(means)
    assert means[-1] > means[0]


def test_there_are_e_plus_one_updates_and_the_last_one_acts() -> None:
    subject = adaptation()
    updates = run(subject, PLAIN)
    assert [update.k for update in updates] == [0, 1, 2, 3]
    assert [update.last for update in updates] == [False, False, False, True]
    assert torch.equal(psi_of(subject.policy), updates[-1].psi)
    assert torch.equal(updates[-1].action, subject.policy(STATE).detach())


@pytest.mark.parametrize("optimizer", ["gradient", "adam"])
def test_the_action_rule_moves_the_action_by_delta_to_first_order(optimizer: str) -> None:
    settings = Settings(delta=1e-4, trust_radius=None, optimizer=optimizer)
    first, last = run(adaptation(), settings)
    moved = float((last.action - first.action).abs().max())
    assert moved == pytest.approx(1e-4, rel=0.02)


def test_the_trust_region_bounds_the_action_change_and_says_how() -> None:
    settings = Settings(step_rule="plain", step_size=0.5, trust_radius=0.05)
    subject = adaptation()
    last = run(subject, settings)[-1]
    centre = subject.pretrained(STATE)
    assert float((last.action - centre).abs().max()) <= 0.05
    assert 0.0 < last.trust_factor < 1.0
    assert last.trust_factor in {0.5**i for i in range(1, 11)}


def test_a_hopeless_update_is_refused_whole() -> None:
    settings = Settings(step_rule="plain", step_size=10.0, gradient_clip=1e9, trust_radius=1e-9)
    subject = adaptation()
    last = run(subject, settings)[-1]
    assert last.trust_factor == 0.0
    assert torch.equal(psi_of(subject.policy), subject.psi_0)


def test_the_clip_bounds_the_step() -> None:
    settings = PLAIN.replace(gradient_clip=0.01, ascent_steps=1)
    first, last = run(adaptation(), settings)
    assert float((last.psi - first.psi).norm()) == pytest.approx(1e-5, rel=1e-2)


def test_a_reset_restores_the_weights_bit_for_bit_and_drops_the_moments() -> None:
    subject = adaptation()
    run(subject, PLAIN.replace(optimizer="adam"))
    assert subject.moments.count == 3
    subject.reset()
    assert torch.equal(psi_of(subject.policy), psi_of(subject.pretrained))
    assert subject.moments.count == 0


def test_the_pretrained_policy_never_moves() -> None:
    subject = adaptation()
    before = psi_of(subject.pretrained)
    run(subject, PLAIN)
    assert torch.equal(psi_of(subject.pretrained), before)


def test_weights_are_kept_between_environment_steps_until_a_reset() -> None:
    subject = adaptation()
    end = run(subject, PLAIN)[-1].psi
    assert torch.equal(run(subject, PLAIN, t=1)[0].psi, end)


def test_adam_takes_steps_of_alpha_at_first() -> None:
    first, second = run(adaptation(), PLAIN.replace(optimizer="adam", ascent_steps=1))
    step = (second.psi - first.psi)[first.gradient.abs() > 1e-4]
    assert step.abs().max() == pytest.approx(1e-3, rel=1e-2)


def test_a_non_finite_rollout_stops_and_restores_the_pretrained_weights() -> None:
    subject = adaptation()
    subject.model.reward_model.rewards.mean.fill_(float("inf"))
    updates = run(subject, PLAIN)
    assert [update.finite for update in updates] == [False]
    assert torch.equal(psi_of(subject.policy), subject.psi_0)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_the_weights_at_an_earlier_k_can_act_and_do_not_move_then(k: int) -> None:
    whole = run(adaptation(), PLAIN)
    subject = adaptation()
    updates = run(subject, PLAIN, final=k)
    assert [update.last for update in updates] == [False] * k + [True]
    assert updates[-1].gradient is None
    assert torch.equal(updates[-1].psi, whole[k].psi)
    assert torch.equal(psi_of(subject.policy), whole[k].psi)


def test_the_weights_at_a_later_k_than_e_act_as_they_are() -> None:
    subject = adaptation()
    psi = run(subject, PLAIN)[-1].psi
    (only,) = run(subject, PLAIN.replace(ascent_steps=1), first=3)
    assert (only.k, only.last) == (3, True)
    assert torch.equal(psi_of(subject.policy), psi)


@pytest.mark.parametrize("k", [1, 2])
def test_the_guard_holds_at_whichever_k_acts(k: int) -> None:
    subject = adaptation()
    settings = PLAIN.replace(step_size=0.5, trust_radius=0.05)
    last = run(subject, settings, final=k)[-1]
    centre = subject.pretrained(STATE)
    assert float((last.action - centre).abs().max()) <= 0.05
    assert last.trust_factor < 1.0


@pytest.mark.parametrize("k", [1, 2, 3])
def test_going_on_from_the_weights_and_moments_at_k_gives_the_rest_bit_for_bit(k: int) -> None:
    settings = PLAIN.replace(optimizer="adam")
    whole, subject = run(adaptation(), settings), adaptation()
    noise = imagination_noise(settings, S, seed=3, episode=0, t=0)
    begun = subject.updates(STATE, noise, settings)
    for _ in range(k):
        next(begun)
    rest = run(subject, settings, first=k)
    assert [update.k for update in rest] == list(range(k, 4))
    for one, other in zip(whole[k:], rest, strict=True):
        assert torch.equal(one.psi, other.psi)


def test_without_imagined_steps_the_objective_is_the_critic() -> None:
    subject = adaptation()
    updates = run(subject, Settings(controller="critic-only"))
    value = subject.critic(STATE, subject.pretrained(STATE))
    assert updates[0].objectives.tolist() == pytest.approx(value.tolist())
    assert updates[0].rollout is not None
    assert updates[0].rollout.rewards.shape == (1, 0)


def test_frozen_observes_and_does_not_move() -> None:
    subject = adaptation()
    (only,) = run(subject, Settings(controller="frozen"))
    assert only.last
    assert torch.equal(only.psi, subject.psi_0)


def test_noise_is_the_same_for_every_k_and_fresh_at_every_t() -> None:
    settings = Settings(particles=2)
    one = imagination_noise(settings, S, seed=1, episode=0, t=0)
    again = imagination_noise(settings, S, seed=1, episode=0, t=0)
    other = imagination_noise(settings, S, seed=1, episode=0, t=1)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert one.shape == (5, 5, 2, S)


def test_the_sampler_is_a_function_of_its_draws() -> None:
    _, _, model, _ = small_networks()
    draws = torch.randn(5, 1, S, generator=seeded(1))
    action = torch.zeros(1, 2)
    assert torch.equal(
        model.next_state(STATE, action, draws), model.next_state(STATE, action, draws)
    )
    assert not torch.equal(
        model.next_state(STATE, action, draws), model.next_state(STATE, action, -draws)
    )
