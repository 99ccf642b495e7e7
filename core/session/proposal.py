"""The records around the action: what is proposed, and what happened when it was applied."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.adaptation.updater import refusal
from core.diagnosis.oracle import TrueFutures
from core.envs.mujoco import Transition, Vector
from core.session.records import NAN, Address, Stopwatch
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal

BEFORE, AFTER = 1, 2
"""Rows of the true futures; row 0 is the frozen policy."""
NOT_FINITE = "objective or gradient was not finite"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Where the real body and its frozen twin stand before the action."""

    state: Vector
    physics_state: Vector
    twin_physics_state: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Sums of rewards up to and with an environment step."""

    episode: float
    frozen: float
    twin_alive: bool


def propose(
    address: Address,
    updates: Sequence[GradientUpdate],
    scene: Scene,
    frozen_action: NDArray[np.float32],
    futures: TrueFutures | None,
    watch: Stopwatch,
    *,
    change_std: NDArray[np.float32],
) -> Proposal:
    """The action of the last update's weights; the frozen one where they are not finite."""
    first, last = updates[0], updates[-1]
    futures = futures or _unknown(last.imagined_states.shape[2])
    errors = _model_errors(last, futures, change_std)
    rewards = last.imagined_rewards
    action = last.action if last.finite else frozen_action
    return Proposal(
        branch=address.branch,
        episode=address.episode,
        t=address.t,
        k=last.k,
        fallback="" if last.finite else refusal(last.updater_record) or NOT_FINITE,
        trust_factor=last.trust_factor,
        objective_before=first.objective,
        objective_after=last.objective,
        objective_gain=last.objective - first.objective,
        true_gain=float(futures.objectives[AFTER] - futures.objectives[BEFORE]),
        predicted_reward=float(rewards[:, 0].mean()) if rewards.shape[1] else NAN,
        action_change=float(np.abs(action - frozen_action).max()),
        drift=last.drift,
        model_error=float(errors[0]) if len(errors) else NAN,
        state=scene.state,
        action=action,
        frozen_action=frozen_action,
        physics_state=scene.physics_state,
        twin_physics_state=scene.twin_physics_state,
        true_states=futures.states,
        true_rewards=futures.rewards,
        true_objectives=futures.objectives,
        true_lengths=futures.lengths,
        model_errors=errors,
        elapsed_ms=watch.total_ms,
        committed_at=time.time(),
    )


def environment_step(
    address: Address,
    updates: Sequence[GradientUpdate],
    transition: Transition,
    returns: Returns,
    watch: Stopwatch,
) -> EnvironmentStep:
    """What happened, and what this environment step cost: updates of a parent cost nothing."""
    own = [update for update in updates if update.branch == address.branch]
    imagine_ms = sum(update.imagine_ms for update in own)
    backward_ms = sum(update.backward_ms for update in own)
    total_ms = watch.total_ms
    return EnvironmentStep(
        branch=address.branch,
        episode=address.episode,
        t=address.t,
        reward=transition.reward,
        terminated=transition.terminated,
        truncated=transition.truncated,
        episode_return=returns.episode,
        frozen_return=returns.frozen,
        twin_alive=returns.twin_alive,
        next_state=transition.next_state,
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
