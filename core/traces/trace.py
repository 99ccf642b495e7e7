"""The records of a trace. One record, one commit; arrays inside are read-only.

A field is *deterministic* (covered by the digest chain, bit-identical on replay) or *observed*
(timings, wall clock, versions). The reference in docs is generated from the metadata below.
Letters in shapes: S state, A action, H imagined steps, M particles kept (at most 64),
L policy layers, P physics state, W policy weights, R and C rows and columns of squares.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.errors import TraceError
from core.traces.field import Array, value
from core.traces.moment_records import EnvironmentStep, GradientUpdate, Proposal

__all__ = [
    "FORMAT_VERSION",
    "MOST_PARTICLES",
    "OURS",
    "RECORDS",
    "SNAPSHOT_EVERY",
    "BranchStarted",
    "BreakpointHit",
    "CommandApplied",
    "Difference",
    "EnvironmentStep",
    "EpisodeEnded",
    "EpisodeStarted",
    "GradientUpdate",
    "Proposal",
    "Record",
    "RunStarted",
    "Snapshot",
    "deterministic_fields",
    "is_array",
    "record_type",
]

FORMAT_VERSION = 3
OURS = "psiscope"
"""Origin of a trace that can be recomputed, forked and resumed."""
MOST_PARTICLES = 64
"""Particles whose states a record keeps."""
SNAPSHOT_EVERY = 20
"""Environment steps between snapshots, at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunStarted:
    """What the run is: where Psiscope made it, enough to recompute every later record."""

    format_version: int = value("1", "version of the trace format")
    origin: str = value(
        "", "psiscope, or the name of the foreign loop that wrote it: not recomputable"
    )
    task: str = value("", "task name")
    task_facts: str = value("", "the task itself: environment, sizes, names, JSON")
    checkpoint: str = value("", "checkpoint name")
    checkpoint_digest: str = value("", "digest of the checkpoint")
    seed: int = value("1", "seed of the first episode and of all noise")
    settings: str = value("", "settings at the start, canonical JSON, tuned values filled in")
    diagnostics: bool = value("", "whether the frozen twin and the true futures are computed")
    layer_names: str = value("", "policy layers, JSON list; the L of later arrays")
    trusted_code: str = value(
        "",
        "programs of the user that ran from the start (kind, reference, sha256), JSON list",
    )
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
    value_field: Array = value(
        "reward",
        "mazes: Q(s, pi_psi_0(s)) / critic_reward_scale with s_0's x, y put into the middle of "
        "each square; rows from the largest y down, NaN in walls; empty without diagnostics",
        shape="R,C",
    )
    data_density: Array = value(
        "1",
        "mazes: share of the data's states in each square; empty where it was not stored",
        shape="R,C",
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BranchStarted:
    """A branch begins at (episode, t, k) of its parent; all before is the parent's.

    The updates k' < k of t are the parent's, and psi_k is what they led to; everything from the
    observation at psi_k on is the branch's own. Committed together with the command that asked
    for it. Branch 0, the root, has no such record.
    """

    branch: int = value("1", "the new branch; the highest so far plus one")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    k: int = value("gradient updates", "gradient update that the branch makes first")
    parent: int = value("1", "branch that it leaves")
    reason: str = value("", "fork, resume, reject, redo or accept")
    settings: str = value("", "settings in effect from here on, canonical JSON")
    seed: int = value("1", "seed of the noise and of later episodes from here on")
    checkpoint: str = value("", "checkpoint name")
    checkpoint_digest: str = value("", "digest of the checkpoint")
    checkpoint_path: str = value(
        "", "folder of the checkpoint, or the name that finds it", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BreakpointHit:
    """A breakpoint's condition held here, before the action was applied."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    k: int = value("gradient updates", "gradient update")
    breakpoint: str = value("", "id of the breakpoint")
    condition: str = value("", "its condition")
    hits: int = value("1", "how often it has held so far, with this time")
    paused: bool = value("", "whether the run paused; not where it only logs or ignores")
    quantities: str = value("", "the named quantities at the hit, JSON", observed=True)


Record = (
    RunStarted
    | EpisodeStarted
    | GradientUpdate
    | Proposal
    | EnvironmentStep
    | EpisodeEnded
    | CommandApplied
    | Snapshot
    | BranchStarted
    | BreakpointHit
)
RECORDS: tuple[type[Record], ...] = (
    RunStarted,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    EnvironmentStep,
    EpisodeEnded,
    CommandApplied,
    Snapshot,
    BranchStarted,
    BreakpointHit,
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
