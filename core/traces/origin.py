"""Who wrote a trace: what Psiscope recorded can be made again, what another loop did cannot."""

from __future__ import annotations

from core.errors import InputError
from core.traces.trace import OURS, RunStarted


def is_foreign(started: RunStarted) -> bool:
    """Whether another loop than Psiscope's wrote it (core/traces/foreign.py)."""
    return started.origin != OURS


def check_own(started: RunStarted) -> None:
    """Raise InputError in one line for a foreign trace."""
    if is_foreign(started):
        raise InputError(
            f"this trace was written by {started.origin!r:.80}, a loop that is not Psiscope's",
            "look at it and search it; it cannot be recomputed, forked or resumed",
        )
