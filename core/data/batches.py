"""Batches as a pure function of (seed, purpose, update): resuming needs no generator state."""

from __future__ import annotations

import torch
from torch import Tensor

from core.data.dataset import Flags, OfflineDataset
from core.errors import DataError
from core.seeding import generator

_CHUNK = 200


class Draws:
    """Row numbers and Gaussian noise for each gradient update of one training stage."""

    def __init__(
        self, seed: int, purpose: str, *, rows: Tensor, batch: int, noise: int
    ) -> None:
        """rows (R,): the rows to choose from; batch: rows an update; noise: normals per row."""
        self._seed, self._purpose = seed, purpose
        self._rows, self._batch, self._noise = rows, batch, noise
        self._chunk = -1
        self._chosen = self._normals = torch.empty(0)

    def at(self, update: int) -> tuple[Tensor, Tensor]:
        """Row numbers (batch,) and standard normals (batch, noise) of that update."""
        chunk, position = divmod(update, _CHUNK)
        if chunk != self._chunk:
            draws = generator(self._seed, self._purpose, chunk)
            shape = (_CHUNK, self._batch)
            self._chosen = self._rows[
                torch.from_numpy(draws.integers(0, len(self._rows), shape))
            ]
            self._normals = torch.from_numpy(
                draws.standard_normal((*shape, self._noise), dtype="float32")
            )
            self._chunk = chunk
        return self._chosen[position], self._normals[position]


def row_numbers(dataset: OfflineDataset, mask: Flags, use: str) -> Tensor:
    """Where the mask (N,) holds. Raises DataError where nothing is left for that use."""
    rows = torch.from_numpy(mask).nonzero().squeeze(1)
    if not len(rows):
        raise DataError(
            f"the data set {dataset.dataset_id} has no transition for {use}",
            "collect more episodes",
        )
    return rows


def tensors(dataset: OfflineDataset) -> dict[str, Tensor]:
    """The columns as tensors."""
    names = ("states", "actions", "rewards", "next_states", "next_actions", "terminated")
    return {name: torch.from_numpy(getattr(dataset, name).copy()) for name in names}
