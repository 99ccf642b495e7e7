"""A trace as the window needs it: the newest moment, any moment, the history of an episode.

No Qt in here. Everything is read when asked for and in short transactions; what an episode's
history already holds is kept, so that a growing trace costs only its new records.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from app.state.cursor import Address, Place
from app.state.moment import HISTORY_COLUMNS, History, Moment
from core.errors import PsiscopeError
from core.settings import Settings
from core.tasks import find_task
from core.traces.archive import TraceReader
from core.traces.trace import CommandApplied, EnvironmentStep, GradientUpdate


class RecordedRun:
    """Reads one trace, growing or not. Raises TraceError where it is missing or broken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = TraceReader(path)
        self.started = self._reader.started()
        self.task = find_task(self.started.task)
        self._seq = 0
        self._edits_seq = 0
        self._edits: list[tuple[Place, Settings]] = []
        self._settings = Settings.from_json(self.started.settings)
        self._last_real: tuple[Place, EnvironmentStep] | None = None
        self._history_of = (-1, -1)
        self._history = History.empty()

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
        self._read_edits()
        self._seq = seq
        return True

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
        """The last recorded environment step of an episode; None where there is none."""
        ts = self._reader.columns("EnvironmentStep", ["t"], branch=branch, episode=episode)["t"]
        return int(ts[-1]) if len(ts) else None

    def steps_since(self, seq: int) -> int:
        """How many environment steps were recorded after that record."""
        return len(self._reader.columns("EnvironmentStep", ["t"], since_seq=seq)["seq"])

    def updates(self, place: Place) -> tuple[GradientUpdate, ...]:
        """The gradient updates of a step, k rising."""
        return self._reader.updates(*place)

    def environment_step(self, place: Place) -> EnvironmentStep | None:
        """What really happened at a step; None while its updates go on."""
        if self._last_real is None or self._last_real[0] != place:
            found = self._reader.environment_step(*place)
            self._last_real = None if found is None else (place, found)
        return None if self._last_real is None else self._last_real[1]

    def moment(self, address: Address, *, live: bool) -> Moment | None:
        """The moment at an address; None where nothing is recorded there."""
        updates = self.updates(address.place)
        real = self.environment_step(address.place)
        if not updates and real is None:
            return None
        last = updates[-1].k if updates else 0
        return Moment(
            run=self.started,
            task=self.task,
            settings=self.settings_at(address.place),
            updates=updates,
            environment_step=real,
            k=last if address.k is None else min(address.k, last),
            live=live,
        )

    def settings_at(self, place: Place) -> Settings:
        """In effect at a step: the settings of the start and the accepted edits up to it."""
        settings = self._settings
        for since, edited in self._edits:
            if since[0] == place[0] and since <= place:
                settings = edited
        return settings

    def history(self, branch: int, episode: int) -> History:
        """The columns of an episode, as far as it is recorded."""
        same = self._history_of == (branch, episode) and len(self._history) > 0
        known = self._history if same else History.empty()
        new = self._reader.columns(
            "EnvironmentStep",
            [name for name in HISTORY_COLUMNS if name != "seq"],
            branch=branch,
            episode=episode,
            since_seq=int(known.seq[-1]) if len(known) else 0,
        )
        if len(new["seq"]):
            known = History.from_columns(
                {
                    name: np.concatenate([getattr(known, name), new[name]])
                    for name in HISTORY_COLUMNS
                }
            )
        self._history_of, self._history = (branch, episode), known
        return known

    def _read_edits(self) -> None:
        found = self._reader.columns("CommandApplied", ["t"], since_seq=self._edits_seq)["seq"]
        for seq in found:
            record = self._reader.read(int(seq))
            self._edits_seq = int(seq)
            if isinstance(record, CommandApplied) and record.accepted:
                self._take_edit(record)

    def _take_edit(self, record: CommandApplied) -> None:
        command = json.loads(record.command)
        if command.get("command") != "edit":
            return
        base = self._edits[-1][1] if self._edits else self._settings
        try:
            settings = base.replace(**command.get("settings", {}))
        except PsiscopeError:
            return
        # An edit in the middle of the updates of t acts from t + 1 on.
        since = (record.branch, max(record.episode, 0), record.t + (record.k > 0))
        self._edits.append((since, settings))
