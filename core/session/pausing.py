"""Until when a session runs: the record after which a command that makes it run is done."""

from __future__ import annotations

from pathlib import Path

from core.commands import Command
from core.session.programs import refused_update
from core.session.stand import Stand
from core.traces.reader import TraceReader
from core.traces.trace import (
    BreakpointHit,
    EnvironmentStep,
    EpisodeEnded,
    GradientUpdate,
    Proposal,
    Record,
)

_AFTER: dict[str, tuple[type[Record], ...]] = {
    "run": (),
    "step_over": (EnvironmentStep, EpisodeEnded),
    "step_out": (EnvironmentStep, EpisodeEnded),
    "step_into": (GradientUpdate, Proposal, EpisodeEnded),
    "accept": (EnvironmentStep, EpisodeEnded),
    "redo": (Proposal, EpisodeEnded),
}
"""The records after which each command that makes the session run pauses."""
_STAYS = ("pause", "stop", "reject", "fork", "resume")
"""The commands after which the session waits."""


class Pausing:
    """What the command that was obeyed last waits for."""

    def __init__(self) -> None:
        self._after = _AFTER["run"]
        self._shown: tuple[int, int] | None = None

    def begin(self, command: Command, stand: Stand, trace: Path) -> bool | None:
        """Whether the session runs after this command; None: as it did before.

        stand: where the session stands after it, with all its records in the trace.
        """
        self._shown = _shown_update(stand, trace) if command.name == "step_into" else None
        if command.name in _AFTER:
            self._after = _AFTER[command.name]
            return True
        return False if command.name in _STAYS else None

    def is_due(self, records: tuple[Record, ...]) -> bool:
        """Whether the command is done, or a breakpoint holds.

        records: one of the session's, and the hits at it.
        """
        record, *hits = records
        if any(isinstance(hit, BreakpointHit) and hit.paused for hit in hits):
            return True
        if refused_update(record):
            return True
        if not isinstance(record, self._after):
            return False
        if not isinstance(record, GradientUpdate):
            return True
        # At the last update the proposal follows.
        shown = (record.t, record.k) == self._shown
        return record.finite and not record.last and not shown


def _shown_update(stand: Stand, trace: Path) -> tuple[int, int] | None:
    """t and k of the parent's update that stands for the first of a fresh branch."""
    if not stand.fresh:
        return None
    with TraceReader(trace) as reader:
        updates = reader.updates(stand.branch, stand.episode, stand.t)
    return (stand.t, stand.k) if stand.k in [update.k for update in updates] else None
