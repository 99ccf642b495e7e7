"""Policies, critics and world models that users bring, behind our interfaces.

Whatever goes wrong inside them is told in one line that names the program. What they give is
of any type until core/checkpoints/foreign_checks.py has asked them.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from core.arrays import Actions, Noise, States, Values
from core.models.interfaces import Critic, WorldModel
from core.trust import ProgramError, Reference, guarded


class ForeignPolicy(nn.Module):
    """A module of the user's as the policy: states (N, S) raw -> actions (N, A)."""

    def __init__(self, module: nn.Module, reference: Reference) -> None:
        super().__init__()
        self.module, self._reference = module, reference

    def forward(self, state: States) -> Any:
        with guarded(self._reference):
            return self.module(state)

    def layers(self) -> dict[str, tuple[nn.Parameter, ...]]:
        """Weights by the module that owns them, in the order of parameters()."""
        groups: dict[str, list[nn.Parameter]] = {}
        for name, parameter in self.module.named_parameters():
            owner = name.rpartition(".")[0] or name
            last = next(reversed(groups), "")
            key = owner if owner == last or owner not in groups else name
            groups.setdefault(key, []).append(parameter)
        return {name: tuple(parameters) for name, parameters in groups.items()}

    def __deepcopy__(self, memo: dict[int, Any]) -> ForeignPolicy:
        """Modules of torch.export warn about torch's own parts when they are copied."""
        with warnings.catch_warnings(action="ignore"):
            return ForeignPolicy(copy.deepcopy(self.module, memo), self._reference)


class ForeignCritic:
    """A callable of the user's as the critic."""

    def __init__(self, critic: Critic, reference: Reference) -> None:
        self._critic, self._reference = critic, reference

    def __call__(self, state: States, action: Actions) -> Any:
        """Q: (N, S), (N, A) -> (N,), in the critic's reward unit."""
        with guarded(self._reference):
            return self._critic(state, action)


class ForeignWorldModel:
    """An object of the user's as the world model."""

    def __init__(self, model: WorldModel, reference: Reference, *, survival: bool) -> None:
        """survival: whether its own alive() counts; without it everything is alive."""
        self._model, self._reference, self._survival = model, reference, survival

    def with_survival(self, survival: bool) -> ForeignWorldModel:
        """The same model with the survival rule on or off."""
        return ForeignWorldModel(self._model, self._reference, survival=survival)

    def next_state(self, state: States, action: Actions, noise: Noise) -> Any:
        """s' (N, S) raw; noise (K, N, S)."""
        with guarded(self._reference):
            return self._model.next_state(state, action, noise)

    def reward(self, state: States, action: Actions, next_state: States) -> Any:
        """r (N,) in environment units."""
        with guarded(self._reference):
            return self._model.reward(state, action, next_state)

    def alive(self, state: States) -> Any:
        """(N,) in [0, 1]."""
        if not self._survival:
            return torch.ones_like(state[:, 0])
        with guarded(self._reference):
            return self._model.alive(state)


class ExportedWorldModel:
    """One program (state, action, noise (N, S)) -> (next state (N, S), reward (N,)).

    The noise is the first of the K levels. Its termination rule is not known: all is alive.
    """

    def __init__(self, program: nn.Module) -> None:
        self._program = program
        self._last: tuple[Tensor, Tensor] | None = None

    def next_state(self, state: States, action: Actions, noise: Noise) -> Any:
        """s' (N, S) raw."""
        found = self._program(state, action, noise[0])
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise ProgramError("the world model gives no pair", "return next state and reward")
        self._last = found[0], found[1]
        return self._last[0]

    def reward(self, state: States, action: Actions, next_state: States) -> Any:
        """r (N,) of the transition that was asked about last."""
        if self._last is None or self._last[0] is not next_state:
            raise ProgramError(
                "an exported world model was asked for the reward of another transition",
                "ask for its next state first",
            )
        return self._last[1]

    def alive(self, state: States) -> Values:
        """1 everywhere."""
        return torch.ones_like(state[:, 0])
