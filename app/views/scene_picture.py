"""From a moment to the picture the render process is asked for. No widget, no state."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.rendering.wire import Camera, Color, Fan, Ghost, Look, Picture
from app.state.moment import Moment
from app.theme import Role, Theme
from core.checkpoints.task_facts import task_json
from core.envs.poses import root_places, walks_on_ground
from core.tasks import Task

LIVE_PARTICLES = 16
"""Paths per fan while the run goes on; all that the record keeps when it rests."""
LIVE_PIXELS = 640 * 480
GHOST_SPACING = 0.3
"""Metres between ghosts along a fan: nearer ones would only smear the body."""
MOST_BETWEEN = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a person looks at the scene."""

    theme: Theme
    camera: Camera
    size: tuple[int, int]
    """Of the place on the screen, in device pixels."""
    still: bool
    particle: int | None = None
    """Whose body the ghosts are; None for the mean of all."""


def fans_of(moment: Moment) -> dict[Role, Floats]:
    """The futures of s_t by role, each (m, H+1, S): imagined before, imagined after, true."""
    fans: dict[Role, Floats] = {}
    before, after, real = moment.before, moment.after, moment.proposal
    if before is not None:
        fans["before"] = before.imagined_states
    if after is not None and after is not before:
        fans["after"] = after.imagined_states
    if real is not None and real.true_states.ndim == 3 and len(real.true_states) == 3:
        fans["real"] = real.true_states[2:]
        fans["frozen"] = real.true_states[:1]
    return {role: states for role, states in fans.items() if states.ndim == 3 and states.size}


def state_of(moment: Moment) -> Floats | None:
    """s_t, (S,); None before the first record of this t."""
    if moment.proposal is not None:
        return np.asarray(moment.proposal.state)
    before = moment.before
    if before is None or before.imagined_states.ndim != 3 or not before.imagined_states.size:
        return None
    return np.asarray(before.imagined_states[0, 0])


def bodiless(moment: Moment) -> str:
    """Why no body will be drawn for this record; empty where one can be."""
    proposal = moment.proposal
    if moment.task.has_pose or proposal is None or proposal.physics_state.size:
        return ""
    return "no body to draw: this loop recorded no MuJoCo states"


def compose(moment: Moment, wish: Wish, root: Floats) -> Picture | None:
    """The picture of a moment; `root` stands in until the physics state is recorded.

    Without a pose only the physics state says how the body stands: None until it is recorded.
    """
    state, proposal = state_of(moment), moment.proposal
    posed = moment.task.has_pose or (proposal is not None and proposal.physics_state.size)
    if state is None or not posed:
        return None
    fans = fans_of(moment) if moment.task.has_pose else {}
    width, height = picture_size(wish.size, wish.still)
    roles = list(fans)
    rows = [_rows(len(fans[role]), wish) for role in roles]
    kept = [
        Fan(name=role, states=fans[role][chosen], particles=chosen.astype(np.float64))
        for role, chosen in zip(roles, rows, strict=True)
    ]
    return Picture(
        number=0,
        task=_facts(moment.task),
        width=width,
        height=height,
        still=wish.still,
        look=look(wish.theme),
        camera=wish.camera,
        state=state,
        root=root,
        physics_state=proposal.physics_state if proposal is not None else np.empty(0),
        fans=tuple(kept),
        ghosts=tuple(
            ghost
            for index, role in enumerate(roles)
            for ghost in _ghosts(moment, wish, role, index, kept[index])
        ),
    )


@functools.lru_cache(maxsize=8)
def _facts(task: Task) -> str:
    return task_json(task)


def picture_size(size: tuple[int, int], still: bool) -> tuple[int, int]:
    """The pixels to draw: those of the screen when still, at most LIVE_PIXELS while live."""
    width, height = max(size[0], 16), max(size[1], 16)
    most = 4 * LIVE_PIXELS if still else LIVE_PIXELS
    shrink = min(1.0, (most / (width * height)) ** 0.5)
    return int(width * shrink), int(height * shrink)


def look(theme: Theme) -> Look:
    """The quiet colours: the floor is close to the background, the body a plain grey."""
    body = _rgb(theme, "frozen")
    return Look(
        background=_rgb(theme, "plot"),
        floor=_rgb(theme, "window"),
        grid=_rgb(theme, "raised"),
        body=body if theme.name == "dark" else _between_colors(body, _rgb(theme, "border")),
        wall=_rgb(theme, "wall"),
        goal=_between_colors(_rgb(theme, "accent"), _rgb(theme, "window")),
    )


def _between_colors(first: Color, second: Color) -> Color:
    red, green, blue = ((a + b) / 2 for a, b in zip(first, second, strict=True))
    return red, green, blue


def _rgb(theme: Theme, name: str) -> Color:
    red, green, blue, _ = theme.rgba(name)
    return red, green, blue


def _rows(count: int, wish: Wish) -> NDArray[np.intp]:
    """The particles to draw: all when still, few while live, the picked one among them."""
    rows = np.arange(count if wish.still else min(count, LIVE_PARTICLES))
    if wish.particle is not None and len(rows) <= wish.particle < count:
        rows[-1] = wish.particle
    return rows


def _ghosts(moment: Moment, wish: Wish, role: Role, fan: int, kept: Fan) -> list[Ghost]:
    """The body at the end of a fan, and between where there is room for more.

    Near the real body one tint is legible, two are mud: there, before is an outline only.
    """
    states = kept.states
    last = states.shape[1] - 1
    if role == "frozen" or last == 0:
        return []
    rows = np.flatnonzero(kept.particles == wish.particle)
    row = int(rows[0]) if len(rows) and role != "real" else -1
    between = _between(moment, states)
    crowded = not between and role == "before" and moment.after is not moment.before
    filled = 0.0 if role == "real" or crowded else 0.25
    steps = [(j, 0.16) for j in between if filled] + [(last, filled)]
    color = _rgb(wish.theme, role)
    return [
        Ghost(fan=fan, particle=row, j=j, color=color, opacity=opacity) for j, opacity in steps
    ]


def _between(moment: Moment, states: Floats) -> list[int]:
    """Imagined steps at which one more body fits before the end of the fan."""
    last = states.shape[1] - 1
    if walks_on_ground(moment.task):
        return []
    path = root_places(moment.task, states.mean(axis=0))
    length = float(np.linalg.norm(path[-1] - path[0]))
    if not np.isfinite(length):
        return []
    count = min(MOST_BETWEEN, last - 1, int(length / GHOST_SPACING) - 1)
    return [round(last * n / (count + 1)) for n in range(1, count + 1)]
