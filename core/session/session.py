"""A session: one record after another, deterministic but for the observed fields.

    (EpisodeStarted (Snapshot? GradientUpdate{1, E + 1} EnvironmentStep)+ EpisodeEnded)*

Live, replay and going on after a crash are the same code: the same checkpoint, settings, seed
and commands give the same records bit for bit.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.adaptation.controllers import make_adaptation
from core.adaptation.noise import imagination_noise
from core.adaptation.weights import psi_of, set_psi
from core.checkpoints.checkpoint import Checkpoint
from core.commands import Command
from core.device import use_one_thread
from core.diagnosis.oracle import Oracle, TrueFutures
from core.envs.mujoco import Environment, Transition, Vector
from core.errors import InputError
from core.models.policy import MlpPolicy
from core.session.header import run_started
from core.session.records import NAN, Address, Stopwatch, UpdateRecorder
from core.session.snapshot import Standing, restore_weights, weights_of
from core.session.transition import Happening, environment_step
from core.session.twin import FrozenTwin
from core.settings import Settings
from core.traces.trace import (
    SNAPSHOT_EVERY,
    CommandApplied,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Record,
    RunStarted,
    Snapshot,
)

TRUE_HORIZON = 5
"""Environment steps of the true futures where H = 0."""


class Session:
    """One branch of a run. ``advance`` gives the next record, ``apply`` takes a command."""

    def __init__(
        self, checkpoint: Checkpoint, settings: Settings, *, seed: int, diagnostics: bool = True
    ) -> None:
        use_one_thread()
        self.checkpoint, self.seed, self.diagnostics = checkpoint, seed, diagnostics
        self.settings = self._pending = checkpoint.settle(settings)
        self._first_settings = self.settings
        self._environment = Environment(checkpoint.task)
        adaptation = self._adaptation = make_adaptation(checkpoint, self.settings)
        self._recorder = UpdateRecorder(checkpoint, adaptation.psi_0, adaptation.policy)
        self._before = copy.deepcopy(checkpoint.policy)
        self._twin = FrozenTwin(checkpoint.task, checkpoint.policy)
        scale = checkpoint.manifest.critic_reward_scale
        self._oracle = Oracle(checkpoint.task, checkpoint.critic, critic_reward_scale=scale)
        self._branch, self._episode, self._t, self._k = 0, -1, 0, 0
        self._state: Vector = np.zeros(checkpoint.task.state_size)
        self._episode_return = 0.0
        self._abandon = False
        self._records = self._run()

    # What callers ask.

    def started(self) -> RunStarted:
        """The first record of the trace."""
        return run_started(
            self.checkpoint,
            self._first_settings,
            seed=self.seed,
            diagnostics=self.diagnostics,
            layer_names=self._recorder.layer_names,
        )

    def advance(self) -> Record:
        """The next record. Applies the action only with the EnvironmentStep itself."""
        return next(self._records)

    def apply(self, command: Command) -> CommandApplied:
        """Take a command at this address; settings change at the next environment step."""
        accepted, effect = True, ""
        if command.name == "edit":
            try:
                changed = self._pending.replace(**command.settings)
                self._pending = self.checkpoint.settle(changed)
                effect = "settings change at the next environment step"
            except (InputError, TypeError) as error:
                accepted, effect = False, str(error)
        elif command.name == "reset":
            self._abandon = True
            effect = "the next episode begins after this environment step"
        return CommandApplied(
            branch=self._branch,
            episode=self._episode,
            t=self._t,
            k=self._k,
            command_id=command.id,
            command=command.to_line(),
            effect=effect,
            accepted=accepted,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go to a snapshot; the next record is the one that followed it."""
        standing = Standing.from_json(snapshot.session)
        self._branch, self._episode, self._t = snapshot.branch, snapshot.episode, snapshot.t
        self._state = self._environment.restore(snapshot.physics_state, snapshot.t)
        self._episode_return, self._abandon = standing.episode_return, standing.abandon
        self._use(Settings.from_json(standing.settings))
        self._pending = Settings.from_json(standing.pending)
        restore_weights(
            self._adaptation,
            snapshot.policy_weights,
            snapshot.optimizer_moments,
            standing.moments_count,
        )
        self._twin.restore(
            snapshot.twin_physics_state,
            snapshot.twin_state,
            length=standing.twin_length,
            episode_return=standing.twin_return,
            alive=standing.twin_alive,
        )
        self._records = self._run(resumed=True)

    # The course of a run.

    def _run(self, *, resumed: bool = False) -> Iterator[Record]:
        while True:
            if not resumed:
                yield self._start_episode()
            yield from self._go_on(resumed=resumed)
            resumed = False

    def _start_episode(self) -> EpisodeStarted:
        self._episode += 1
        self._t, self._k, self._episode_return, self._abandon = 0, 0, 0.0, False
        self._use(self._pending)
        if self.settings.reset_mode != "never":
            self._adaptation.reset()
        self._state = self._environment.reset(self._episode_seed)
        if self.diagnostics:
            self._twin.reset(self._episode_seed)
        return EpisodeStarted(
            branch=self._branch,
            episode=self._episode,
            seed=self._episode_seed,
            state=self._state,
            physics_state=self._environment.save(),
        )

    def _go_on(self, *, resumed: bool) -> Iterator[Record]:
        reason = ""
        while not reason:
            if self._t % SNAPSHOT_EVERY == 0 and not resumed:
                yield self._snapshot()
            resumed = False
            if self._abandon:
                reason = "reset"
                break
            self._use(self._pending)
            transition = yield from self._environment_step()
            reason = "terminated" * transition.terminated or "truncated" * transition.truncated
        yield self._end_episode(reason)

    def _environment_step(self) -> Generator[Record, None, Transition]:
        watch = Stopwatch()
        state, physics, elapsed = self._state, self._environment.save(), self._t
        address = Address(branch=self._branch, episode=self._episode, t=elapsed)
        rows = torch.from_numpy(state).float()[None]
        noise = imagination_noise(
            self.settings, len(state), seed=self.seed, episode=self._episode, t=elapsed
        )
        before = self._policy_before()
        updates: list[GradientUpdate] = []
        for update in self._adaptation.updates(rows, noise, self.settings):
            updates.append(self._recorder.record(update, address))
            self._k = update.k + 1
            watch.pause()
            yield updates[-1]
            watch.go_on()
        frozen_action = self._pretrained_action(rows)
        finite = updates[-1].finite
        action = updates[-1].action if finite else frozen_action
        futures = self._true_futures(before, physics)
        started = time.perf_counter()
        transition = self._environment.apply(action)
        watch.simulate_ms = (time.perf_counter() - started) * 1e3
        twin_physics = self._twin.save() if self.diagnostics else np.zeros(0)
        self._twin.apply()
        self._state, self._episode_return = (
            transition.next_state,
            self._episode_return + transition.reward,
        )
        if self.settings.reset_mode == "step":
            self._adaptation.reset()
        self._t, self._k = elapsed + 1, 0
        yield environment_step(
            address,
            updates,
            transition,
            futures,
            Happening(
                fallback="" if finite else "objective or gradient was not finite",
                episode_return=self._episode_return,
                frozen_return=self._twin.episode_return if self.diagnostics else NAN,
                twin_alive=self._twin.alive,
                state=state,
                action=action,
                frozen_action=frozen_action,
                physics_state=physics,
                twin_physics_state=twin_physics,
            ),
            watch,
            change_std=self.checkpoint.ensemble.changes.std.numpy(),
        )
        return transition

    def _policy_before(self) -> MlpPolicy:
        """pi at k = 0: the pretrained policy itself where the weights are reset each time."""
        if self.settings.reset_mode == "step":
            return self.checkpoint.policy
        set_psi(self._before, psi_of(self._adaptation.policy))
        return self._before

    def _pretrained_action(self, rows: Tensor) -> NDArray[np.float32]:
        with torch.inference_mode():
            action: NDArray[np.float32] = self.checkpoint.policy(rows)[0].numpy()
        return action

    def _true_futures(self, before: MlpPolicy, physics: Vector) -> TrueFutures | None:
        if not self.diagnostics:
            return None
        return self._oracle.roll(
            (self.checkpoint.policy, before, self._adaptation.policy),
            physics,
            self._t,
            horizon=self.settings.horizon or TRUE_HORIZON,
        )

    def _end_episode(self, reason: str) -> EpisodeEnded:
        self._twin.finish()
        return EpisodeEnded(
            branch=self._branch,
            episode=self._episode,
            t=self._t,
            seed=self._episode_seed,
            reason=reason,
            episode_return=self._episode_return,
            frozen_return=self._twin.episode_return if self.diagnostics else NAN,
            frozen_length=self._twin.length,
            score=self.checkpoint.task.score(self._episode_return),
        )

    def _snapshot(self) -> Snapshot:
        adaptation = self._adaptation
        weights, moments = weights_of(adaptation, kept=self.settings.reset_mode != "step")
        standing = Standing(
            settings=self.settings.to_json(),
            pending=self._pending.to_json(),
            episode_return=self._episode_return,
            twin_return=self._twin.episode_return,
            twin_length=self._twin.length,
            twin_alive=self._twin.alive,
            abandon=self._abandon,
            moments_count=adaptation.moments.count,
        )
        return Snapshot(
            branch=self._branch,
            episode=self._episode,
            t=self._t,
            session=standing.to_json(),
            state=self._state,
            physics_state=self._environment.save(),
            twin_state=self._twin.state,
            twin_physics_state=self._twin.save(),
            policy_weights=weights,
            optimizer_moments=moments,
        )

    @property
    def _episode_seed(self) -> int:
        return self.seed + self._episode

    def _use(self, settings: Settings) -> None:
        if settings.survival != self.settings.survival:
            self._adaptation.model = self.checkpoint.world_model(settings)
        self.settings = settings
