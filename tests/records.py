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

from core.checkpoints.task_facts import task_json
from core.settings import Settings
from core.tasks import find_task
from core.traces.archive import TraceWriter
from core.traces.trace import (
    FORMAT_VERSION,
    OURS,
    SNAPSHOT_EVERY,
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    EpisodeEnded,
    EpisodeStarted,
    Record,
    RunStarted,
    Snapshot,
)
from tests.moment_records import (
    as_stored,
    make_environment_step,
    make_proposal,
    make_update,
)
from tests.motion import HOPPER, LAYERS, Sizes, make_physics, make_state


def make_run_started(**changes: Any) -> RunStarted:
    """The first record of a synthetic run: Hopper, preset safe, seed 0."""
    values: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "origin": OURS,
        "task": "hopper",
        "task_facts": task_json(find_task("hopper")),
        "checkpoint": "synthetic",
        "checkpoint_digest": "0" * 32,
        "seed": 0,
        "settings": Settings().to_json(),
        "diagnostics": True,
        "layer_names": json.dumps(LAYERS),
        "trusted_code": "",
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
        "value_field": np.zeros((0, 0), np.float32),
        "data_density": np.zeros((0, 0), np.float32),
    }
    return EpisodeStarted(**values | changes)


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


def make_branch_started(
    *, branch: int = 1, episode: int = 0, t: int = 0, **changes: Any
) -> BranchStarted:
    """A fork of the root before the first update of t, with nothing changed."""
    values: dict[str, Any] = {
        "branch": branch,
        "episode": episode,
        "t": t,
        "k": 0,
        "parent": 0,
        "reason": "fork",
        "settings": Settings().to_json(),
        "seed": 0,
        "checkpoint": "synthetic",
        "checkpoint_digest": "0" * 32,
        "checkpoint_path": "synthetic",
    }
    return BranchStarted(**values | changes)


def make_breakpoint_hit(*, episode: int = 0, t: int = 0, **changes: Any) -> BreakpointHit:
    """A breakpoint that paused the run at k = 1 of t."""
    values: dict[str, Any] = {
        "branch": 0,
        "episode": episode,
        "t": t,
        "k": 1,
        "breakpoint": "b1",
        "condition": f"t == {t}",
        "hits": 1,
        "paused": True,
        "quantities": json.dumps({"t": t}),
    }
    return BreakpointHit(**values | changes)


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
        "policy_weights": as_stored(rng.standard_normal(sizes.weights)),
        "optimizer_moments": as_stored(rng.standard_normal((2, sizes.weights))),
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
    """One episode as an engine writes it: its start, then updates, proposal and step."""
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
        yield make_proposal(
            rng, episode=episode, t=t, before=updates[0], after=updates[-1], sizes=sizes
        )
        reward = 2.7 + 0.2 * float(np.sin(0.25 * t))
        episode_return, frozen_return = episode_return + reward, frozen_return + 2.5
        yield make_environment_step(
            rng,
            episode=episode,
            t=t,
            reward=reward,
            episode_return=episode_return,
            frozen_return=frozen_return,
            truncated=t == environment_steps - 1,
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
