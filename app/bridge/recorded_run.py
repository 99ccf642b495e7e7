"""A trace as the window needs it: the newest moment, any moment, the history of an episode.

No Qt in here. Everything is read when asked for and in short transactions; what an episode's
history already holds is kept, so that a growing trace costs only its new records. A place names
the branch that is looked at: what that branch shares with its parents is found there.
"""

from __future__ import annotations

from pathlib import Path

from app.bridge.episode_columns import EpisodeColumns
from app.bridge.settings_in_effect import SettingsInEffect
from app.state.branch_words import changed, edited
from app.state.cursor import Address, Place
from app.state.moment import History, Moment
from core.settings import Settings
from core.traces.archive import TraceReader
from core.traces.columns import Column
from core.traces.lineage import Branches
from core.traces.task import layer_names_of, task_of
from core.traces.trace import EnvironmentStep, EpisodeStarted, GradientUpdate, Proposal

KEPT_ROWS = 200_000
"""Of episodes' columns that stay in memory: 40 MB."""
PART = 500
"""Rows that are read in one go while the window waits: some milliseconds."""
WALK_PART = 100
"""The same where each row says where the body is: two arrays more."""


class RecordedRun:
    """Reads one trace, growing or not. Raises TraceError where it is missing or broken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = TraceReader(path)
        self.started = self._reader.started()
        self.task = task_of(self.started)
        layer_names_of(self.started)
        self._seq = 0
        self._settings = SettingsInEffect(Settings.from_json(self.started.settings))
        self._changes: dict[int, tuple[int, tuple[str, ...]]] = {}
        self._last_real: tuple[Place, EnvironmentStep] | None = None
        self._episodes: dict[tuple[int, int], EpisodeColumns] = {}
        self._starts: dict[tuple[int, int], EpisodeStarted] = {}

    @property
    def seq(self) -> int:
        """The newest record known; see `refresh`."""
        return self._seq

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def refresh(self) -> bool:
        """Look for new records; whether there are any."""
        seq = self._reader.last_seq()
        if seq == self._seq:
            return False
        self._settings.refresh(self._reader)
        self._seq = seq
        return True

    def branches(self) -> Branches:
        """The tree of branches, as far as it is written."""
        return self._reader.branches()

    def newest(self) -> Place | None:
        """The newest environment step that has begun; None before the first."""
        return self._reader.latest_moment()

    def newest_complete(self) -> Place | None:
        """The newest environment step that is recorded whole."""
        newest = self.newest()
        if newest is None or self.environment_step(newest) is not None:
            return newest
        return self.step_before(newest)

    def step_before(self, place: Place) -> Place | None:
        """One environment step back, across episodes; None at the start."""
        branch, episode, t = place
        if t > 0:
            return branch, episode, t - 1
        last = self.last_t(branch, episode - 1) if episode > 0 else None
        return None if last is None else (branch, episode - 1, last)

    def step_after(self, place: Place) -> Place | None:
        """One environment step on, across episodes; None at the head."""
        branch, episode, t = place
        for candidate in ((branch, episode, t + 1), (branch, episode + 1, 0)):
            if self._reader.updates(*candidate):
                return candidate
        return None

    def last_t(self, branch: int, episode: int) -> int | None:
        """The last environment step of an episode that is recorded whole; None without."""
        return self._reader.last_t(branch, episode)

    def environment_steps(self, since_seq: int = 0) -> dict[str, Column]:
        """Address and returns of the environment steps after that record, of all branches."""
        names = ("branch", "episode", "t", "episode_return", "frozen_return")
        return self._reader.columns("EnvironmentStep", names, since_seq=since_seq)

    def steps_since(self, seq: int) -> int:
        """How many environment steps were recorded after that record."""
        return len(self._reader.columns("EnvironmentStep", ["t"], since_seq=seq)["seq"])

    def updates(self, place: Place) -> tuple[GradientUpdate, ...]:
        """The gradient updates of a step, k rising."""
        return self._reader.updates(*place)

    def proposal(self, place: Place) -> Proposal | None:
        """The action proposed at a step; None while its updates go on."""
        return self._reader.proposal(*place)

    def episode_started(self, branch: int, episode: int) -> EpisodeStarted | None:
        """How an episode began, on the path to a branch; None without."""
        key = (branch, episode)
        if key not in self._starts:
            for segment in self.branches().path(branch):
                if segment.end is None or episode <= segment.end[0]:
                    found = self._find_start(segment.branch, episode)
                    self._starts |= {} if found is None else {key: found}
        return self._starts.get(key)

    def environment_step(self, place: Place) -> EnvironmentStep | None:
        """What really happened at a step; None until the action was applied."""
        if self._last_real is None or self._last_real[0] != place:
            found = self._reader.environment_step(*place)
            self._last_real = None if found is None else (place, found)
        return None if self._last_real is None else self._last_real[1]

    def moment(self, address: Address, *, live: bool) -> Moment | None:
        """The moment at an address; None where nothing is recorded there."""
        updates = self.updates(address.place)
        proposal = self.proposal(address.place)
        real = self.environment_step(address.place)
        if not updates and proposal is None and real is None:
            return None
        last = updates[-1].k if updates else 0
        return Moment(
            run=self.started,
            task=self.task,
            settings=self.settings_at(address.place),
            updates=updates,
            proposal=proposal,
            environment_step=real,
            k=last if address.k is None else min(address.k, last),
            live=live,
            branch=address.branch,
            episode_started=self.episode_started(address.branch, address.episode)
            if self.task.maze
            else None,
        )

    def settings_at(self, place: Place) -> Settings:
        """In effect at a step: the settings of the start and the accepted edits up to it."""
        return self._settings.at(place, self.branches())

    @property
    def commands(self) -> int:
        """How many are known: the settings in effect anywhere change only with them."""
        return self._settings.commands

    def branch_changes(self, branch: int) -> tuple[str, ...]:
        """What its updates were made with, and later ones, where it is not as in its parent."""
        known = self._changes.get(branch)
        if known is None or known[0] != self.commands:
            known = self._changes[branch] = self.commands, self._find_changes(branch)
        return known[1]

    def history(self, branch: int, episode: int) -> History:
        """The columns of an episode along the path to a branch, as far as it is recorded."""
        return self._columns(branch, episode).history()

    def history_part(self, branch: int, episode: int) -> tuple[History, bool]:
        """What is known of it after reading a part more, and whether that is all."""
        columns = self._columns(branch, episode)
        complete = columns.read(PART if self.task.maze is None else WALK_PART)
        return columns.known(), complete

    def _find_changes(self, branch: int) -> tuple[str, ...]:
        branches = self.branches()
        started = branches.started(branch)
        if started is None:
            return ()
        parent = branches.started(started.parent) or self.started
        clock = started.episode, started.t
        before, made = (self.settings_at((b, *clock)) for b in (started.parent, branch))
        later = edited(made, self._settings.latest(branch, branches))
        words = changed(started, parent, before, made)
        return (*words, *(f"later {word}" for word in later))

    def _find_start(self, branch: int, episode: int) -> EpisodeStarted | None:
        rows = self._reader.columns("EpisodeStarted", [], branch=branch, episode=episode)
        found = self._reader.read(int(rows["seq"][0])) if len(rows["seq"]) else None
        return found if isinstance(found, EpisodeStarted) else None

    def _columns(self, branch: int, episode: int) -> EpisodeColumns:
        key = (branch, episode)
        found = self._episodes.pop(key, None) or EpisodeColumns(
            self._reader, branch, episode, walks=self.task.maze is not None
        )
        self._episodes[key] = found
        while len(self._episodes) > 1 and sum(map(len, self._episodes.values())) > KEPT_ROWS:
            del self._episodes[next(iter(self._episodes))]
        return found
