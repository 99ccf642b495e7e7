"""Updates and transitions as records of the trace."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.adaptation.ascent import Adaptation, Update
from core.adaptation.objective import reward_terms, terminal_terms
from core.adaptation.rollout import Rollout
from core.adaptation.weights import layer_norms
from core.checkpoints.checkpoint import Checkpoint
from core.models.critic import TwinCritic
from core.traces.trace import MOST_PARTICLES, GradientUpdate

THINNED_PARTICLES = 16
"""Particles kept of the updates between the first and the last."""
NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a record stands."""

    branch: int
    episode: int
    t: int


class Stopwatch:
    """Milliseconds of one environment step; stands still while the session waits."""

    def __init__(self) -> None:
        self.simulate_ms = 0.0
        self._spent_ms = 0.0
        self._since = time.perf_counter()

    def pause(self) -> None:
        """Stop counting."""
        self._spent_ms = self.total_ms

    def go_on(self) -> None:
        """Count again."""
        self._since = time.perf_counter()

    @property
    def total_ms(self) -> float:
        """Counted so far."""
        return self._spent_ms + (time.perf_counter() - self._since) * 1e3


class UpdateRecorder:
    """Turns updates into records; keeps the gradient of k - 1 for the cosine."""

    def __init__(self, checkpoint: Checkpoint, adaptation: Adaptation) -> None:
        self._checkpoint, self._psi_0 = checkpoint, adaptation.psi_0
        self._layers = adaptation.policy.layers()
        self._previous: Tensor | None = None

    @property
    def layer_names(self) -> list[str]:
        """The L of the arrays."""
        return list(self._layers)

    def record(self, update: Update, address: Address) -> GradientUpdate:
        """The record of one update."""
        rollout = update.rollout
        assert rollout is not None  # noqa: S101 - a session always observes the last update
        gradient = update.gradient
        moved = update.psi - self._psi_0
        zeros = torch.full((len(self._layers),), NAN)
        task, scale = self._checkpoint.task, self._checkpoint.manifest.critic_reward_scale
        spread = self._spread(rollout)
        shown = _shown(update, len(update.objectives))
        record = GradientUpdate(
            branch=address.branch,
            episode=address.episode,
            t=address.t,
            k=update.k,
            last=update.last,
            objective=float(update.objectives.mean()),
            objective_std=float(update.objectives.std(correction=0)),
            gradient_norm=NAN if gradient is None else float(gradient.norm()),
            gradient_cosine=self._cosine(gradient, update.k),
            step_size=update.step_size,
            drift=float(moved.norm()),
            trust_factor=update.trust_factor,
            finite=update.finite,
            updater_record=update.updater_record,
            layer_gradient_norms=_array(
                zeros if gradient is None else layer_norms(gradient, self._layers)
            ),
            layer_drifts=_array(layer_norms(moved, self._layers)),
            action=_array(update.action[0]),
            particle_objectives=_array(update.objectives[shown]),
            reward_terms=_array(reward_terms(rollout, discount=task.discount)[shown]),
            terminal_terms=_array(
                terminal_terms(rollout, discount=task.discount, critic_reward_scale=scale)[
                    shown
                ]
            ),
            survival=_array(rollout.survival[shown]),
            imagined_rewards=_array(rollout.rewards[shown]),
            imagined_states=_array(rollout.states[shown]),
            imagined_actions=_array(rollout.actions[shown]),
            state_quantiles=_quantiles(rollout),
            ensemble_spread=spread,
            ensemble_spread_mean=float(spread.mean()) if len(spread) else NAN,
            q_spread=self._q_spread(rollout),
            imagine_ms=update.imagine_ms,
            backward_ms=update.backward_ms,
            committed_at=time.time(),
        )
        self._previous = gradient
        return record

    def _cosine(self, gradient: Tensor | None, k: int) -> float:
        if gradient is None or self._previous is None or k == 0:
            return NAN
        return float(torch.nn.functional.cosine_similarity(gradient, self._previous, dim=0))

    def _spread(self, rollout: Rollout) -> NDArray[np.float32]:
        particles, horizon = rollout.rewards.shape
        ensemble = self._checkpoint.ensemble
        if horizon == 0 or ensemble is None:
            return np.zeros(0, np.float32)
        with torch.inference_mode():
            spread = ensemble(
                rollout.states[:, :-1].flatten(0, 1), rollout.actions[:, :-1].flatten(0, 1)
            )
        return _array(spread.view(particles, horizon).mean(dim=0))

    def _q_spread(self, rollout: Rollout) -> float:
        critic = self._checkpoint.critic
        if not isinstance(critic, TwinCritic):
            return NAN
        with torch.inference_mode():
            first, second = critic.twins(rollout.states[:, -1], rollout.actions[:, -1])
        scale = self._checkpoint.manifest.critic_reward_scale
        return float((first - second).abs().mean()) / scale


def _shown(update: Update, particles: int) -> slice:
    ends = update.k == 0 or update.last
    return slice(0, min(particles, MOST_PARTICLES if ends else THINNED_PARTICLES))


def _quantiles(rollout: Rollout) -> NDArray[np.float32]:
    levels = torch.tensor([0.05, 0.5, 0.95])
    return _array(torch.quantile(rollout.states.detach(), levels, dim=0))


def _array(tensor: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().numpy().copy()
    array.setflags(write=False)
    return array
