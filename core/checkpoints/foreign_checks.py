"""Does a model of the user's do what adaptation needs? Asked with batches of several sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import CheckpointError
from core.models.foreign import ForeignCritic, ForeignPolicy, ForeignWorldModel
from core.seeding import generator
from core.tasks import Task
from core.trust import ProgramError

SIZES = (1, 2, 7)
"""Batches: one state acts, the particles are imagined together."""
LEVELS = 2
Part = ForeignPolicy | ForeignCritic | ForeignWorldModel
_SLACK = 1e-5


def check_policy(policy: ForeignPolicy, task: Task, name: str) -> None:
    """Raise CheckpointError unless it maps any number of states to actions in [-1, 1],
    differentiably in all its weights."""
    weights = dict(policy.module.named_parameters())
    if not weights:
        raise CheckpointError(f"{name} has no weights", "adaptation needs some to move")
    strange = [n for n, w in weights.items() if w.dtype != torch.float32]
    if strange:
        raise CheckpointError(f"{name}: {strange[0]:.80} is not float32", "convert the model")
    for size in SIZES:
        states = _draws(task.state_size, size)
        action = _asked(name, policy, states, size=size)
        _check_shape(action, (size, task.action_size), name, "states")
        largest = float(action.detach().abs().max())
        if largest > 1 + _SLACK:
            raise CheckpointError(
                f"{name} gives actions up to {largest:.3g}, those of models are in -1 .. 1",
                "end it with tanh, and scale its actions",
            )
    _check_weights_matter(policy, weights, _draws(task.state_size, 7), name)


def _check_weights_matter(
    policy: ForeignPolicy, weights: dict[str, torch.nn.Parameter], states: Tensor, name: str
) -> None:
    policy.requires_grad_(True)
    with torch.enable_grad():
        action = policy(states)
        if not action.requires_grad:
            raise CheckpointError(
                f"{name} is not differentiable in its weights", "export it without no_grad"
            )
        found = torch.autograd.grad(
            action.square().sum(), list(weights.values()), allow_unused=True
        )
    policy.requires_grad_(False)
    idle = [key for key, gradient in zip(weights, found, strict=True) if gradient is None]
    if idle:
        raise CheckpointError(
            f"{name}: {idle[0]:.80} has no part in the action", "leave such weights out"
        )


def check_critic(critic: ForeignCritic, task: Task, name: str) -> None:
    """Raise CheckpointError unless it gives one value a row, differentiable in the action."""
    for size in SIZES:
        states, actions = _draws(task.state_size, size), _actions(task, size)
        value = _asked(name, critic, states, actions, size=size)
        _check_shape(value, (size,), name, "states and actions")
        _check_gradient(value, actions, name)


def check_world_model(model: ForeignWorldModel, task: Task, name: str) -> None:
    """Raise CheckpointError unless next states, rewards and survival have the right shapes and
    next states are differentiable in the action."""
    model = model.with_survival(True)
    for size in SIZES:
        states, actions = _draws(task.state_size, size), _actions(task, size)
        noise = torch.stack([_draws(task.state_size, size) for _ in range(LEVELS)])
        following = _asked(name, model.next_state, states, actions, noise, size=size)
        _check_shape(following, (size, task.state_size), name, "states and actions")
        _check_gradient(following, actions, name)
        reward = _asked(name, model.reward, states, actions, following, size=size)
        _check_shape(reward, (size,), f"the reward of {name}", "transitions")
        alive = _asked(name, model.alive, following, size=size)
        _check_shape(alive, (size,), f"the survival of {name}", "states")
        least, most = (float(value) for value in alive.detach().aminmax())
        if least < -_SLACK or most > 1 + _SLACK:
            raise CheckpointError(f"alive of {name} is outside 0 .. 1", "give a probability")


def check_same(part: Part, again: Part, task: Task, name: str) -> None:
    """Raise CheckpointError unless the same model was made twice: a run is recomputed with one
    that is made anew."""
    one, other = _told(part, task), _told(again, task)
    if len(one) != len(other) or not all(map(torch.equal, one, other)):
        what = "weights" if isinstance(part, ForeignPolicy) else "values"
        raise CheckpointError(
            f"{name} gives other {what} each time", "load its weights from a file, or seed it"
        )


def _told(part: Part, task: Task) -> list[Tensor]:
    """What tells a model from another one: its weights, or what it answers."""
    states, actions = _draws(task.state_size, 2), _actions(task, 2).detach()
    match part:
        case ForeignPolicy():
            return list(part.parameters())
        case ForeignCritic():
            return [part(states, actions)]
    model = part.with_survival(True)
    following = model.next_state(states, actions, torch.stack([states] * LEVELS))
    return [following, model.reward(states, actions, following), model.alive(following)]


def _asked(name: str, model: Any, *inputs: Tensor, size: int) -> Any:
    """What it gives; one that takes only the batch it was exported with says so."""
    try:
        with torch.enable_grad():
            return model(*inputs)
    except ProgramError as error:
        remedy = "export it with a dynamic batch, torch.export.Dim('batch')"
        raise CheckpointError(
            f"{name} does not take a batch of {size}: {error.fact}", remedy
        ) from error


def _check_shape(found: Any, wanted: tuple[int, ...], name: str, given: str) -> None:
    if not isinstance(found, Tensor) or found.dtype != torch.float32:
        kind = found.dtype if isinstance(found, Tensor) else type(found).__name__
        raise CheckpointError(f"{name} gives {kind}", "give a float32 tensor")
    if tuple(found.shape) != wanted:
        raise CheckpointError(
            f"{name} gives {tuple(found.shape)} for {wanted[0]} {given}",
            f"give {wanted}; rows are a batch of any size",
        )
    if not bool(torch.isfinite(found).all()):
        raise CheckpointError(f"{name} gives values that are not finite", "check its inputs")


def _check_gradient(found: Tensor, actions: Tensor, name: str) -> None:
    gradient = None
    if found.requires_grad:
        (gradient,) = torch.autograd.grad(
            found.sum(), actions, retain_graph=True, allow_unused=True
        )
    if gradient is None:
        raise CheckpointError(
            f"{name} is not differentiable in the action", "compute it without no_grad"
        )


def _draws(size: int, rows: int) -> Tensor:
    draws = generator(0, "probe", size, rows).standard_normal((rows, size)).astype(np.float32)
    return torch.from_numpy(draws)


def _actions(task: Task, rows: int) -> Tensor:
    return torch.tanh(_draws(task.action_size, rows)).requires_grad_(True)
