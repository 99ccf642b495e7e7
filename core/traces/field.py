"""How a field of a record is described: unit, meaning, shape, deterministic or observed."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def value(unit: str, meaning: str, *, observed: bool = False, shape: str = "") -> Any:
    """A field with what the reference prints of it: unit "1" dimensionless, shape "" scalar."""
    return field(
        metadata={"unit": unit, "meaning": meaning, "observed": observed, "shape": shape}
    )
