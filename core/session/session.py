"""A session: one record after another, deterministic but for the observed fields.

    (EpisodeStarted
        (Snapshot? GradientUpdate{1, E + 1} Proposal EnvironmentStep)+ EpisodeEnded)*

Live, replay, travel and going on after a crash are the same code: the same checkpoint,
settings, seed and commands give the same records bit for bit.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator

import torch

from core.adaptation.controllers import make_adaptation, refit
from core.adaptation.noise import imagination_noise
from core.adaptation.updater import UpdateAddress
from core.adaptation.weights import psi_of, set_psi
from core.checkpoints.checkpoint import Checkpoint
from core.commands import Command
from core.device import use_one_thread
from core.envs.mujoco import Transition
from core.errors import InputError
from core.session.breakpoints import Watch
from core.session.clock import Clock
from core.session.header import branch_started, command_applied, run_started
from core.session.proposal import environment_step, propose
from core.session.reality import Reality
from core.session.records import Address, Stopwatch, UpdateRecorder
from core.session.snapshot import Standing, restore_weights, snapshot_every, weights_of
from core.session.stand import Stand
from core.settings import Settings, changes
from core.traces.trace import (
    BranchStarted,
    CommandApplied,
    EpisodeEnded,
    EpisodeStarted,
    Proposal,
    Record,
    RunStarted,
    Snapshot,
)


class Session:
    """One branch of a run. ``advance`` gives the next record, ``apply`` takes a command."""

    def __init__(
        self, checkpoint: Checkpoint, settings: Settings, *, seed: int, diagnostics: bool = True
    ) -> None:
        use_one_thread()
        self.checkpoint, self.seed, self.diagnostics = checkpoint, seed, diagnostics
        self.settings = self.pending = checkpoint.settle(settings)
        self._first_settings = self.settings
        self._reality = Reality(checkpoint, diagnostics=diagnostics)
        self._adaptation = make_adaptation(checkpoint, self.settings)
        self._recorder = UpdateRecorder(checkpoint, self._adaptation)
        self._before = copy.deepcopy(checkpoint.policy)
        self._clock = Clock()
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

    @property
    def stand(self) -> Stand:
        """Where the session is."""
        return self._clock.stand

    @property
    def updates_made(self) -> int:
        """How many updates of t there are, with the parent's: the k that comes next."""
        return len(self._clock.updates)

    @property
    def settings_of_t(self) -> Settings:
        """Those that the updates of this t are made with, or will be."""
        return self.settings if self._clock.begun else self.pending

    @property
    def reset_waits(self) -> bool:
        """Whether the next episode was asked for."""
        return self._clock.abandon_at is not None

    def advance(self) -> Record:
        """The next record. Applies the action only with the EnvironmentStep itself."""
        return next(self._records)

    def apply(self, command: Command) -> CommandApplied:
        """Take a command that leaves the session where it is."""
        try:
            return self.applied(command, self._take(command))
        except (InputError, TypeError) as error:
            return self.applied(command, " ".join(str(error).split()), accepted=False)

    def applied(self, command: Command, effect: str, accepted: bool = True) -> CommandApplied:
        """The record of a command, at this address."""
        return command_applied(
            command,
            effect,
            self.checkpoint,
            accepted=accepted,
            address=self._clock.address,
            k=self.updates_made,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go to a snapshot; the next record is the one that followed it."""
        standing = Standing.from_json(snapshot.session)
        self._clock = Clock.at(snapshot, standing)
        self._reality.restore(snapshot, standing)
        self._use(Settings.from_json(standing.settings))
        self.pending = Settings.from_json(standing.pending)
        restore_weights(self._adaptation, snapshot, standing.moments_count)
        self._records = self._run(begun=True)

    def branch_off(
        self, branch: int, reason: str, settings: Settings, seed: int
    ) -> BranchStarted:
        """Begin a branch here, at the update that comes next, with these settings and seed.

        They are in effect at once; edits that wait for the next environment step still wait.
        """
        settings = self.checkpoint.settle(settings)
        pending = self.pending.replace(**changes(self.settings_of_t, settings))
        self._use(settings)
        self.pending, self.seed = self.checkpoint.settle(pending), seed
        clock = self._clock
        parent, clock.branch, clock.fresh = clock.branch, branch, True
        if reason != "resume":
            clock.acts_at = len(clock.updates) if reason == "accept" else None
        self._records = self._run(begun=True)
        return branch_started(
            self.checkpoint,
            settings,
            seed=seed,
            address=clock.address,
            k=self.updates_made,
            parent=parent,
            reason=reason,
        )

    # Commands.

    def _take(self, command: Command) -> str:
        """The effect, in a line; raises InputError where there is none."""
        match command.name:
            case "edit" | "redo":
                edited = self.pending.replace(**command.settings)
                self.pending = self.checkpoint.settle(edited)
                if command.name == "edit":
                    return "settings change at the next environment step"
                self._use(self.pending)
                self._clock.acts_at = None
                return f"the updates are made again from k = {self.stand.k} on"
            case "reset":
                self._clock.abandon()
                return "the next episode begins after this environment step"
            case "accept":
                if self._clock.fresh:
                    self._clock.acts_at = len(self._clock.updates)
                return f"the weights at k = {self.stand.k} act"
            case "breakpoints":
                Watch(command.breakpoints)
                count = len(command.breakpoints)
                return f"{count} breakpoint{'' if count == 1 else 's'}"
        return ""

    # The course of a run.

    def _run(self, *, begun: bool = False) -> Iterator[Record]:
        while True:
            if not begun:
                yield self._start_episode()
            yield from self._go_on()
            begun = False

    def _start_episode(self) -> EpisodeStarted:
        clock = self._clock
        clock.begin_episode(self.seed)
        self._use(self.pending)
        if self.settings.reset_mode != "never":
            self._adaptation.reset()
        return self._reality.reset(clock.branch, clock.episode, clock.reset_seed)

    def _go_on(self) -> Iterator[Record]:
        reason, clock = "", self._clock
        while not reason:
            if clock.snapshot_is_due(snapshot_every(self.pending)):
                clock.saved_t = clock.t
                yield self.snapshot()
            if clock.abandons:
                reason = "reset"
                break
            if not clock.begun:
                self._use(self.pending)
            transition = yield from self._environment_step()
            reason = "terminated" * transition.terminated or "truncated" * transition.truncated
        yield self._end_episode(reason)

    def _environment_step(self) -> Generator[Record, None, Transition]:
        watch = Stopwatch()
        clock = self._clock
        address = clock.address
        yield from self._make_updates(address, watch)
        proposal = self._propose(address, watch)
        watch.pause()
        yield proposal
        watch.go_on()
        transition = self._reality.act(proposal.action, watch)
        clock.over = transition.terminated or transition.truncated
        if self.settings.reset_mode == "step":
            self._adaptation.reset()
        updates = clock.begin_t()
        yield environment_step(address, updates, transition, self._reality.returns(), watch)
        return transition

    def _make_updates(self, address: Address, watch: Stopwatch) -> Iterator[Record]:
        """The updates that are missing at this t; psi at k = 0 is kept for the true futures."""
        clock = self._clock
        if not clock.updates:
            set_psi(self._before, psi_of(self._adaptation.policy))
        rows = torch.from_numpy(self._reality.state).float()[None]
        noise = imagination_noise(
            self.settings, rows.shape[1], seed=self.seed, episode=clock.episode, t=clock.t
        )
        here = UpdateAddress(seed=self.seed, episode=clock.episode, t=clock.t)
        made, final, adapt = len(clock.updates), clock.acts_at, self._adaptation.updates
        for update in adapt(rows, noise, self.settings, first=made, final=final, address=here):
            clock.fresh = False
            clock.updates.append(self._recorder.record(update, address))
            watch.pause()
            yield clock.updates[-1]
            watch.go_on()

    def _propose(self, address: Address, watch: Stopwatch) -> Proposal:
        reality = self._reality
        frozen_action = reality.frozen_action()
        futures = reality.futures(
            self._before, self._adaptation.policy, address.t, self.settings.horizon
        )
        return propose(
            address,
            self._clock.updates,
            reality.scene(),
            frozen_action,
            futures,
            watch,
            change_std=self.checkpoint.change_std(),
        )

    def _end_episode(self, reason: str) -> EpisodeEnded:
        clock = self._clock
        clock.over = True
        score = self.checkpoint.task.score(self._reality.episode_return)
        return self._reality.finish(clock.address, clock.reset_seed, reason, score)

    def snapshot(self) -> Snapshot:
        """Everything at this t; only before its first update."""
        settings, adaptation = self.settings, self._adaptation
        standing = self._reality.standing(
            settings,
            self.pending,
            reset_seed=self._clock.reset_seed,
            abandon_at=self._clock.abandon_at,
            moments_count=adaptation.moments.count,
        )
        weights, moments = weights_of(adaptation, kept=settings.reset_mode != "step")
        return self._reality.snapshot(self._clock.address, standing, weights, moments)

    def _use(self, settings: Settings) -> None:
        refit(self._adaptation, self.checkpoint, self.settings, settings)
        self.settings = settings
