"""The records of a trace. One record, one commit; arrays inside are read-only.

A field is *deterministic* (covered by the digest chain, bit-identical on replay) or *observed*
(timings, wall clock, versions). The reference in docs is generated from the metadata below.
Letters in shapes: S state, A action, H imagined steps, M particles kept (at most 64),
L policy layers, P physics state, W policy weights.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from core.errors import TraceError

Array = NDArray[Any]

FORMAT_VERSION = 1
MOST_PARTICLES = 64
"""Particles whose states a record keeps."""
SNAPSHOT_EVERY = 20
"""Environment steps between snapshots."""


def value(unit: str, meaning: str, *, observed: bool = False, shape: str = "") -> Any:
    """A field with what the reference prints of it: unit "1" dimensionless, shape "" scalar."""
    return field(
        metadata={"unit": unit, "meaning": meaning, "observed": observed, "shape": shape}
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunStarted:
    """What the run is: enough to recompute every later record."""

    format_version: int = value("1", "version of the trace format")
    task: str = value("", "task name")
    checkpoint: str = value("", "checkpoint name")
    checkpoint_digest: str = value("", "digest of the checkpoint")
    seed: int = value("1", "seed of the first episode and of all noise")
    settings: str = value("", "settings at the start, canonical JSON, tuned values filled in")
    diagnostics: bool = value("", "whether the frozen twin and the true futures are computed")
    layer_names: str = value("", "policy layers, JSON list; the L of later arrays")
    tuned: str = value("", "step sizes the checkpoint was tuned to, JSON")
    created_at: str = value("", "wall clock, ISO 8601, UTC", observed=True)
    checkpoint_path: str = value(
        "", "folder of the checkpoint, or the name that finds it", observed=True
    )
    versions: str = value(
        "", "versions of psiscope, python, torch, mujoco, gymnasium, JSON", observed=True
    )
    fingerprint: str = value(
        "", "CPU capability, BLAS, threads, kernel path, JSON", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpisodeStarted:
    """An episode's reset. The seed rises by one from episode to episode."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode, from 0")
    seed: int = value("1", "reset seed")
    state: Array = value("task", "state s_0", shape="S")
    physics_state: Array = value("MuJoCo", "mjSTATE_INTEGRATION at the reset", shape="P")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GradientUpdate:
    """J and its gradient at psi_k: k = 0 before any update at t, k = E the weights that act."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    k: int = value("gradient updates", "gradient update, 0..E")
    last: bool = value("", "k = E: these weights act")
    objective: float = value("reward", "J(psi_k), mean over all particles")
    objective_std: float = value("reward", "standard deviation of J over all particles")
    gradient_norm: float = value(
        "reward/weight", "|dJ/dpsi| at psi_k before clipping; NaN at k = E"
    )
    gradient_cosine: float = value(
        "1", "cosine of dJ/dpsi at k and at k - 1; NaN where one is missing"
    )
    step_size: float = value(
        "weight^2/reward", "alpha that leads from k to k + 1; NaN at k = E"
    )
    drift: float = value("weight", "|psi_k - psi_0|, psi_0 the pretrained policy")
    trust_factor: float = value(
        "1", "c of the trust region, psi <- psi_0 + c (psi_E - psi_0); 1 where k < E"
    )
    finite: bool = value("", "whether objective and gradient were finite")
    layer_gradient_norms: Array = value("reward/weight", "gradient norm per layer", shape="L")
    layer_drifts: Array = value("weight", "|psi_k - psi_0| per layer", shape="L")
    action: Array = value("action", "pi_psi_k(s_t)", shape="A")
    particle_objectives: Array = value("reward", "J per particle", shape="M")
    reward_terms: Array = value("reward", "gamma^j sigma_j r(s_j, a_j)", shape="M,H")
    terminal_terms: Array = value(
        "reward", "gamma^H sigma_H Q(s_H, pi(s_H)) / critic_reward_scale", shape="M"
    )
    survival: Array = value(
        "1", "sigma_j, probability-like weight of being alive", shape="M,H+1"
    )
    imagined_rewards: Array = value("reward", "r(s_j, a_j)", shape="M,H")
    imagined_states: Array = value("task", "imagined states, raw", shape="M,H+1,S")
    imagined_actions: Array = value(
        "action", "imagined actions; the last is pi(s_H)", shape="M,H+1,A"
    )
    state_quantiles: Array = value("task", "5, 50, 95 % over all particles", shape="3,H+1,S")
    ensemble_spread: Array = value(
        "1", "ensemble disagreement on s_{j+1}, in change stds, mean over particles", shape="H"
    )
    imagine_ms: float = value("ms", "wall time of the rollout", observed=True)
    backward_ms: float = value("ms", "wall time of the gradient", observed=True)
    committed_at: float = value(
        "s", "unix time at which the record was handed to the archive", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnvironmentStep:
    """What really happened at t, beside the frozen twin and the true futures.

    The three policies of the true futures, in order: frozen (pretrained psi_0), before (psi at
    k = 0), after (psi at k = E). Rolled H steps in the true simulator from the state at t.
    """

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    reward: float = value("reward", "reward of this step")
    terminated: bool = value("", "the task's termination rule")
    truncated: bool = value("", "the time limit")
    fallback: str = value("", "why the frozen action was applied instead, or empty")
    trust_factor: float = value("1", "c of the trust region")
    episode_return: float = value("reward", "sum of rewards up to and with this step")
    frozen_return: float = value("reward", "the frozen twin's sum of rewards up to this t")
    twin_alive: bool = value("", "whether the frozen twin's episode still runs after this step")
    objective_before: float = value("reward", "J(psi_0-of-this-t), k = 0")
    objective_after: float = value("reward", "J(psi_E)")
    objective_gain: float = value(
        "reward", "objective_after - objective_before: the predicted gain"
    )
    true_gain: float = value(
        "reward", "the same with the true futures: after minus before; NaN without diagnostics"
    )
    predicted_reward: float = value(
        "reward", "imagined reward of (s_t, a_t) at k = E; NaN when H = 0"
    )
    action_change: float = value("action", "max |pi_psi_E(s_t) - pi_psi_0(s_t)|")
    drift: float = value("weight", "|psi_E - psi_0|")
    model_error: float = value(
        "1", "one-step imagined mean against the true future, RMSE in change stds; NaN without"
    )
    state: Array = value("task", "s_t", shape="S")
    action: Array = value("action", "action applied", shape="A")
    frozen_action: Array = value(
        "action", "pi_psi_0(s_t), the pretrained policy's action", shape="A"
    )
    next_state: Array = value("task", "s_{t+1}", shape="S")
    physics_state: Array = value("MuJoCo", "mjSTATE_INTEGRATION before the action", shape="P")
    twin_physics_state: Array = value(
        "MuJoCo", "the frozen twin's, before its action", shape="P"
    )
    true_states: Array = value(
        "task", "true futures; rows after an end repeat the last state", shape="3,H+1,S"
    )
    true_rewards: Array = value("reward", "true rewards; 0 after an end", shape="3,H")
    true_objectives: Array = value(
        "reward", "sum gamma^j r + gamma^H Q(s_H) in the true futures", shape="3"
    )
    true_lengths: Array = value(
        "environment steps", "steps until the true future ended, at most H", shape="3"
    )
    model_errors: Array = value(
        "1",
        "imagined mean (k = E) against the true future (after) at j = 1..H, "
        "RMSE in change stds",
        shape="H",
    )
    simulate_ms: float = value("ms", "wall time of the real step", observed=True)
    imagine_ms: float = value("ms", "wall time of all rollouts of this t", observed=True)
    backward_ms: float = value("ms", "wall time of all gradients of this t", observed=True)
    other_ms: float = value("ms", "twin, true futures, records", observed=True)
    total_ms: float = value("ms", "wall time of this environment step", observed=True)
    committed_at: float = value(
        "s", "unix time at which the record was handed to the archive", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpisodeEnded:
    """An episode's sum. The frozen twin is run to its own end."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment steps of the episode")
    seed: int = value("1", "reset seed")
    reason: str = value("", "terminated or truncated")
    episode_return: float = value("reward", "sum of rewards")
    frozen_return: float = value(
        "reward", "the frozen twin's return on the same seed; NaN without diagnostics"
    )
    frozen_length: int = value("environment steps", "length of the frozen twin's episode")
    score: float = value("1", "D4RL score of episode_return")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandApplied:
    """A command that took effect, at the address where it did."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode; -1 before the first")
    t: int = value("environment steps", "environment step")
    k: int = value("gradient updates", "the next gradient update to be made at this t")
    command_id: str = value("", "the sender's id")
    command: str = value("", "the command, canonical JSON")
    effect: str = value("", "one line: what changed, or why it was refused")
    accepted: bool = value("", "whether it took effect")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Everything the session needs to go on from here, beside the checkpoint."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "the environment step that comes next")
    session: str = value("", "returns, settings, seeds, canonical JSON")
    state: Array = value("task", "s_t", shape="S")
    physics_state: Array = value("MuJoCo", "mjSTATE_INTEGRATION at t", shape="P")
    twin_state: Array = value("task", "the frozen twin's state", shape="S")
    twin_physics_state: Array = value("MuJoCo", "the frozen twin's physics", shape="P")
    policy_weights: Array = value(
        "weight", "psi, flat; empty where reset_mode is step", shape="W"
    )
    optimizer_moments: Array = value(
        "weight", "Adam's first and second moments; empty without", shape="2,W"
    )


Record = (
    RunStarted
    | EpisodeStarted
    | GradientUpdate
    | EnvironmentStep
    | EpisodeEnded
    | CommandApplied
    | Snapshot
)
RECORDS: tuple[type[Record], ...] = (
    RunStarted,
    EpisodeStarted,
    GradientUpdate,
    EnvironmentStep,
    EpisodeEnded,
    CommandApplied,
    Snapshot,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first place where two traces, or a trace and its recomputation, disagree."""

    record: int
    """seq of the record in the trace."""
    kind: str
    field: str
    detail: str


def deterministic_fields(record_type: type[Record]) -> tuple[dataclasses.Field[Any], ...]:
    """The fields the digest covers, in declaration order."""
    return tuple(f for f in dataclasses.fields(record_type) if not f.metadata["observed"])


def is_array(f: dataclasses.Field[Any]) -> bool:
    """Whether the field holds an array (stored as a little-endian blob)."""
    return bool(f.metadata["shape"])


def record_type(kind: str) -> type[Record]:
    """The record class of that name; TraceError for a foreign kind."""
    for candidate in RECORDS:
        if candidate.__name__ == kind:
            return candidate
    raise TraceError(
        f"the trace holds a record of unknown kind {kind!r}", "open it with a newer Psiscope"
    )
