"""How fast a record plays: as a share of the real robot's speed, or one t a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """`factor` times as fast as the real robot; None for one environment step a second."""

    factor: float | None

    @property
    def name(self) -> str:
        """`0.5x`, or `1 t / s`."""
        return "1 t / s" if self.factor is None else f"{self.factor:g}x"

    def seconds(self, seconds_per_environment_step: float) -> float:
        """Between two environment steps on the screen."""
        return 1.0 if self.factor is None else seconds_per_environment_step / self.factor


REAL = Pace(1.0)
PACES: tuple[Pace, ...] = (
    Pace(None),
    *(Pace(factor) for factor in (0.05, 0.1, 0.25, 0.5)),
    REAL,
    *(Pace(factor) for factor in (2.0, 4.0, 8.0, 16.0)),
)
"""From the slowest to the fastest."""


def neighbour(pace: Pace, by: int) -> Pace:
    """The pace one place slower (`by` -1) or faster (1); the same at the ends."""
    place = PACES.index(pace) if pace in PACES else PACES.index(REAL)
    return PACES[min(max(place + by, 0), len(PACES) - 1)]
