"""Loops that are not ours, and the traces they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.tasks import Task
from core.traces.foreign import ForeignTrace, own_task

CART = own_task(
    "cart", state_size=2, action_size=1, state_names=("place", "speed"), action_names=("push",)
)
LOOP = "a loop of my own"
STATE = np.array([1.0, 0.0])


def started(path: Path, **options: Any) -> ForeignTrace:
    """A trace of the cart in its first episode."""
    trace = ForeignTrace(path, **{"task": CART, "name": LOOP} | options)
    trace.start_episode(STATE, seed=3)
    return trace


def write_updates(path: Path, environment_steps: int = 12, updates: int = 3) -> Path:
    """A cart that learns to stop: J, its gradient and the drift at each k, nothing else."""
    gain, gradient = 0.0, 1.0
    with ForeignTrace(path, task=CART, name=LOOP) as trace:
        state = np.array([1.0, 0.0])
        trace.start_episode(state, seed=7)
        for t in range(environment_steps):
            for _ in range(updates):
                trace.update(objective=-((1 - gain) ** 2), gradient_norm=gradient, drift=gain)
                gain += 0.02
            trace.update(objective=-((1 - gain) ** 2), drift=gain)
            action = np.array([np.tanh(-gain * state.sum())])
            state = state + 0.1 * np.array([state[1], action[0]])
            over = t == environment_steps - 1
            trace.environment_step(action, state, -abs(state[0]), False, over)
    return path


def write_bare(path: Path, environment_steps: int = 6, task: Task | str = CART) -> Path:
    """A loop that tells of states, actions and rewards alone."""
    with ForeignTrace(path, task=task, name=LOOP) as trace:
        state = np.zeros(trace.task.state_size)
        state[0] = 1.2
        trace.start_episode(state)
        for t in range(environment_steps):
            action = np.full(trace.task.action_size, 0.1 * t)
            trace.environment_step(action, state, 1.0, False, False)
    return path


def imagination(particles: int = 4, horizon: int = 3, **changes: Any) -> dict[str, Any]:
    """What a loop with a world model of its own can tell of an update."""
    draw = np.random.default_rng(0)
    facts: dict[str, Any] = {
        "particle_objectives": draw.standard_normal(particles),
        "reward_terms": draw.standard_normal((particles, horizon)),
        "terminal_terms": draw.standard_normal(particles),
        "imagined_rewards": draw.standard_normal((particles, horizon)),
        "imagined_states": draw.standard_normal((particles, horizon + 1, 2)),
        "imagined_actions": draw.uniform(-1, 1, (particles, horizon + 1, 1)),
    }
    return facts | changes
