"""Derive a task from any MuJoCo environment of gymnasium's registry."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from core.envs.joint_names import action_names, state_names
from core.envs.make import make
from core.envs.probe import Found, probe
from core.errors import InputError, PsiscopeError
from core.tasks import TASKS, Argument, Task
from core.tasks.task import LARGEST_SIZE

DISCOUNT = 0.99
EPISODE_LIMIT = 1000
"""Environment steps, where the registry sets none."""
LONGEST_EPISODE = 10**6
_OPTIONAL = re.compile(r"include_\w+_in_observation")


def derive_task(
    environment_id: str,
    arguments: Sequence[Argument] = (),
    *,
    may_leave_out: bool = True,
) -> Task:
    """The task of that environment; takes about a second, for it acts to find out.

    may_leave_out: observations may lose their optional parts (forces, inertias) where that
    lets them be restored from the physics; False keeps the observations of recorded data.
    Raises InputError where the environment is unknown, is no MuJoCo environment, or has
    observations, actions or a memory that the field cannot handle.
    """
    draft = _draft(environment_id, tuple(arguments))
    made = make(draft)
    shorter = _shorter(draft, made) if may_leave_out else draft
    made.close()
    tries = dict.fromkeys(
        (draft, shorter, dataclasses.replace(shorter, derived_quantities=True))
    )
    found = None
    for task in tries:
        task = _sized(task)
        found = _probe(task)
        if found.same_state and found.same_future:
            return _described(task, found)
    raise InputError(
        f"{environment_id} cannot be put back to an earlier moment: restored from its physics, "
        f"its {'future' if found and found.same_state else 'observation'} is another one",
        "use an environment whose observations and rewards follow from MuJoCo's state alone",
    )


def known_task(environment_id: str, arguments: Sequence[Argument] = ()) -> Task | None:
    """The task that Psiscope knows by name and that is this environment, if any."""
    for task in TASKS.values():
        if task.environment_id == environment_id and set(task.environment_arguments) == set(
            arguments
        ):
            return task
    return None


def _draft(identifier: str, arguments: tuple[Argument, ...]) -> Task:
    """What is known before acting; sizes are filled in later."""
    spec = gymnasium.registry.get(identifier)
    limit = getattr(spec, "max_episode_steps", None) or EPISODE_LIMIT
    return Task(
        name=_name(identifier),
        environment_id=identifier,
        environment_arguments=arguments,
        state_size=1,
        action_size=1,
        episode_limit=min(limit, LONGEST_EPISODE),
        seconds_per_environment_step=1.0,
        discount=DISCOUNT,
    )


def _name(identifier: str) -> str:
    """The id in small letters without its version, unless a known task has that name."""
    short = re.sub(r"-v\d+$", "", identifier).lower().replace("/", "-")[:64]
    return identifier.replace("/", "-")[:64] if short in TASKS else short


def _shorter(task: Task, made: Any) -> Task:
    """Without the optional parts of the observation that no position or velocity is."""
    given = {argument.name for argument in task.environment_arguments}
    optional = tuple(
        Argument(name=name, value=False)
        for name, parameter in inspect.signature(type(made).__init__).parameters.items()
        if _OPTIONAL.fullmatch(name) and parameter.default is True and name not in given
    )
    arguments = (*task.environment_arguments, *optional)
    return dataclasses.replace(task, environment_arguments=arguments)


def _sized(task: Task) -> Task:
    """With sizes and the range of actions. Raises InputError where they do not fit."""
    made = make(task)
    states, actions, name = made.observation_space, made.action_space, task.environment_id
    made.close()
    box = gymnasium.spaces.Box
    if not isinstance(states, box) or len(states.shape) != 1 or states.dtype.kind != "f":
        raise InputError(
            f"the observations of {name} are no flat vector of numbers",
            "use an environment whose observations are a Box of one dimension",
        )
    if not isinstance(actions, box) or len(actions.shape) != 1 or not actions.is_bounded():
        raise InputError(
            f"the actions of {name} are no flat vector with a finite range",
            "use an environment whose actions are a bounded Box of one dimension",
        )
    if not max(states.shape[0], actions.shape[0]) <= LARGEST_SIZE:
        raise InputError(
            f"{name} has observations of {states.shape[0]} numbers",
            f"up to {LARGEST_SIZE} are taken",
        )
    if not (actions.low < actions.high).all():
        raise InputError(f"an action of {name} has an empty range", "use another environment")
    unit = bool((actions.low == -1).all() and (actions.high == 1).all())
    return dataclasses.replace(
        task,
        state_size=states.shape[0],
        action_size=actions.shape[0],
        action_low=() if unit else tuple(map(float, actions.low)),
        action_high=() if unit else tuple(map(float, actions.high)),
    )


def _probe(task: Task) -> Found:
    try:
        with np.errstate(all="ignore"):
            return probe(task)
    except PsiscopeError:
        raise
    except Exception as error:
        line = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{task.environment_id} fails while it acts ({line})", "check its arguments"
        ) from error


def _described(task: Task, found: Found) -> Task:
    """With its time step, names and units."""
    if not 0 < found.seconds <= 3600:
        raise InputError(
            f"the time step of {task.environment_id} is {found.seconds:g} s",
            "check its arguments",
        )
    task = dataclasses.replace(
        task,
        seconds_per_environment_step=found.seconds,
        has_pose=found.missing_root is not None,
        missing_root=found.missing_root or 0,
    )
    made = make(task)
    states, actions = state_names(task, made.model), action_names(task, made.model)
    made.close()
    return dataclasses.replace(
        task,
        state_names=tuple(name for name, _ in states),
        state_units=tuple(unit for _, unit in states),
        action_names=actions,
    )
