"""Moments and histories for tests of views, made of the synthetic records."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np

from app.state.moment import HISTORY_COLUMNS, History, Moment
from core.settings import Settings
from core.tasks import find_task
from core.traces.trace import GradientUpdate
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.motion import Sizes
from tests.records import make_run_started

LAYERS = ("hidden 1", "hidden 2", "hidden 3", "output")


def make_moment(
    *,
    ascent_steps: int = 1,
    horizon: int = 5,
    particles: int = 8,
    t: int = 137,
    seed: int = 0,
    k: int | None = None,
    environment_step: bool = True,
    proposal: bool | None = None,
    update_changes: dict[str, Any] | None = None,
    proposal_changes: dict[str, Any] | None = None,
    step_changes: dict[str, Any] | None = None,
    settings_changes: dict[str, Any] | None = None,
) -> Moment:
    """A moment with all its updates; changes go into each update, the rest, the settings.

    The proposal is there where the environment step is, unless said otherwise.
    """
    rng = np.random.default_rng(seed)
    sizes = Sizes(horizon=horizon, particles=particles)
    settings = Settings(horizon=horizon, particles=particles, ascent_steps=ascent_steps)
    settings = settings.replace(**(settings_changes or {}))
    updates = tuple(
        make_update(
            np.random.default_rng(seed),
            t=t,
            k=i,
            ascent_steps=ascent_steps,
            sizes=sizes,
            **(update_changes or {}),
        )
        for i in range(ascent_steps + 1)
    )
    if not update_changes:
        updates = tuple(_with_own_gain(update, rng) for update in updates)
    proposed = make_proposal(
        rng,
        t=t,
        before=updates[0],
        after=updates[-1],
        sizes=sizes,
        **(proposal_changes or {}),
    )
    step = make_environment_step(
        rng,
        t=t,
        reward=float(proposed.true_rewards[2, 0]) if horizon else 2.5,
        episode_return=2.7 * t,
        frozen_return=2.5 * t,
        **(step_changes or {}),
    )
    return Moment(
        run=make_run_started(settings=settings.to_json(), layer_names=json.dumps(LAYERS)),
        task=find_task("hopper"),
        settings=settings,
        updates=updates,
        proposal=proposed if (environment_step if proposal is None else proposal) else None,
        environment_step=step if environment_step else None,
        k=ascent_steps if k is None else k,
        live=True,
    )


def _with_own_gain(update: GradientUpdate, rng: np.random.Generator) -> GradientUpdate:
    """Each particle gains something of its own; the terms still add up to J."""
    particles, horizon = update.reward_terms.shape
    rewards = update.reward_terms - 0.07 * update.k
    rewards = rewards + 0.02 * update.k * rng.standard_normal((particles, horizon))
    terminal = update.terminal_terms + update.k * (0.6 + 0.5 * rng.standard_normal(particles))
    objectives = rewards.sum(axis=1) + terminal
    return dataclasses.replace(
        update,
        objective=float(objectives.mean()),
        objective_std=float(objectives.std()),
        particle_objectives=objectives,
        reward_terms=rewards,
        terminal_terms=terminal,
    )


def make_history(length: int = 138, *, seed: int = 0, **changes: Any) -> History:
    """`length` environment steps of an episode."""
    rng = np.random.default_rng(seed)
    t = np.arange(length, dtype=float)
    reward = 2.7 + 0.8 * np.sin(0.25 * t) + 0.1 * rng.standard_normal(length)
    columns = {
        "t": t,
        "seq": 2 + 3 * t,
        "reward": reward,
        "episode_return": np.cumsum(reward),
        "frozen_return": np.cumsum(reward - 0.2 - 0.3 * np.sin(0.05 * t)),
        "objective_gain": 3.0 + rng.standard_normal(length),
        "true_gain": 0.4 + rng.standard_normal(length),
        "model_error": 0.2 + 0.1 * rng.gamma(2.0, 1.0, length),
        "action_change": np.full(length, 0.05),
        "drift": np.full(length, 0.02),
        "trust_factor": np.ones(length),
        "total_ms": 24.0 + rng.gamma(2.0, 2.0, length),
        "simulate_ms": np.full(length, 0.3),
        "imagine_ms": np.full(length, 12.0),
        "backward_ms": np.full(length, 9.0),
        "other_ms": np.full(length, 2.0),
    }
    assert set(columns) == set(HISTORY_COLUMNS)
    return History.from_columns(columns | changes)
