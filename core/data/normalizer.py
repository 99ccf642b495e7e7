"""Standardisation that belongs to one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Normalizer(nn.Module):
    """(x - mean) / std, rowwise. Identity until set. Each network owns its own."""

    mean: Tensor
    std: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))

    def forward(self, value: Tensor) -> Tensor:
        """Raw (N, size) -> standardised (N, size)."""
        return (value - self.mean) / self.std

    def undo(self, value: Tensor) -> Tensor:
        """Standardised (N, size) -> raw (N, size)."""
        return value * self.std + self.mean

    def fit(self, rows: Tensor) -> None:
        """Set mean and std (floor 1e-3 of the largest) from rows (N, size)."""
        std = rows.std(dim=0)
        self.mean.copy_(rows.mean(dim=0))
        self.std.copy_(std.clamp_min(1e-3 * float(std.max().clamp_min(1e-6))))
