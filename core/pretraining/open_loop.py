"""Windows of H real steps from held-out episodes, for open-loop errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import OfflineDataset
from core.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenLoop:
    """N windows inside single episodes."""

    states: Tensor
    """(N, H + 1, S) raw."""
    actions: Tensor
    """(N, H, A)."""


def open_loop_windows(dataset: OfflineDataset, starts: Tensor, horizon: int) -> OpenLoop:
    """The windows that begin at these rows, inside one episode with true next states.

    Raises DataError where there is none.
    """
    first = starts.numpy()
    last = first + horizon - 1
    kept = last < len(dataset)
    first, last = first[kept], last[kept]
    inside = (dataset.episodes[first] == dataset.episodes[last]) & dataset.has_next_state[last]
    if not inside.any():
        raise DataError(
            f"the held-out episodes of {dataset.dataset_id} are shorter than {horizon} "
            "environment steps",
            "collect more or longer episodes",
        )
    rows = first[inside][:, None] + np.arange(horizon)
    final = dataset.next_states[rows[:, -1:]]
    return OpenLoop(
        states=torch.from_numpy(np.concatenate([dataset.states[rows], final], axis=1)),
        actions=torch.from_numpy(dataset.actions[rows]),
    )
