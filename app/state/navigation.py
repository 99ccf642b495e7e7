"""Where the cursor goes by one step back or on, in t or in k, inside what is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from app.state.cursor import Address, Place
from core.traces.trace import GradientUpdate


class Recorded(Protocol):
    """What navigation asks of a trace."""

    def step_before(self, place: Place) -> Place | None: ...
    def step_after(self, place: Place) -> Place | None: ...
    def updates(self, place: Place) -> tuple[GradientUpdate, ...]: ...


def back(recorded: Recorded, address: Address) -> Address | None:
    """One environment step back, at its last update; None at the start."""
    return _at(recorded.step_before(address.place))


def forward(recorded: Recorded, address: Address) -> Address | None:
    """One environment step on, at its last update; None at the head."""
    return _at(recorded.step_after(address.place))


def back_update(recorded: Recorded, address: Address) -> Address | None:
    """One gradient update back; from k = 0 to the last update of the step before."""
    k = _k(recorded, address)
    return replace(address, k=k - 1) if k > 0 else back(recorded, address)


def forward_update(recorded: Recorded, address: Address) -> Address | None:
    """One gradient update on; from the last one to k = 0 of the next step."""
    k = _k(recorded, address)
    if k + 1 < len(recorded.updates(address.place)):
        return replace(address, k=k + 1)
    after = forward(recorded, address)
    return None if after is None else replace(after, k=0)


def _k(recorded: Recorded, address: Address) -> int:
    last = max(len(recorded.updates(address.place)) - 1, 0)
    return last if address.k is None else min(address.k, last)


def _at(place: Place | None) -> Address | None:
    return None if place is None else Address(branch=place[0], episode=place[1], t=place[2])
