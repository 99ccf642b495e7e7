"""Synthetic records for tests: valid, plausible, made up; no physics, no learning behind them.

Sizes are Hopper's: S = 11 state, A = 3 action, P = 58 physics state. ``make_run`` writes a
whole synthetic trace; ``run_records`` yields the same records without a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.trace import (
    FORMAT_VERSION,
    SNAPSHOT_EVERY,
    CommandApplied,
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Record,
    RunStarted,
    Snapshot,
)
from tests.motion import (
    HOPPER,
    LAYERS,
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


def make_run_started(**changes: Any) -> RunStarted:
    """The first record of a synthetic run: Hopper, preset safe, seed 0."""
    values: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "task": "hopper",
        "checkpoint": "synthetic",
        "checkpoint_digest": "0" * 32,
        "seed": 0,
        "settings": Settings().to_json(),
        "diagnostics": True,
        "layer_names": json.dumps(LAYERS),
        "tuned": json.dumps({"step_size": 1e-4, "delta": 0.05}),
        "created_at": "2026-01-01T00:00:00Z",
        "checkpoint_path": "synthetic",
        "versions": json.dumps({"psiscope": "0.1.0", "python": "3.11"}),
        "fingerprint": json.dumps({"cpu": "synthetic", "threads": 1}),
    }
    return RunStarted(**values | changes)


def make_episode_started(
    *, episode: int = 0, sizes: Sizes = HOPPER, **changes: Any
) -> EpisodeStarted:
    """The reset of an episode; its seed is the episode's number."""
    state = make_state(0.0)
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "seed": episode,
        "state": state,
        "physics_state": make_physics(0.0, state, sizes),
    }
    return EpisodeStarted(**values | changes)


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
        "layer_gradient_norms": np.full(sizes.layers, NAN)
        if last
        else 10.0 + rng.random(sizes.layers),
        "layer_drifts": layer_drifts,
        "action": make_action(t, sizes) + 0.05 * k,
        "particle_objectives": _model(objectives),
        "reward_terms": _model(reward_terms),
        "terminal_terms": _model(terminal_terms),
        "survival": _model(np.ones((m, h + 1))),
        "imagined_rewards": _model(rewards),
        "imagined_states": _model(imagined_states),
        "imagined_actions": _model(
            np.clip(0.3 * rng.standard_normal((m, h + 1, sizes.action)), -1, 1)
        ),
        "state_quantiles": _model(np.quantile(imagined_states, [0.05, 0.5, 0.95], axis=0)),
        "ensemble_spread": _model(0.1 + 0.02 * np.arange(h)),
        "imagine_ms": 6.0 + rng.random(),
        "backward_ms": NAN if last else 9.0 + rng.random(),
        "committed_at": START + SECONDS_PER_ENVIRONMENT_STEP * t,
    }
    return GradientUpdate(**values | changes)


def make_environment_step(
    rng: np.random.Generator,
    *,
    episode: int = 0,
    t: int = 0,
    before: GradientUpdate | None = None,
    after: GradientUpdate | None = None,
    episode_return: float = 0.0,
    frozen_return: float = 0.0,
    sizes: Sizes = HOPPER,
    **changes: Any,
) -> EnvironmentStep:
    """What happened at t, in agreement with the updates before (k = 0) and after (k = E)."""
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
    simulate, imagine, backward, other = 0.3, 12.0 + rng.random(), 9.0 + rng.random(), 2.0
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "reward": float(true_rewards[2, 0]) if h else 2.5,
        "terminated": False,
        "truncated": False,
        "fallback": "",
        "trust_factor": 1.0,
        "episode_return": episode_return,
        "frozen_return": frozen_return,
        "twin_alive": True,
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
        "next_state": make_state(t + 1),
        "physics_state": make_physics(t, state, sizes),
        "twin_physics_state": make_physics(t, make_state(t, shift=-0.05), sizes),
        "true_states": futures,
        "true_rewards": true_rewards,
        "true_objectives": true_objectives,
        "true_lengths": np.full(3, h, dtype=np.int64),
        "model_errors": 0.4 + 0.05 * np.arange(h),
        "simulate_ms": simulate,
        "imagine_ms": imagine,
        "backward_ms": backward,
        "other_ms": other,
        "total_ms": simulate + imagine + backward + other,
        "committed_at": START + SECONDS_PER_ENVIRONMENT_STEP * t,
    }
    return EnvironmentStep(**values | changes)


def make_episode_ended(*, episode: int = 0, t: int = 50, **changes: Any) -> EpisodeEnded:
    """The end of an episode by the time limit."""
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "seed": episode,
        "reason": "truncated",
        "episode_return": 2.7 * t,
        "frozen_return": 2.5 * t,
        "frozen_length": t,
        "score": (2.7 * t + 20.272305) / (3234.3 + 20.272305) * 100.0,
    }
    return EpisodeEnded(**values | changes)


def make_command(*, episode: int = 0, t: int = 0, **changes: Any) -> CommandApplied:
    """A step_over that took effect before the first update of t."""
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "k": 0,
        "command_id": f"w-{episode}-{t}",
        "command": f'{{"command":"step_over","id":"w-{episode}-{t}"}}',
        "effect": "one environment step",
        "accepted": True,
    }
    return CommandApplied(**values | changes)


def make_snapshot(
    rng: np.random.Generator,
    *,
    episode: int = 0,
    t: int = 0,
    sizes: Sizes = HOPPER,
    **changes: Any,
) -> Snapshot:
    """A snapshot with weights and Adam's moments."""
    state, twin = make_state(t), make_state(t, shift=-0.05)
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "session": json.dumps({"episode_return": 2.5 * t, "seed": episode}),
        "state": state,
        "physics_state": make_physics(t, state, sizes),
        "twin_state": twin,
        "twin_physics_state": make_physics(t, twin, sizes),
        "policy_weights": _model(rng.standard_normal(sizes.weights)),
        "optimizer_moments": _model(rng.standard_normal((2, sizes.weights))),
    }
    return Snapshot(**values | changes)


def episode_records(
    rng: np.random.Generator,
    episode: int,
    environment_steps: int,
    *,
    ascent_steps: int = 1,
    sizes: Sizes = HOPPER,
) -> Iterator[Record]:
    """One episode as an engine writes it: its start, then at each t the updates and the step."""
    yield make_episode_started(episode=episode, sizes=sizes)
    episode_return = frozen_return = 0.0
    for t in range(environment_steps):
        if t % SNAPSHOT_EVERY == 0:
            yield make_snapshot(rng, episode=episode, t=t, sizes=sizes)
        updates = [
            make_update(rng, episode=episode, t=t, k=k, ascent_steps=ascent_steps, sizes=sizes)
            for k in range(ascent_steps + 1)
        ]
        yield from updates
        reward = 2.7 + 0.2 * float(np.sin(0.25 * t))
        episode_return, frozen_return = episode_return + reward, frozen_return + 2.5
        yield make_environment_step(
            rng,
            episode=episode,
            t=t,
            before=updates[0],
            after=updates[-1],
            reward=reward,
            episode_return=episode_return,
            frozen_return=frozen_return,
            truncated=t == environment_steps - 1,
            sizes=sizes,
        )
    yield make_episode_ended(
        episode=episode,
        t=environment_steps,
        episode_return=episode_return,
        frozen_return=frozen_return,
    )


def run_records(
    environment_steps: int = 50,
    *,
    episodes: int = 1,
    ascent_steps: int = 1,
    seed: int = 0,
    sizes: Sizes = HOPPER,
) -> Iterator[Record]:
    """All records of a synthetic run: RunStarted, then episodes of `environment_steps` each."""
    rng = np.random.default_rng(seed)
    settings = Settings(
        horizon=sizes.horizon, particles=sizes.particles, ascent_steps=ascent_steps
    )
    yield make_run_started(seed=seed, settings=settings.to_json())
    for episode in range(episodes):
        yield from episode_records(
            rng, episode, environment_steps, ascent_steps=ascent_steps, sizes=sizes
        )


def make_run(path: Path, environment_steps: int = 50, **options: Any) -> Path:
    """Write a synthetic trace to `path`, close it, return the path. Options: run_records."""
    records = run_records(environment_steps, **options)
    started = next(records)
    assert isinstance(started, RunStarted)
    writer = TraceWriter.create(path, started)
    for record in records:
        writer.append(record)
    writer.close()
    return path


def _model(array: Floats) -> Floats:
    return array.astype(np.float32)
