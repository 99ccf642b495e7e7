"""Which settings act at which environment step of which branch."""

from __future__ import annotations

import json
import sys
from typing import Any

from app.state.cursor import Place
from core.errors import PsiscopeError
from core.settings import Settings
from core.traces.lineage import Branches
from core.traces.reader import TraceReader

Clock = tuple[int, int]
"""(episode, t)."""
_END = (sys.maxsize, sys.maxsize)
_COLUMNS = ("branch", "episode", "t", "k", "command", "accepted")


class SettingsInEffect:
    """The settings of the start, those a branch began with, and the accepted edits."""

    def __init__(self, start: Settings) -> None:
        self._start = start
        self._seq = 0
        self._edits: dict[int, list[tuple[Clock, dict[str, Any]]]] = {}
        self.commands = 0
        """How many were read: what was said of the settings holds while it stays."""

    def refresh(self, reader: TraceReader) -> None:
        """Read the edits that are new, and the updates made again with waiting ones."""
        rows = reader.columns("CommandApplied", _COLUMNS, since_seq=self._seq)
        if not len(rows["seq"]):
            return
        self._seq = int(rows["seq"][-1])
        self.commands += len(rows["seq"])
        departures = {begun - 1 for begun in reader.branches().seqs}
        for seq, branch, episode, t, k, line, accepted in zip(
            *(rows[name] for name in ("seq", *_COLUMNS)), strict=True
        ):
            if accepted and int(seq) not in departures:
                clock = (max(int(episode), 0), int(t))
                self._note(int(branch), clock, line, begun=bool(k > 0))

    def at(self, place: Place, branches: Branches) -> Settings:
        """In effect at an environment step of a branch."""
        branch, *clock = place
        for segment in branches.path(branch):
            if segment.holds_step(*clock):
                return self._of_segment(segment.branch, (clock[0], clock[1]), branches)
        return self._start

    def latest(self, branch: int, branches: Branches) -> Settings:
        """Of a branch where it ends now: every edit that was accepted on it."""
        return self._of_segment(branch, _END, branches)

    def _of_segment(self, branch: int, clock: Clock, branches: Branches) -> Settings:
        started = branches.started(branch)
        settings = self._start if started is None else Settings.from_json(started.settings)
        for since, changes in self._edits.get(branch, []):
            if since > clock:
                continue
            try:
                settings = settings.replace(**changes)
            except PsiscopeError:
                continue
        return settings

    def _note(self, branch: int, clock: Clock, line: str, *, begun: bool) -> None:
        command = json.loads(line)
        changes = command.get("settings", {})
        edits = self._edits.setdefault(branch, [])
        # An edit in the middle of the updates of t acts from t + 1 on, a redo brings it to t.
        later = (clock[0], clock[1] + 1)
        if command.get("command") == "edit":
            edits.append((later if begun else clock, changes))
        elif command.get("command") == "redo":
            edits += [(clock, waiting) for since, waiting in edits if since == later]
            edits.append((clock, changes))
