"""The EnvironmentStep record: what happened beside what was imagined."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.diagnosis.oracle import TrueFutures
from core.envs.mujoco import Transition
from core.session.records import NAN, Address, Stopwatch
from core.traces.trace import EnvironmentStep, GradientUpdate

BEFORE, AFTER = 1, 2
"""Rows of the true futures; row 0 is the frozen policy."""


def environment_step(
    address: Address,
    updates: Sequence[GradientUpdate],
    transition: Transition,
    futures: TrueFutures | None,
    watch: Stopwatch,
    *,
    change_std: NDArray[np.float32],
    **facts: Any,
) -> EnvironmentStep:
    """The record of one environment step; `facts` are the fields the session knows itself."""
    first, last = updates[0], updates[-1]
    imagine_ms = sum(update.imagine_ms for update in updates)
    backward_ms = sum(update.backward_ms for update in updates)
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
        next_state=transition.next_state,
        trust_factor=last.trust_factor,
        objective_before=first.objective,
        objective_after=last.objective,
        objective_gain=last.objective - first.objective,
        true_gain=NAN
        if futures is None
        else float(futures.objectives[AFTER] - futures.objectives[BEFORE]),
        predicted_reward=float(rewards[:, 0].mean()) if rewards.shape[1] else NAN,
        action_change=float(np.abs(facts["action"] - facts["frozen_action"]).max()),
        drift=last.drift,
        model_error=float(errors[0]) if len(errors) else NAN,
        model_errors=errors,
        **_true_arrays(futures, last),
        simulate_ms=watch.simulate_ms,
        imagine_ms=imagine_ms,
        backward_ms=backward_ms,
        other_ms=total_ms - watch.simulate_ms - imagine_ms - backward_ms,
        total_ms=total_ms,
        committed_at=time.time(),
        **facts,
    )


def _true_arrays(futures: TrueFutures | None, last: GradientUpdate) -> dict[str, NDArray[Any]]:
    if futures is None:
        size = last.imagined_states.shape[2]
        return {
            "true_states": np.zeros((3, 0, size)),
            "true_rewards": np.zeros((3, 0)),
            "true_objectives": np.full(3, NAN),
            "true_lengths": np.zeros(3, np.int64),
        }
    return {
        "true_states": futures.states,
        "true_rewards": futures.rewards,
        "true_objectives": futures.objectives,
        "true_lengths": futures.lengths,
    }


def _model_errors(
    last: GradientUpdate, futures: TrueFutures | None, change_std: NDArray[np.float32]
) -> NDArray[np.float64]:
    """RMSE over dimensions of the imagined mean against the true future, j = 1..H, in change stds.

    NaN after the true future's end: there is nothing to compare with.
    """
    horizon = last.imagined_rewards.shape[1]
    if futures is None or horizon == 0:
        return np.zeros(0)
    imagined = last.imagined_states[:, 1:].mean(axis=0, dtype=np.float64)
    gap = (imagined - futures.states[AFTER, 1 : horizon + 1]) / change_std
    errors: NDArray[np.float64] = np.sqrt((gap**2).mean(axis=1))
    errors[futures.lengths[AFTER] :] = NAN
    return errors
