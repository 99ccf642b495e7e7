"""What a search found, as the window shows it: rows, marks, and the way from hit to hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.readouts import NOTHING, plain
from app.state.tips import plain_tip
from core.traces.lineage import Clock
from core.traces.quantities import QUANTITIES, WHOLE
from core.traces.search import Moments

MOST_ROWS = 1000
"""Of the list; all are counted, marked and stepped to."""
_ADDRESS = ("branch", "episode", "t", "k")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HitMarks:
    """Where the t lane of an episode is marked."""

    episode: int
    ts: Sequence[int]
    """Each t with a moment, rising."""
    tips: Sequence[str]
    """What is known of it, as HTML; empty where it is not in the list."""


NO_MARKS = HitMarks(episode=0, ts=(), tips=())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The moments of one search, ready to be shown."""

    moments: Moments
    names: tuple[str, ...]
    """The quantities beside the address, one column each."""
    rows: tuple[tuple[str, ...], ...]
    """Of the first MOST_ROWS: episode, t, k and the quantities."""
    marks: HitMarks
    """Of the episode that was shown while it was searched."""

    def __len__(self) -> int:
        return len(self.moments)

    @property
    def several_episodes(self) -> bool:
        """Whether the episode must be told."""
        return bool(len(self.moments) and (self.moments.episode != 0).any())

    def clock(self, place: int) -> Clock:
        """(episode, t, k) of a moment."""
        moments = self.moments
        return int(moments.episode[place]), int(moments.t[place]), int(moments.k[place])

    def row_at(self, clock: Clock) -> int:
        """The row of the moment at a clock; -1 where there is none."""
        held = np.flatnonzero(self._same(clock))
        return int(held[0]) if len(held) and held[0] < len(self.rows) else -1

    def first(self) -> int | None:
        """The place of the first moment; None where nothing was found."""
        return 0 if len(self) else None

    def after(self, clock: Clock) -> int | None:
        """The place of the first moment after a clock; None without."""
        held = np.flatnonzero(~self._before(clock) & ~self._same(clock))
        return int(held[0]) if len(held) else None

    def before(self, clock: Clock) -> int | None:
        """The place of the last moment before a clock; None without."""
        held = np.flatnonzero(self._before(clock))
        return int(held[-1]) if len(held) else None

    def marks_of(self, episode: int) -> HitMarks:
        """The marks of an episode."""
        return self.marks if episode == self.marks.episode else self.find_marks(episode)

    def find_marks(self, episode: int) -> HitMarks:
        """The same, found anew."""
        moments = self.moments
        places = np.flatnonzero(moments.episode == episode)
        tips: dict[int, str] = {}
        for place in places[places < len(self.rows)].tolist():
            tips.setdefault(int(moments.t[place]), plain_tip(self._tip(place)))
        ts = np.unique(moments.t[places]).tolist()
        return HitMarks(episode=episode, ts=ts, tips=[tips.get(t, "") for t in ts])

    def _tip(self, place: int) -> str:
        _, t, k, *values = self.rows[place]
        known = ", ".join(f"{n} = {v}" for n, v in zip(self.names, values, strict=True))
        return f"found at t = {t}, k = {k}" + (f": {known}" if known else "")

    def _same(self, clock: Clock) -> NDArray[np.bool_]:
        moments, (episode, t, k) = self.moments, clock
        same = (moments.episode == episode) & (moments.t == t) & (moments.k == k)
        return np.asarray(same, np.bool_)

    def _before(self, clock: Clock) -> NDArray[np.bool_]:
        moments, (episode, t, k) = self.moments, clock
        earlier = (moments.t < t) | ((moments.t == t) & (moments.k < k))
        return np.asarray(
            (moments.episode < episode) | ((moments.episode == episode) & earlier), np.bool_
        )


def describe(moments: Moments, episode: int) -> Found:
    """Put the first moments into words, and mark those of an episode."""
    names = tuple(name for name in moments.values if name not in _ADDRESS)
    shown = slice(0, MOST_ROWS)
    columns = [
        [str(number) for number in numbers[shown].tolist()]
        for numbers in (moments.episode, moments.t, moments.k)
    ]
    columns += [
        [value_text(name, value) for value in moments.values[name][shown].tolist()]
        for name in names
    ]
    rows = tuple(zip(*columns, strict=True))
    found = Found(moments=moments, names=names, rows=rows, marks=NO_MARKS)
    return replace(found, marks=found.find_marks(episode))


def value_text(name: str, value: float) -> str:
    """A quantity's value as people read it."""
    if math.isnan(value):
        return NOTHING
    if QUANTITIES[name].boolean:
        return "yes" if value else "no"
    return f"{value:.0f}" if name in WHOLE else plain(value)


def summary(count: int, looked_at: int) -> str:
    """`27 moments among 812 environment steps`."""
    steps = f"{looked_at:,} environment step{'' if looked_at == 1 else 's'}"
    if not count:
        return f"no moment among {steps}"
    return f"{count:,} moment{'' if count == 1 else 's'} among {steps}"
