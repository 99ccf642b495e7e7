"""Many lines as one pyqtgraph item: one item draws far faster than many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fan(x: Floats, lines: Floats) -> tuple[Floats, Floats]:
    """Rows of `lines` (N, len(x)) end to end, a NaN after each; draw with connect="finite"."""
    gap = np.full((len(lines), 1), np.nan)
    return np.tile(np.append(x, np.nan), len(lines)), np.hstack([lines, gap]).ravel()


def segments(x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> tuple[Floats, Floats]:
    """Separate segments (x0, y0) - (x1, y1); draw with connect="pairs"."""
    return np.stack([x0, x1], axis=1).ravel(), np.stack([y0, y1], axis=1).ravel()


def numbers(values: NDArray[np.floating], missing: float = np.nan) -> Floats:
    """As float64; what is not finite becomes `missing`."""
    result = np.array(values, dtype=np.float64)
    result[~np.isfinite(result)] = missing
    return result


def known(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The points that can be drawn."""
    finite = np.isfinite(x) & np.isfinite(y)
    return x[finite], y[finite]


def extent(*groups: Floats) -> tuple[float, float]:
    """Smallest and largest of all finite values; NaN where there are none."""
    values = np.concatenate([np.ravel(group) for group in groups])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (np.nan, np.nan)


def some_rows(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` rows, evenly chosen, the first and the last among them."""
    chosen = np.linspace(0, count - 1, min(count, most)).round()
    return np.asarray(chosen, dtype=np.intp)


def mean(values: Floats) -> Floats:
    """Mean over rows (N, n) -> (n,) of what is finite; NaN where nothing is."""
    finite = np.isfinite(values)
    total = np.where(finite, values, 0.0).sum(axis=0)
    result: Floats = np.full(total.shape, np.nan)
    np.divide(total, finite.sum(axis=0), out=result, where=finite.any(axis=0))
    return result


def std(values: Floats) -> Floats:
    """Standard deviation over rows (N, n) -> (n,) of what is finite."""
    variance = mean((values - mean(values)) ** 2)
    return np.asarray(np.sqrt(variance))
