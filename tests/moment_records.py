"""Synthetic records of one environment step: updates, proposal, and what happened."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal
from tests.motion import (
    HOPPER,
    SECONDS_PER_ENVIRONMENT_STEP,
    Floats,
    Sizes,
    make_action,
    make_physics,
    make_state,
)

DISCOUNT = 0.99
START = 1_767_225_600.0
"""Unix time of the synthetic runs."""
NAN = float("nan")


def make_update(
    rng: np.random.Generator,
    *,
    episode: int = 0,
    t: int = 0,
    k: int = 0,
    ascent_steps: int = 1,
    sizes: Sizes = HOPPER,
    **changes: Any,
) -> GradientUpdate:
    """Gradient update k of 0..ascent_steps at t. The particle terms add up to the objective."""
    m, h = sizes.particles, sizes.horizon
    steps = np.arange(h + 1)
    path = np.stack([make_state(t + j, shift=0.02 * k) for j in range(h + 1)])
    spread = 0.01 * np.sqrt(steps)[None, :, None] * rng.standard_normal((m, h + 1, sizes.state))
    imagined_states = path[None] + spread
    rewards = 2.5 + 0.1 * k + 0.2 * rng.standard_normal((m, h))
    reward_terms = DISCOUNT ** steps[:h] * rewards
    terminal_terms = 240.0 + 0.3 * k + rng.standard_normal(m)
    objectives = reward_terms.sum(axis=1) + terminal_terms
    last = k == ascent_steps
    layer_drifts = 0.01 * k * (1.0 + np.arange(sizes.layers))
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "k": k,
        "last": last,
        "objective": float(objectives.mean()),
        "objective_std": float(objectives.std()),
        "gradient_norm": NAN if last else float(30.0 + rng.standard_normal()),
        "gradient_cosine": NAN if last or k == 0 else 0.9,
        "step_size": NAN if last else 1e-4,
        "drift": float(np.linalg.norm(layer_drifts)),
        "trust_factor": 1.0,
        "finite": True,
        "updater_record": "",
        "layer_gradient_norms": np.full(sizes.layers, NAN)
        if last
        else 10.0 + rng.random(sizes.layers),
        "layer_drifts": layer_drifts,
        "action": make_action(t, sizes) + 0.05 * k,
        "particle_objectives": as_stored(objectives),
        "reward_terms": as_stored(reward_terms),
        "terminal_terms": as_stored(terminal_terms),
        "survival": as_stored(np.ones((m, h + 1))),
        "imagined_rewards": as_stored(rewards),
        "imagined_states": as_stored(imagined_states),
        "imagined_actions": as_stored(
            np.clip(0.3 * rng.standard_normal((m, h + 1, sizes.action)), -1, 1)
        ),
        "state_quantiles": as_stored(np.quantile(imagined_states, [0.05, 0.5, 0.95], axis=0)),
        "ensemble_spread": as_stored(0.1 + 0.02 * np.arange(h)),
        "ensemble_spread_mean": float((0.1 + 0.02 * np.arange(h)).mean()) if h else NAN,
        "q_spread": 1.5 + 0.1 * k,
        "imagine_ms": 6.0 + rng.random(),
        "backward_ms": NAN if last else 9.0 + rng.random(),
        "committed_at": START + SECONDS_PER_ENVIRONMENT_STEP * t,
    }
    return GradientUpdate(**values | changes)


def make_proposal(
    rng: np.random.Generator,
    *,
    episode: int = 0,
    t: int = 0,
    before: GradientUpdate | None = None,
    after: GradientUpdate | None = None,
    sizes: Sizes = HOPPER,
    **changes: Any,
) -> Proposal:
    """The action at t, in agreement with the updates before (k = 0) and after (k = E)."""
    if before is None:
        before = make_update(rng, episode=episode, t=t, k=0, sizes=sizes)
    if after is None:
        after = make_update(rng, episode=episode, t=t, k=1, sizes=sizes)
    h, state = sizes.horizon, make_state(t)
    futures = np.array(
        [[make_state(t + j, shift=0.01 * p * j) for j in range(h + 1)] for p in range(3)]
    )
    true_rewards = 2.5 + 0.1 * np.arange(3)[:, None] + 0.1 * rng.standard_normal((3, h))
    terminal_values = np.array([240.0, 240.1, 240.2])
    true_objectives = (DISCOUNT ** np.arange(h) * true_rewards).sum(axis=1) + terminal_values
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "k": after.k,
        "fallback": "",
        "trust_factor": 1.0,
        "objective_before": before.objective,
        "objective_after": after.objective,
        "objective_gain": after.objective - before.objective,
        "true_gain": float(true_objectives[2] - true_objectives[1]),
        "predicted_reward": float(after.imagined_rewards[:, 0].mean()) if h else NAN,
        "action_change": float(np.abs(after.action - make_action(t, sizes)).max()),
        "drift": after.drift,
        "model_error": 0.4 + 0.1 * float(rng.random()),
        "state": state,
        "action": after.action,
        "frozen_action": make_action(t, sizes),
        "physics_state": make_physics(t, state, sizes),
        "twin_physics_state": make_physics(t, make_state(t, shift=-0.05), sizes),
        "true_states": futures,
        "true_rewards": true_rewards,
        "true_objectives": true_objectives,
        "true_lengths": np.full(3, h, dtype=np.int64),
        "model_errors": 0.4 + 0.05 * np.arange(h),
        "elapsed_ms": 23.0 + rng.random(),
        "committed_at": START + SECONDS_PER_ENVIRONMENT_STEP * t,
    }
    return Proposal(**values | changes)


def make_environment_step(
    rng: np.random.Generator,
    *,
    episode: int = 0,
    t: int = 0,
    reward: float = 2.5,
    episode_return: float = 0.0,
    frozen_return: float = 0.0,
    **changes: Any,
) -> EnvironmentStep:
    """What happened at t when the proposed action was applied."""
    simulate, imagine, backward, other = 0.3, 12.0 + rng.random(), 9.0 + rng.random(), 2.0
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "reward": reward,
        "terminated": False,
        "truncated": False,
        "episode_return": episode_return,
        "frozen_return": frozen_return,
        "twin_alive": True,
        "next_state": make_state(t + 1),
        "simulate_ms": simulate,
        "imagine_ms": imagine,
        "backward_ms": backward,
        "other_ms": other,
        "total_ms": simulate + imagine + backward + other,
        "committed_at": START + SECONDS_PER_ENVIRONMENT_STEP * t,
    }
    return EnvironmentStep(**values | changes)


def as_stored(array: Floats) -> Floats:
    """What a network computes, in its precision."""
    return array.astype(np.float32)
