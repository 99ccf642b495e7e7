"""What the window and the render process say to each other: one JSON line a message, bounded.

Window -> process: a `Picture` to draw. Process -> window: `Ready`, then for each picture
`Drawn` (its pixels lie in the shared frame file) or `Refused`; `Unavailable` where there is no
OpenGL. Arrays travel as base64 of little-endian float32. Nothing that arrives is trusted: sizes
are checked before anything is allocated, and a foreign line raises WireError.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import PsiscopeError

Array = NDArray[Any]
Color = tuple[float, float, float]
"""Red, green, blue in 0..1."""

LONGEST_LINE = 4 << 20
"""Bytes of a message at most; two fans of 64 particles, H = 50 and 29 states need 1.0 MB."""
MOST_PIXELS = 2560 * 1600
"""Pixels of a picture at most."""
MOST_FANS = 6
MOST_GHOSTS = 12
MOST_STATES = 80_000
"""Imagined states in one picture at most."""


class WireError(PsiscopeError):
    """A message that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colours of the recessive part of the scene."""

    background: Color
    floor: Color
    grid: Color
    body: Color
    wall: Color
    goal: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Looks at the body from the side; angles in degrees."""

    azimuth: float = 90.0
    elevation: float = -6.0
    zoom: float = 1.0
    """Above 1: closer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fan:
    """Futures that start at s_t: states (m, H+1, S), drawn as paths."""

    name: str
    states: Array
    particles: Array = field(default_factory=lambda: np.empty(0))
    """Which particle each row is, (m,); the window's own note, nothing is drawn by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A translucent body posed from imagined step j of one row of a fan; -1 is the mean."""

    fan: int
    particle: int
    j: int
    color: Color
    opacity: float
    """0: not filled; only its outline comes back."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One frame to draw."""

    number: int
    task: str
    """The task itself, as core/checkpoints/task_facts.py writes it: no registry is asked."""
    width: int
    height: int
    still: bool
    """Antialiased, with shadows; slower."""
    look: Look
    camera: Camera
    state: Array
    """s_t, (S,): the body's pose."""
    root: Array
    """Root coordinates that the state leaves out, (missing_root,), for want of physics."""
    physics_state: Array
    """The physics state at t, (P,); empty where it is not known (yet)."""
    fans: tuple[Fan, ...] = ()
    ghosts: tuple[Ghost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The process has a GL context."""

    backend: str
    renderer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """No picture can be made on this machine: the fact and the remedy."""

    fact: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """This picture could not be drawn."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """This picture lies in `slot` of the frame file; with it where paths and labels go."""

    number: int
    slot: int
    width: int
    height: int
    milliseconds: float
    pixels_per_metre: float
    """At the body's depth."""
    root: Array
    """Root coordinates of the body that was drawn."""
    body: Array
    """Tracked points of the real body, (points, 2), pixels."""
    paths: tuple[Array, ...] = field(default_factory=tuple)
    """For each fan (points, m, H+1, 2), pixels; NaN where a state is not finite."""
    landmarks: Array = field(default_factory=lambda: np.empty((0, 2)))
    """Where the task's named places are, (n, 2), pixels; see landmarks.py."""
    outlines: tuple[Array, ...] = field(default_factory=tuple)
    """For each ghost (parts, 5): its capsules' ends and radius, pixels; empty if not finite."""


Message = Picture | Ready | Unavailable | Refused | Drawn
_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Picture, Ready, Unavailable, Refused, Drawn)
}


def encode(message: Message) -> bytes:
    """The message as one line."""
    body = {f.name: _plain(getattr(message, f.name)) for f in dataclasses.fields(message)}
    return json.dumps({"kind": type(message).__name__, **body}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The inverse of encode; WireError for anything else."""
    if len(line) > LONGEST_LINE:
        raise WireError(f"a message of {len(line)} bytes is longer than {LONGEST_LINE}")
    try:
        values = json.loads(line)
        message: Message = _build(_KINDS[values.pop("kind")], values)
    except WireError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise WireError("a line is not a message", f"{type(error).__name__} {error}") from error
    if isinstance(message, Picture):
        _check(message)
    return message


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        packed = np.ascontiguousarray(value, dtype="<f4")
        return {"shape": packed.shape, "data": base64.b64encode(packed.tobytes()).decode()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def _array(value: dict[str, Any]) -> Array:
    shape = tuple(int(n) for n in value["shape"])
    raw = base64.b64decode(value["data"], validate=True)
    if any(n < 0 for n in shape) or len(shape) > 4 or len(raw) != 4 * math.prod(shape):
        raise WireError(f"an array of shape {shape} holds {len(raw)} bytes")
    return np.frombuffer(raw, dtype="<f4").reshape(shape)


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise WireError(f"{value!r} is not a finite number")
    return float(value)


def _color(value: Any) -> Color:
    red, green, blue = (min(max(_number(part), 0.0), 1.0) for part in value)
    return red, green, blue


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "bool": bool,
    "float": _number,
    "Array": _array,
    "Color": _color,
    "Look": lambda value: _build(Look, value),
    "Camera": lambda value: _build(Camera, value),
    "tuple[Fan, ...]": lambda value: tuple(_build(Fan, item) for item in value),
    "tuple[Ghost, ...]": lambda value: tuple(_build(Ghost, item) for item in value),
    "tuple[Array, ...]": lambda value: tuple(_array(item) for item in value),
}


def _build(kind: Any, values: dict[str, Any]) -> Any:
    """An instance of the dataclass `kind`; every field has to be there, and no other."""
    fields = {f.name: _READERS[str(f.type)] for f in dataclasses.fields(kind)}
    if set(values) != set(fields):
        raise WireError(f"{kind.__name__} has the fields {', '.join(sorted(fields))}")
    return kind(**{name: read(values[name]) for name, read in fields.items()})


def _check(picture: Picture) -> None:
    """The bounds that keep a picture from eating memory or time."""
    if not (1 <= picture.width <= 8192 and 1 <= picture.height <= 8192):
        raise WireError(f"a picture of {picture.width} x {picture.height} pixels")
    if picture.width * picture.height > MOST_PIXELS:
        raise WireError(f"a picture of more than {MOST_PIXELS} pixels")
    _check_futures(picture)


def _check_futures(picture: Picture) -> None:
    if len(picture.fans) > MOST_FANS or len(picture.ghosts) > MOST_GHOSTS:
        raise WireError(f"more than {MOST_FANS} fans or {MOST_GHOSTS} ghosts")
    if any(fan.states.ndim != 3 for fan in picture.fans):
        raise WireError("a fan has the shape (particles, imagined steps + 1, state)")
    if sum(fan.states.shape[0] * fan.states.shape[1] for fan in picture.fans) > MOST_STATES:
        raise WireError(f"more than {MOST_STATES} imagined states in one picture")
    if any(not 0 <= ghost.fan < len(picture.fans) for ghost in picture.ghosts):
        raise WireError("a ghost of a fan that is not there")
    for ghost in picture.ghosts:
        particles, states = picture.fans[ghost.fan].states.shape[:2]
        if not (-1 <= ghost.particle < particles and 0 <= ghost.j < states):
            raise WireError("a ghost stands outside its fan")
