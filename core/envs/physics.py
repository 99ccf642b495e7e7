"""The physics of a simulation as one vector, taken and put back bit for bit."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

Vector = NDArray[np.float64]
_SPEC = mujoco.mjtState.mjSTATE_INTEGRATION
_DERIVED = (
    "xpos",
    "xquat",
    "xmat",
    "xipos",
    "geom_xpos",
    "site_xpos",
    "site_xmat",
    "cinert",
    "cvel",
    "cfrc_ext",
    "qacc",
    "qfrc_actuator",
    "qfrc_constraint",
    "sensordata",
)
"""What environments read between their steps though mjSTATE_INTEGRATION does not hold it:
MuJoCo leaves there what it computed at the start of the last step."""


def read_physics(model: Any, data: Any, *, derived: bool) -> Vector:
    """mjSTATE_INTEGRATION, then the derived quantities if asked for; (P,)."""
    physics = np.empty(mujoco.mj_stateSize(model, _SPEC))
    mujoco.mj_getState(model, data, physics, _SPEC)
    if not derived:
        return physics
    return np.concatenate([physics, *(getattr(data, name).ravel() for name in _DERIVED)])


def write_physics(model: Any, data: Any, physics: Vector, *, derived: bool) -> None:
    """The inverse of read_physics. Raises InputError for a vector of another model."""
    arrays = [getattr(data, name) for name in _DERIVED] if derived else []
    size = mujoco.mj_stateSize(model, _SPEC)
    wanted = size + sum(array.size for array in arrays)
    if physics.shape != (wanted,):
        raise InputError(
            f"a physics state of shape {physics.shape} was given, this body's has {wanted} "
            "numbers",
            "use one of the same task, written by this version",
        )
    physics = np.ascontiguousarray(physics, dtype=np.float64)
    mujoco.mj_setState(model, data, physics[:size], _SPEC)
    for array in arrays:
        array.flat = physics[size : size + array.size]
        size += array.size


def forget_derived(data: Any) -> None:
    """Put NaN into all derived quantities: what reads them before the next step shows it."""
    for name in _DERIVED:
        getattr(data, name).fill(np.nan)
