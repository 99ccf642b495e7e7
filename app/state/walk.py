"""Where a body that walks on the ground went. Plain data, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PHYSICS_PLACE = slice(1, 3)
"""Of a physics state: the time comes first, then the root's x and y."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One row per environment step whose action was proposed, t rising; places in m."""

    t: Floats
    real: Floats
    """(n, 2): x and y before the action of t."""
    twin: Floats
    """(n, 2): of the frozen twin; NaN where it was not simulated."""

    @classmethod
    def empty(cls) -> Walk:
        """No environment step yet."""
        return cls(t=np.zeros(0), real=np.zeros((0, 2)), twin=np.zeros((0, 2)))

    def until(self, t: int) -> int:
        """How many rows lie before t."""
        return int(np.searchsorted(self.t, t))
