"""The real side of a session: the environment, the frozen twin beside it, the true futures."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from core.adaptation.controllers import pretrained_action
from core.adaptation.weights import same_weights
from core.checkpoints.checkpoint import Checkpoint
from core.diagnosis.oracle import Oracle, TrueFutures
from core.diagnosis.value_field import Field, density_field, value_field
from core.envs.mujoco import Environment, Transition, Vector
from core.models.interfaces import AdaptablePolicy
from core.session.proposal import Returns, Scene
from core.session.records import NAN, Address, Stopwatch
from core.session.snapshot import Standing
from core.session.twin import FrozenTwin
from core.settings import Settings
from core.traces.trace import EpisodeEnded, EpisodeStarted, Snapshot

TRUE_HORIZON = 5
"""Environment steps of the true futures where H = 0."""


class Reality:
    """What really happens. Without diagnostics neither twin nor true futures are computed."""

    def __init__(self, checkpoint: Checkpoint, *, diagnostics: bool) -> None:
        self.diagnostics = diagnostics
        self.state: Vector = np.zeros(checkpoint.task.state_size)
        self.episode_return = 0.0
        self._checkpoint, self._pretrained = checkpoint, checkpoint.policy
        self._environment = Environment(checkpoint.task)
        self.twin = FrozenTwin(checkpoint.task, checkpoint.policy)
        self._oracle = Oracle(
            checkpoint.task,
            checkpoint.critic,
            critic_reward_scale=checkpoint.manifest.critic_reward_scale,
        )

    def reset(self, branch: int, episode: int, seed: int) -> EpisodeStarted:
        """Begin the episode of that reset seed."""
        self.state, self.episode_return = self._environment.reset(seed), 0.0
        if self.diagnostics:
            self.twin.reset(seed)
        return EpisodeStarted(
            branch=branch,
            episode=episode,
            seed=seed,
            state=self.state,
            physics_state=self._environment.save(),
            value_field=self._value_field(),
            data_density=density_field(
                self._checkpoint.task, self._checkpoint.manifest.data_density
            ),
        )

    def act(self, action: NDArray[np.float32], watch: Stopwatch) -> Transition:
        """Apply the action; the twin takes its own beside it."""
        started = time.perf_counter()
        transition = self._environment.apply(action)
        watch.simulate_ms = (time.perf_counter() - started) * 1e3
        self.twin.apply()
        self.state = transition.next_state
        self.episode_return += transition.reward
        return transition

    def scene(self) -> Scene:
        """Where both bodies stand."""
        return Scene(
            state=self.state,
            physics_state=self.physics(),
            twin_physics_state=self.twin.save() if self.diagnostics else np.zeros(0),
        )

    def physics(self) -> Vector:
        """The physics state (P,)."""
        return self._environment.save()

    def frozen_action(self) -> NDArray[np.float32]:
        """pi_psi_0(s_t), (A,). Raises InputError where it is not finite."""
        return pretrained_action(self._pretrained, self.state)

    def futures(
        self, before: AdaptablePolicy, after: AdaptablePolicy, t: int, horizon: int
    ) -> TrueFutures | None:
        """H environment steps from here with the frozen, the before and the after policy."""
        if not self.diagnostics:
            return None
        pretrained = self._pretrained
        # Of equal weights one future is rolled.
        moved = [pretrained if same_weights(p, pretrained) else p for p in (before, after)]
        policies = (pretrained, *moved)
        return self._oracle.roll(policies, self.physics(), t, horizon=horizon or TRUE_HORIZON)

    def _value_field(self) -> Field:
        """Of the pretrained policy, with the body as it stands now."""
        if not self.diagnostics:
            return np.zeros((0, 0), np.float32)
        checkpoint = self._checkpoint
        return value_field(
            checkpoint.task,
            checkpoint.policy,
            checkpoint.critic,
            self.state,
            critic_reward_scale=checkpoint.manifest.critic_reward_scale,
        )

    def returns(self) -> Returns:
        """Sums of rewards so far."""
        return Returns(
            episode=self.episode_return,
            frozen=self.twin.episode_return if self.diagnostics else NAN,
            twin_alive=self.twin.alive,
        )

    def finish(self, address: Address, seed: int, reason: str, score: float) -> EpisodeEnded:
        """The episode ends; the twin runs to its own end."""
        self.twin.finish()
        returns = self.returns()
        return EpisodeEnded(
            branch=address.branch,
            episode=address.episode,
            t=address.t,
            seed=seed,
            reason=reason,
            episode_return=returns.episode,
            frozen_return=returns.frozen,
            frozen_length=self.twin.length,
            score=score,
        )

    def standing(
        self,
        settings: Settings,
        pending: Settings,
        *,
        reset_seed: int,
        abandon_at: int | None,
        moments_count: int,
    ) -> Standing:
        """The scalars of a snapshot."""
        return Standing(
            settings=settings.to_json(),
            pending=pending.to_json(),
            reset_seed=reset_seed,
            episode_return=self.episode_return,
            twin_return=self.twin.episode_return,
            twin_length=self.twin.length,
            twin_alive=self.twin.alive,
            abandon_at=abandon_at,
            moments_count=moments_count,
        )

    def snapshot(
        self,
        address: Address,
        standing: Standing,
        weights: NDArray[np.float32],
        moments: NDArray[np.float32],
    ) -> Snapshot:
        """Everything at this t, with the weights and moments of the adaptation."""
        return Snapshot(
            branch=address.branch,
            episode=address.episode,
            t=address.t,
            session=standing.to_json(),
            state=self.state,
            physics_state=self.physics(),
            twin_state=self.twin.state,
            twin_physics_state=self.twin.save(),
            policy_weights=weights,
            optimizer_moments=moments,
        )

    def restore(self, snapshot: Snapshot, standing: Standing) -> None:
        """Back to a snapshot, bit for bit."""
        self.state = self._environment.restore(snapshot.physics_state, snapshot.t)
        self.episode_return = standing.episode_return
        self.twin.restore(
            snapshot.twin_physics_state,
            snapshot.twin_state,
            length=standing.twin_length,
            episode_return=standing.twin_return,
            alive=standing.twin_alive,
        )
