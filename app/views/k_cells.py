"""What the cells of the k lane show, worked out once for each moment. No widget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.readouts import fraction, plain, signed
from app.state.moment import Moment
from app.theme import Role
from app.views.calm_range import least_span
from app.views.curves import Floats, extent, numbers
from core.traces.trace import GradientUpdate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """One cell for each gradient update k = 0 .. E, those to come included."""

    count: int
    """E + 1."""
    gains: Floats
    """J(k) - J(0) of the updates made, reward; NaN where not finite."""
    level: float
    """J(0), reward."""
    norms: Floats
    """Gradient norm at k as a share of the largest, 0..1; 0 where there is none."""
    roles: tuple[Role | None, ...]
    """The symbol of each update made; None between k = 0 and the one that acts."""
    words: tuple[str, ...]
    """What the tick of each update made says, where there is room."""
    tips: tuple[str, ...]
    k: int
    """The cursor."""
    guarded: int | None
    """The acting update, where the trust region shrank or refused it."""

    @property
    def made(self) -> int:
        """How many updates are recorded."""
        return len(self.gains)

    @property
    def scale(self) -> tuple[float, float]:
        """The lower and the upper edge for `gains`, with room for the symbols."""
        low, high = extent(self.gains, np.zeros(1))
        span = least_span(low, high, self.level)
        room = max(0.25 * (high - low), 0.5 * (span - (high - low)))
        return low - room, high + room


def cells_of(moment: Moment) -> Cells:
    """The cells of a moment."""
    updates = moment.updates
    levels = numbers(np.array([u.objective for u in updates]))
    norms = numbers(np.array([u.gradient_norm for u in updates]), 0.0)
    acting = moment.acting_k
    shrunk = _trust_factor(moment) < 1
    return Cells(
        count=max(moment.ascent_steps + 1, len(updates), 1),
        gains=levels - levels[:1],
        level=float(levels[0]) if len(levels) else float("nan"),
        norms=norms / max(float(norms.max(initial=0.0)), 1e-300),
        roles=tuple(_role(u, acting) for u in updates),
        words=tuple(_words(u, moment, acting) for u in updates),
        tips=tuple(_tip(u, moment, acting) for u in updates),
        k=0 if moment.after is None else moment.after.k,
        guarded=acting if shrunk else None,
    )


def _role(update: GradientUpdate, acting: int | None) -> Role | None:
    if not update.finite:
        return "refused"
    if update.k == 0:
        return "before"
    return "after" if update.k == acting else None


def _words(update: GradientUpdate, moment: Moment, acting: int | None) -> str:
    if update.k != acting:
        return ""
    if moment.proposal is not None and moment.proposal.fallback:
        return "not used"
    factor = _trust_factor(moment)
    if factor == 0:
        return "refused"
    return f"acts, c = {fraction(factor)}" if factor < 1 else "acts"


def _tip(update: GradientUpdate, moment: Moment, acting: int | None) -> str:
    parts = [f"k = {update.k}: J {plain(update.objective, 4)}"]
    if update.k:
        parts.append(f"gain {signed(update.objective - moment.updates[0].objective)}")
    if math.isfinite(update.gradient_norm):
        parts.append(f"|g| {plain(update.gradient_norm)}")
    if not update.finite:
        parts.append("not finite")
    words = _words(update, moment, acting)
    return ", ".join([*parts, words] if words else parts)


def _trust_factor(moment: Moment) -> float:
    return 1.0 if moment.proposal is None else moment.proposal.trust_factor
