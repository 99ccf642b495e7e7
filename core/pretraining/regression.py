"""What the supervised stages share: split by episode, normalisers, batches, learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.batches import Draws, row_numbers, tensors
from core.data.dataset import OfflineDataset
from core.data.normalizer import Normalizer
from core.seeding import generator

HELD_OUT_SHARE = 0.05
HELD_OUT_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSettings:
    """Hyperparameters of a supervised stage."""

    updates: int
    batch: int = 256
    learning_rate: float = 5e-4
    """At the start; a cosine takes it to zero."""


class Supervised:
    """The rows of a data set that feed a model of the environment, split by episode."""

    def __init__(
        self,
        dataset: OfflineDataset,
        settings: RegressionSettings,
        *,
        seed: int,
        purpose: str,
        noise: int,
    ) -> None:
        train, test = dataset.split(HELD_OUT_SHARE, generator(seed, "split"))
        self.settings = settings
        self.columns = tensors(dataset)
        self.rows = row_numbers(dataset, train & dataset.has_next_state, "training")
        chosen = row_numbers(dataset, test & dataset.has_next_state, "testing")
        self.test_rows = chosen[:: max(1, len(chosen) // HELD_OUT_ROWS)]
        self._draws = Draws(seed, purpose, rows=self.rows, batch=settings.batch, noise=noise)

    def batch(self, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """The columns of that update's rows, and its standard normals (batch, noise)."""
        rows, noise = self._draws.at(number)
        return self.take(rows), noise

    def take(self, rows: Tensor) -> dict[str, Tensor]:
        """The columns of these rows, with `changes` = next state - state."""
        taken = {name: column[rows] for name, column in self.columns.items()}
        taken["changes"] = taken["next_states"] - taken["states"]
        return taken

    def fit_normalizers(self, states: Normalizer, changes: Normalizer) -> None:
        """Mean and std over the training rows."""
        rows = self.take(self.rows)
        states.fit(rows["states"])
        changes.fit(rows["changes"])

    def descend(self, optimizer: torch.optim.Optimizer, loss: Tensor, number: int) -> None:
        """One step of the optimiser at this update's learning rate."""
        set_learning_rate(optimizer, self.settings.learning_rate, number, self.settings.updates)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def set_learning_rate(
    optimizer: torch.optim.Optimizer, rate: float, number: int, updates: int
) -> None:
    """Half a cosine from `rate` at update 0 to zero at `updates`; constant if updates is 0."""
    share = min(1.0, number / updates) if updates else 0.0
    for group in optimizer.param_groups:
        group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * share))


def rmse(error: Tensor) -> float:
    """Root mean square over everything."""
    return float((error**2).mean().sqrt())
