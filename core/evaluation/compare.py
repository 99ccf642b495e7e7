"""Two controllers on the same reset seeds: paired, with intervals (contracts 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from core.seeding import generator

RESAMPLES = 10_000
FEWEST_FOR_INTERVAL = 5
_BLOCK = 500
"""Resamples drawn at once, to bound the memory."""

_QUANTILE = 1.959963984540054
"""Of the normal distribution, at 97.5 %."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A controller minus its baseline, paired by reset seed."""

    gain_mean: float
    """Mean of the paired differences, in the unit compared."""
    gain_ci95: tuple[float, float] | None
    """Bootstrap 95 % interval of the mean; None below five pairs."""
    n: int
    """Pairs."""
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessComparison:
    """Success against success on the same reset seeds: the exact McNemar test."""

    gained: int
    """Pairs where only the controller succeeded."""
    lost: int
    """Pairs where only the baseline succeeded."""
    p_value: float
    """Two-sided, exact; 1 where no pair differs."""


def compare(baseline: Sequence[float], controller: Sequence[float]) -> Comparison:
    """Paired comparison of equally ordered returns. Raises ValueError for unequal lengths."""
    differences = np.asarray(controller, dtype=float) - np.asarray(baseline, dtype=float)
    if differences.ndim != 1 or len(baseline) != len(controller) or differences.size == 0:
        raise ValueError("a paired comparison needs two equally long, non-empty sequences")
    return Comparison(
        gain_mean=float(differences.mean()),
        gain_ci95=bootstrap_interval(differences),
        n=differences.size,
        wins=int((differences > 0).sum()),
        ties=int((differences == 0).sum()),
        losses=int((differences < 0).sum()),
    )


def bootstrap_interval(values: Values, *, seed: int = 0) -> tuple[float, float] | None:
    """Percentile bootstrap, 95 %, of the mean of values (n,); None below five values."""
    if values.size < FEWEST_FOR_INTERVAL:
        return None
    random = generator(seed, "bootstrap")
    means = [
        values[random.integers(0, values.size, size=(_BLOCK, values.size))].mean(axis=1)
        for _ in range(RESAMPLES // _BLOCK)
    ]
    low, high = np.percentile(np.concatenate(means), (2.5, 97.5))
    return float(low), float(high)


def compare_success(baseline: Sequence[bool], controller: Sequence[bool]) -> SuccessComparison:
    """Exact McNemar: under no difference, the discordant pairs fall like a fair coin."""
    pairs = list(zip(baseline, controller, strict=True))
    gained = sum(after and not before for before, after in pairs)
    lost = sum(before and not after for before, after in pairs)
    discordant = gained + lost
    tail = sum(comb(discordant, i) for i in range(min(gained, lost) + 1)) / 2**discordant
    return SuccessComparison(gained=gained, lost=lost, p_value=min(1.0, 2.0 * tail))


def success_interval(successes: Sequence[bool]) -> tuple[float, float]:
    """Wilson's 95 % interval of a success rate, within 0..1. Raises ValueError for none."""
    n = len(successes)
    if n == 0:
        raise ValueError("no episode has no success rate")
    rate, weight = sum(successes) / n, _QUANTILE**2 / n
    middle = rate + weight / 2
    half = (weight * rate * (1 - rate) + weight**2 / 4) ** 0.5
    return (middle - half) / (1 + weight), (middle + half) / (1 + weight)
