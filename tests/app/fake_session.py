"""What a fake engine records: made-up episodes in a tree of branches, without torch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from core.commands import At, Command
from core.errors import InputError
from core.settings import Settings, changes_objective
from core.traces.archive import TraceReader
from core.traces.trace import (
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.records import make_branch_started, make_episode_ended, make_episode_started


class FakeSession:
    """Where the run is, and the record that comes next."""

    def __init__(self, settings: Settings, length: int) -> None:
        self.settings = self.pending = settings
        self._length = length
        self.branch, self.episode, self.t, self.seed = 0, 0, 0, 0
        self.made: list[GradientUpdate] = []
        self.fresh = False
        self._begun = self._abandon = False
        self._acts_at: int | None = None
        self._proposal: Proposal | None = None
        self._episode_return = self._frozen_return = 0.0
        self._ended = False

    @property
    def k(self) -> int:
        """The update whose weights are the present ones."""
        return len(self.made) if self.fresh else max(len(self.made) - 1, 0)

    def next_record(self) -> Record:
        """The record that comes next, by branch, episode, t and k alone."""
        if self._ended:
            self.episode, self.t = self.episode + 1, 0
            self._episode_return = self._frozen_return = 0.0
            self._begun = self._ended = self._abandon = False
        if not self._begun:
            self._begun = True
            return make_episode_started(episode=self.episode, branch=self.branch)
        if (self._abandon and not self.made) or self.t == self._length:
            self._ended = True
            return self._sum()
        return self._next_of_t()

    def branch_off(self, command: Command, at: At, branch: int, reader: TraceReader) -> Record:
        """Begin a branch at an address of the trace, as the engine does."""
        parent, episode, t, k = at
        updates = reader.updates(parent, episode, t)
        before = reader.environment_step(parent, episode, t - 1) if t else None
        if len(updates) < k or (t and before is None):
            raise InputError(f"nothing is recorded at t = {t}, k = {k}", "choose another")
        changes = command.settings
        base = self.pending if command.name == "redo" else settings_at(reader, at)
        settings = base.replace(**changes)
        fixed = command.seed is None and not command.checkpoint
        if changes_objective(settings_at(reader, at), settings) or not fixed:
            k = 0
        self.settings = self.pending = settings
        self.branch, self.episode, self.t = branch, episode, t
        self.seed = self.seed if command.seed is None else command.seed
        self.made, self.fresh, self._proposal = list(updates[:k]), True, None
        self._begun, self._ended = True, False
        self._acts_at = k if command.name == "accept" else None
        self._episode_return = before.episode_return if before else 0.0
        self._frozen_return = before.frozen_return if before else 0.0
        return make_branch_started(
            branch=branch, episode=episode, t=t, k=k, parent=parent, reason=command.name,
            settings=settings.to_json(), seed=self.seed,
            checkpoint=command.checkpoint or "fake",
            checkpoint_digest=(command.checkpoint or "0").ljust(32, "0")[:32],
        )  # fmt: skip

    def accept(self) -> None:
        """Where the branch is fresh its present weights act."""
        self._acts_at = self.k if self.fresh else None

    def redo(self, command: Command) -> At | None:
        """Where the updates are made again in a branch; None where in this one."""
        k = self.k if command.k is None else command.k
        settings = self.pending.replace(**command.settings)
        if self.fresh and k == self.k and not changes_objective(self.settings, settings):
            self.settings = self.pending = settings
            return None
        return (self.branch, self.episode, self.t, k)

    def abandon(self) -> None:
        """The next episode begins after this environment step."""
        self._abandon = True

    def go_to_head(self, trace: Path) -> None:
        """Where the trace ends."""
        with TraceReader(trace) as reader:
            self.branch = reader.branches().newest
            started = reader.branches().started(self.branch)
            self.seed = 0 if started is None else started.seed
            place = reader.latest_moment()
            if place is None:
                return
            branch, self.episode, self.t = place
            self._begun = True
            self.settings = self.pending = settings_at(reader, (*place, 0))
            done = reader.environment_step(*place)
            if done is not None:
                self._episode_return = done.episode_return
                self._frozen_return = done.frozen_return
                self.t += 1
                self._ended = self._has("EpisodeEnded", self.episode, reader)
                if self._has("EpisodeStarted", self.episode + 1, reader):
                    self.episode, self.t, self._ended = self.episode + 1, 0, False
                    self._episode_return = self._frozen_return = 0.0
                return
            self.made = list(reader.updates(*place))
            self._proposal = reader.proposal(*place)
            if started is not None and all(update.branch != branch for update in self.made):
                self.fresh, self.made = True, self.made[: started.k]

    def _has(self, kind: str, episode: int, reader: TraceReader) -> bool:
        return len(reader.columns(kind, [], self.branch, episode)["seq"]) > 0

    def _next_of_t(self) -> Record:
        if not self.made:
            self.settings = self.pending
        final = self.settings.updates if self._acts_at is None else self._acts_at
        rng = np.random.default_rng([self.branch, self.episode, self.t, len(self.made)])
        address: dict[str, Any] = {
            "branch": self.branch, "episode": self.episode, "t": self.t,
            "committed_at": time.time(),
        }  # fmt: skip
        if len(self.made) <= final and self._proposal is None:
            k, self.fresh = len(self.made), False
            update = make_update(rng, k=k, ascent_steps=final, **address)
            self.made.append(update)
            return update
        if self._proposal is None:
            before, after = self.made[0], self.made[-1]
            self._proposal = make_proposal(rng, before=before, after=after, **address)
            return self._proposal
        return self._act(rng, address)

    def _act(self, rng: np.random.Generator, address: dict[str, Any]) -> EnvironmentStep:
        reward = 2.7 + 0.2 * float(np.sin(0.25 * self.t)) + 0.1 * self.branch
        self._episode_return += reward
        self._frozen_return += 2.5
        step = make_environment_step(
            rng, reward=reward, episode_return=self._episode_return,
            frozen_return=self._frozen_return, truncated=self.t == self._length - 1,
            **address,
        )  # fmt: skip
        self.t, self.made, self._proposal, self._acts_at = self.t + 1, [], None, None
        return step

    def _sum(self) -> Record:
        return make_episode_ended(
            branch=self.branch, episode=self.episode, t=self.t,
            episode_return=self._episode_return, frozen_return=self._frozen_return,
        )  # fmt: skip


def settings_at(reader: TraceReader, at: At) -> Settings:
    """Those of the branch that holds the address; edits are left out."""
    branch, *clock = at
    branches = reader.branches()
    for segment in branches.path(branch):
        started = branches.started(segment.branch)
        if segment.end is None or tuple(clock) < segment.end:
            break
    source = reader.started() if started is None else started
    return Settings.from_json(source.settings)
