"""Returns of a Minari data set's episodes: only its rewards are read, a piece at a time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from core.data.listing import DATA_FILE, printable
from core.dataset_returns import Returns
from core.errors import DataError

MOST_EPISODES = 1_000_000
MOST_REWARDS = 50_000_000
"""Of all episodes together."""
PIECE = 2**20
"""Rewards read at once."""
LARGEST_CHUNK = 2**20
"""Rewards that HDF5 unpacks at once, whatever is asked for."""
MOST_BINS = 40
_EPISODE = re.compile(r"episode_\d{1,9}")
_AGAIN = "copy or collect it again"


def read_returns(folder: Path) -> Returns:
    """The returns of the data set in a folder.

    Raises DataError where the file is damaged, holds no episode, or claims more than anybody
    records.
    """
    path = folder / "data" / DATA_FILE
    try:
        with h5py.File(path, "r") as file:
            found = list(_episodes(file))
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise DataError(f"its {DATA_FILE} cannot be read ({_line(error)})", _AGAIN) from error
    if not found:
        raise DataError("it has no episode", "collect at least one")
    returns = np.array([total for total, _ in found])
    if not np.isfinite(returns).all():
        raise DataError("it has rewards that are not finite numbers", _AGAIN)
    counts, edges = _histogram(returns)
    return Returns(
        episodes=len(returns),
        transitions=sum(count for _, count in found),
        mean=float(returns.mean()),
        best=float(returns.max()),
        worst=float(returns.min()),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )


def _episodes(file: Any) -> Iterator[tuple[float, int]]:
    """The return and the number of transitions of each episode."""
    if len(file) > MOST_EPISODES:
        raise DataError(f"it claims {len(file):,} episodes", _AGAIN)
    budget = MOST_REWARDS
    for name in file:
        if not _EPISODE.fullmatch(name):
            continue
        rewards = _rewards(file, name)
        budget -= rewards.size
        if budget < 0:
            raise DataError(f"it claims more than {MOST_REWARDS:,} transitions", _AGAIN)
        pieces = (rewards[first : first + PIECE] for first in range(0, rewards.size, PIECE))
        yield sum(float(np.sum(piece, dtype=np.float64)) for piece in pieces), rewards.size


def _rewards(file: Any, name: str) -> Any:
    """The rewards of an episode, still on disk; nothing outside this file is read."""
    for path in (name, f"{name}/rewards"):
        if isinstance(file.get(path, getlink=True), h5py.ExternalLink):
            raise DataError(f"{path} lies in another file", _AGAIN)
    rewards = file[name]["rewards"]
    numbers = isinstance(rewards, h5py.Dataset) and rewards.dtype.kind in "biuf"
    if not numbers or rewards.ndim != 1 or rewards.external or rewards.is_virtual:
        raise DataError(f"the rewards of {name} are no plain list of numbers", _AGAIN)
    if rewards.chunks and rewards.chunks[0] > LARGEST_CHUNK:
        raise DataError(f"the rewards of {name} claim chunks of {rewards.chunks[0]:,}", _AGAIN)
    return rewards


def _histogram(returns: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts and edges of bins of equal width, as many as the data bear."""
    low, high = float(returns.min()), float(returns.max())
    spread = high - low
    if not math.isfinite(spread) or spread <= 1e-9 * max(abs(low), abs(high), 1e-300):
        margin = max(abs(low), 1.0) / 2
        if not math.isfinite(low - margin) or not math.isfinite(spread):
            raise DataError("its returns are beyond all bounds", _AGAIN)
        return np.array([len(returns)]), np.array([low - margin, low + margin])
    bins = min(MOST_BINS, max(5, math.isqrt(len(returns))))
    counts, edges = np.histogram(returns, bins=bins, range=(low, high))
    return counts, edges


def _line(error: Exception) -> str:
    return printable(" ".join(str(error).split()), 160) or type(error).__name__
