"""Records of a loop that is not ours: what it gave, and NaN or nothing for the rest."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.traces.field import Array
from core.traces.foreign_facts import (
    Sizes,
    StepFacts,
    UpdateFacts,
    actions,
    checked,
    fitted,
    number,
    numbers,
)
from core.traces.schema import layout
from core.traces.trace import MOST_PARTICLES, EnvironmentStep, GradientUpdate, Proposal

ALL_LAYERS = ("all layers",)
"""Where a loop does not tell its layers apart."""
_BLANK = {"bool": False, "int": 0, "float": math.nan, "str": ""}
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a record stands; all are of branch 0."""

    episode: int
    t: int


@np.errstate(all="ignore")
def make_update(address: Address, k: int, facts: UpdateFacts, sizes: Sizes) -> GradientUpdate:
    """The record of one k, not yet known to be the last of its t."""
    given = checked(facts, UpdateFacts)
    arrays = _completed(_arrays(given, sizes))
    values = _update_scalars(given, arrays)
    by_layer = {"gradient_norm": "layer_gradient_norms", "drift": "layer_drifts"}
    for of_all, name in by_layer.items():
        if not arrays[name].size:
            missing = values[of_all] if sizes.layers == 1 else math.nan
            arrays[name] = np.full(sizes.layers, missing)
    if not arrays["action"].size:
        arrays["action"] = np.full(sizes.action, math.nan)
    told = [float(given[name]) for name in ("objective", "gradient_norm") if name in given]
    return GradientUpdate(
        **blank("GradientUpdate", sizes)
        | values
        | {name: _kept(name, array) for name, array in arrays.items()}
        | {
            "episode": address.episode,
            "t": address.t,
            "k": k,
            "finite": all(map(math.isfinite, told)),
            "committed_at": time.time(),
        }
    )


def acting(update: GradientUpdate, action: Array) -> GradientUpdate:
    """The same as the last of its t; its action is the one applied, where none was given."""
    own = update.action if np.isfinite(update.action).any() else action
    return dataclasses.replace(update, last=True, action=own)


@np.errstate(all="ignore")
def make_proposal(
    address: Address,
    updates: Sequence[GradientUpdate],
    facts: StepFacts,
    sizes: Sizes,
    *,
    state: Array,
    action: Array,
    body: Array,
) -> Proposal:
    """The action applied, with what is known of it."""
    given = checked(facts, StepFacts)
    before, after = updates[0], updates[-1]
    frozen = np.full(sizes.action, math.nan)
    if "frozen_action" in given:
        frozen = numbers("frozen_action", given["frozen_action"], (sizes.action,))
        actions("frozen_action", frozen)
    return Proposal(
        **blank("Proposal", sizes)
        | {
            "episode": address.episode,
            "t": address.t,
            "k": after.k,
            "trust_factor": after.trust_factor,
            "objective_before": before.objective,
            "objective_after": after.objective,
            "objective_gain": after.objective - before.objective,
            "true_gain": number(given, "true_gain"),
            "predicted_reward": number(given, "predicted_reward"),
            "action_change": float(np.abs(action - frozen).max()),
            "drift": after.drift,
            "model_error": number(given, "model_error"),
            "committed_at": time.time(),
            "state": state,
            "action": action,
            "frozen_action": frozen,
            "physics_state": body,
        }
    )


def make_environment_step(
    address: Address,
    facts: StepFacts,
    sizes: Sizes,
    *,
    reward: float,
    episode_return: float,
    next_state: Array,
    ends: tuple[bool, bool],
    updates: Sequence[GradientUpdate],
) -> EnvironmentStep:
    """What the action led to. ends: terminated, truncated."""
    given = checked(facts, StepFacts)
    return EnvironmentStep(
        **blank("EnvironmentStep", sizes)
        | {
            "episode": address.episode,
            "t": address.t,
            "reward": reward,
            "terminated": ends[0],
            "truncated": ends[1],
            "episode_return": episode_return,
            "frozen_return": number(given, "frozen_return"),
            "twin_alive": True,
            "next_state": next_state,
            "simulate_ms": number(given, "simulate_ms"),
            "imagine_ms": _total([update.imagine_ms for update in updates]),
            "backward_ms": _total([update.backward_ms for update in updates]),
            "total_ms": number(given, "total_ms"),
            "committed_at": time.time(),
        }
    )


def blank(kind: str, sizes: Sizes) -> dict[str, Any]:
    """Every field of a record as one that was not recorded."""
    fields = layout(kind)
    scalars = {name: _BLANK[scalar_type] for name, scalar_type in fields.scalars.items()}
    arrays = {name: _nothing(letters, sizes) for name, letters in fields.arrays.items()}
    return scalars | arrays


def _update_scalars(given: Mapping[str, Any], arrays: Mapping[str, Array]) -> dict[str, float]:
    names = [n for n, kind in layout("GradientUpdate").scalars.items() if kind == "float"]
    found = {name: number(given, name) for name in names if name != "committed_at"}
    particles, spread = arrays["particle_objectives"], arrays["ensemble_spread"]
    if particles.size:
        found["objective"] = number(given, "objective", float(particles.mean()))
        found["objective_std"] = number(given, "objective_std", float(particles.std()))
    if spread.size:
        found["ensemble_spread_mean"] = float(spread.mean())
    return found


def _arrays(given: Mapping[str, Any], sizes: Sizes) -> dict[str, Array]:
    """All arrays of an update; the letters M and H mean the same in each of them."""
    letters = {"S": sizes.state, "A": sizes.action, "L": sizes.layers}
    names = layout("GradientUpdate").arrays
    found = {name: _nothing(shape, sizes) for name, shape in names.items()}
    for name, shape in names.items():
        if name in given:
            found[name] = fitted(name, given[name], shape, letters)
    for name in ("action", "imagined_actions"):
        actions(name, found[name])
    return found


def _completed(arrays: dict[str, Array]) -> dict[str, Array]:
    """What follows from what was told; NaN for the other half of what is shown together."""
    rewards, terminal = arrays["reward_terms"], arrays["terminal_terms"]
    if rewards.size and terminal.size and not arrays["particle_objectives"].size:
        arrays["particle_objectives"] = rewards.sum(axis=1) + terminal
    if rewards.size and not terminal.size:
        arrays["terminal_terms"] = np.full(len(rewards), math.nan)
    if terminal.size and not rewards.size:
        arrays["reward_terms"] = np.zeros((len(terminal), 0))
    states, paid = arrays["imagined_states"], arrays["imagined_rewards"]
    if states.size:
        arrays["state_quantiles"] = np.quantile(states, _QUANTILES, axis=0)
    if states.size and not paid.size:
        arrays["imagined_rewards"] = np.full((len(states), states.shape[1] - 1), math.nan)
    if paid.size and not states.size:
        shape = (len(paid), paid.shape[1] + 1, states.shape[2])
        arrays["imagined_states"] = np.full(shape, math.nan)
    return arrays


def _kept(name: str, array: Array) -> Array:
    """Of all particles as many as a record keeps."""
    of_particles = layout("GradientUpdate").arrays[name][0] == "M"
    return array[:MOST_PARTICLES] if of_particles else array


def _nothing(shape: Sequence[str], sizes: Sizes) -> Array:
    """An array without elements of that rank: nothing was recorded."""
    known = {"S": sizes.state, "A": sizes.action, "L": sizes.layers, "H+1": 1}
    return np.zeros([known.get(letter, 0) if rank else 0 for rank, letter in enumerate(shape)])


def _total(milliseconds: Sequence[float]) -> float:
    known = [ms for ms in milliseconds if math.isfinite(ms)]
    return sum(known) if known else math.nan
