"""The EnvironmentStep record: what happened beside what was imagined."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.diagnosis.oracle import TrueFutures
from core.envs.mujoco import Transition, Vector
from core.session.records import NAN, Address, Stopwatch
from core.traces.trace import EnvironmentStep, GradientUpdate

BEFORE, AFTER = 1, 2
"""Rows of the true futures; row 0 is the frozen policy."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Happening:
    """What the session itself knows of one environment step; the fields of the record."""

    fallback: str
    episode_return: float
    frozen_return: float
    twin_alive: bool
    state: Vector
    action: NDArray[Any]
    frozen_action: NDArray[Any]
    physics_state: Vector
    twin_physics_state: Vector


def environment_step(
    address: Address,
    updates: Sequence[GradientUpdate],
    transition: Transition,
    futures: TrueFutures | None,
    happening: Happening,
    watch: Stopwatch,
    *,
    change_std: NDArray[np.float32],
) -> EnvironmentStep:
    """The record of one environment step."""
    first, last = updates[0], updates[-1]
    imagine_ms = sum(update.imagine_ms for update in updates)
    backward_ms = sum(update.backward_ms for update in updates)
    futures = futures or _unknown(last.imagined_states.shape[2])
    errors = _model_errors(last, futures, change_std)
    rewards = last.imagined_rewards
    total_ms = watch.total_ms
    return EnvironmentStep(
        branch=address.branch,
        episode=address.episode,
        t=address.t,
        reward=transition.reward,
        terminated=transition.terminated,
        truncated=transition.truncated,
        fallback=happening.fallback,
        trust_factor=last.trust_factor,
        episode_return=happening.episode_return,
        frozen_return=happening.frozen_return,
        twin_alive=happening.twin_alive,
        objective_before=first.objective,
        objective_after=last.objective,
        objective_gain=last.objective - first.objective,
        true_gain=float(futures.objectives[AFTER] - futures.objectives[BEFORE]),
        predicted_reward=float(rewards[:, 0].mean()) if rewards.shape[1] else NAN,
        action_change=float(np.abs(happening.action - happening.frozen_action).max()),
        drift=last.drift,
        model_error=float(errors[0]) if len(errors) else NAN,
        state=happening.state,
        action=happening.action,
        frozen_action=happening.frozen_action,
        next_state=transition.next_state,
        physics_state=happening.physics_state,
        twin_physics_state=happening.twin_physics_state,
        true_states=futures.states,
        true_rewards=futures.rewards,
        true_objectives=futures.objectives,
        true_lengths=futures.lengths,
        model_errors=errors,
        simulate_ms=watch.simulate_ms,
        imagine_ms=imagine_ms,
        backward_ms=backward_ms,
        other_ms=total_ms - watch.simulate_ms - imagine_ms - backward_ms,
        total_ms=total_ms,
        committed_at=time.time(),
    )


def _unknown(state_size: int) -> TrueFutures:
    """Without diagnostics: no true futures, their objectives NaN."""
    return TrueFutures(
        states=np.zeros((3, 0, state_size)),
        rewards=np.zeros((3, 0)),
        objectives=np.full(3, NAN),
        lengths=np.zeros(3, np.int64),
    )


def _model_errors(
    last: GradientUpdate, futures: TrueFutures, change_std: NDArray[np.float32]
) -> NDArray[np.float64]:
    """RMSE over dimensions of the imagined mean against the true future, j = 1..H, change stds.

    NaN after the true future's end: there is nothing to compare with. Empty without one.
    """
    horizon = min(last.imagined_rewards.shape[1], futures.rewards.shape[1])
    if horizon == 0:
        return np.zeros(0)
    imagined = last.imagined_states[:, 1 : horizon + 1].mean(axis=0, dtype=np.float64)
    gap = (imagined - futures.states[AFTER, 1 : horizon + 1]) / change_std
    errors: NDArray[np.float64] = np.sqrt((gap**2).mean(axis=1))
    errors[futures.lengths[AFTER] :] = NAN
    return errors
