"""What the tests of breakpoints share: small records, and a watch that checks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from core.commands import Breakpoint
from core.session.breakpoints import Watch
from core.traces.trace import BreakpointHit, GradientUpdate, Proposal, Record
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.motion import Sizes

SMALL = Sizes(particles=2, horizon=2, weights=5)
RNG = np.random.default_rng(0)


def update(k: int, **changes: Any) -> GradientUpdate:
    return make_update(RNG, k=k, sizes=SMALL, **changes)


def proposal(**changes: Any) -> Proposal:
    return make_proposal(RNG, sizes=SMALL, **changes)


def course(environment_steps: int = 1, ascent_steps: int = 1) -> Iterator[Record]:
    """Updates, proposal and environment step of each t; J is 10 t + k, true_gain -t."""
    for t in range(environment_steps):
        for k in range(ascent_steps + 1):
            yield update(k, t=t, ascent_steps=ascent_steps, objective=10.0 * t + k)
        yield proposal(t=t, k=ascent_steps, true_gain=-float(t), action_change=0.1 * t)
        yield make_environment_step(RNG, t=t)


def watch_for(condition: str, **options: Any) -> Watch:
    return Watch([Breakpoint(id="b1", condition=condition, **options)])


def check_all(watch: Watch, records: Iterable[Record]) -> list[BreakpointHit]:
    return [hit for record in records for hit in watch.check(record)]


def places(hits: Iterable[BreakpointHit]) -> list[tuple[int, int]]:
    return [(hit.t, hit.k) for hit in hits]
