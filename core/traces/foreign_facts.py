"""What a loop that is not ours may tell, and the checks of it. Errors name the field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from core.traces.field import Array

_LARGEST_PHYSICS = 2**16
_LARGEST_SEED = 2**62
_ROUNDING = 1e-6
"""By which a scaled action may miss -1 or 1."""


class UpdateFacts(TypedDict, total=False):
    """What a loop may tell of its weights at one k; all of it optional, in the units and
    shapes of GradientUpdate (docs/record-reference.md)."""

    objective: SupportsFloat
    """What is climbed, at these weights; default: the mean of particle_objectives."""
    objective_std: SupportsFloat
    gradient_norm: SupportsFloat
    """Of the gradient taken at these weights; none at the last k."""
    gradient_cosine: SupportsFloat
    """With the gradient of k - 1."""
    step_size: SupportsFloat
    drift: SupportsFloat
    """|psi_k - psi_0|, psi_0 the weights that the run began with."""
    trust_factor: SupportsFloat
    q_spread: SupportsFloat
    imagine_ms: SupportsFloat
    backward_ms: SupportsFloat
    action: ArrayLike
    """(A,) that these weights give at s_t, -1 to 1; default at the last k: the one applied."""
    layer_gradient_norms: ArrayLike
    """(L,), in the order of layer_names."""
    layer_drifts: ArrayLike
    particle_objectives: ArrayLike
    """(M,): of each sample, scenario or noise draw."""
    reward_terms: ArrayLike
    """(M, H): what each imagined step adds to the objective."""
    terminal_terms: ArrayLike
    """(M,): what the end adds."""
    imagined_rewards: ArrayLike
    """(M, H)"""
    imagined_states: ArrayLike
    """(M, H+1, S), the first is s_t."""
    imagined_actions: ArrayLike
    """(M, H+1, A)"""
    survival: ArrayLike
    ensemble_spread: ArrayLike
    """(H,)"""


class StepFacts(TypedDict, total=False):
    """What a loop may tell of an environment step beside action, state and reward."""

    frozen_action: ArrayLike
    """(A,) that the weights at the start of the run would have given."""
    frozen_return: SupportsFloat
    """Their sum of rewards up to this t on the same seed."""
    predicted_reward: SupportsFloat
    true_gain: SupportsFloat
    model_error: SupportsFloat
    next_physics_state: ArrayLike
    """mjSTATE_INTEGRATION after the step."""
    simulate_ms: SupportsFloat
    total_ms: SupportsFloat
    """Default: wall time since the last call of environment_step or start_episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers that the letters S, A and L of shapes stand for."""

    state: int
    action: int
    layers: int


def numbers(name: str, value: Any, shape: tuple[int | None, ...]) -> Array:
    """A float array of its own of that shape (None: any size); ValueError naming the field."""
    try:
        given = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:120]
        raise ValueError(f"{name} cannot be read as numbers: {line}") from error
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} cannot be read as numbers: it holds {given.dtype}")
    array = given.astype(np.float64, copy=True)
    fits = len(shape) == array.ndim and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has the shape {array.shape}, not ({wanted})")
    return array


def actions(name: str, array: Array) -> Array:
    """The same array; ValueError where a finite number of it is no action, from -1 to 1."""
    outside = array[np.isfinite(array) & (np.abs(array) > 1 + _ROUNDING)]
    if outside.size:
        raise ValueError(
            f"{name} holds {outside[0]:g}, actions are from -1 to 1: where your environment"
            " takes low to high, give 2 * (action - low) / (high - low) - 1"
        )
    return array


def flag(name: str, value: Any) -> bool:
    """Yes or no: a bool of Python, numpy or an array library, or 0 or 1; ValueError."""
    found = float(numbers(name, value, ()))
    if found not in (0.0, 1.0):
        raise ValueError(f"{name} is {found:g}, not true or false")
    return bool(found)


def number(given: Mapping[str, Any], name: str, missing: float = math.nan) -> float:
    """A number that was given, or what stands for one that was not."""
    return float(numbers(name, given[name], ())) if name in given else missing


def physics(name: str, value: Any) -> Array:
    """mjSTATE_INTEGRATION as given, (P,); empty for None."""
    if value is None:
        return np.zeros(0)
    array = numbers(name, value, (None,))
    if array.size > _LARGEST_PHYSICS:
        raise ValueError(f"{name} has {array.size} numbers, at most {_LARGEST_PHYSICS} fit")
    return array


def whole(name: str, value: Any) -> int:
    """A whole number from 0 on; ValueError naming the field."""
    good = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not good or not 0 <= value <= _LARGEST_SEED:
        raise ValueError(f"{name} is {value!r:.40}, not a whole number from 0 to 2^62")
    return int(value)


def checked(facts: Mapping[str, Any], known: Any) -> dict[str, Any]:
    """The facts, all of them fields of that TypedDict; ValueError naming one that is not."""
    for name in facts:
        if name not in known.__annotations__:
            names = ", ".join(sorted(known.__annotations__))
            raise ValueError(f"there is no field {name!r:.80}; known: {names}")
    return dict(facts)


def fitted(name: str, value: Any, shape: Sequence[str], letters: dict[str, int]) -> Array:
    """One array; sizes of letters not met before are taken from it."""
    known = [letters.get(letter.partition("+")[0]) for letter in shape]
    more = [int(letter.partition("+")[2] or 0) for letter in shape]
    wanted = tuple(None if n is None else n + m for n, m in zip(known, more, strict=True))
    array = numbers(name, value, wanted)
    for letter, size, extra in zip(shape, array.shape, more, strict=True):
        base = letter.partition("+")[0]
        if size < 1 + extra * (base not in letters):
            raise ValueError(f"{name} has the shape {array.shape}, of ({', '.join(shape)})")
        letters.setdefault(base, size - extra)
    return array
