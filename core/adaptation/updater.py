"""The public interface of an update rule: policy, objective and address -> new weights.

    def rule(policy, objective, address):
        psi = objective.psi
        return psi + 1e-4 * objective.gradient(psi).sign(), {"rule": "sign"}

A rule gives the same weights for the same arguments: replay and time travel call it again.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from core.adaptation.weights import set_psi
from core.models.interfaces import AdaptablePolicy
from core.seeding import generator
from core.trust import Program, ProgramError, guarded, parse_reference

MOST_FACTS = 32
"""Entries of a record."""
LONGEST_NAME = 40
LONGEST_TEXT = 200
_MEND = "mend the rule, then start again"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAddress:
    """Which update is asked for: from k to k + 1 at environment step t of an episode."""

    seed: int = 0
    """Of all noise of the run."""
    episode: int = 0
    t: int = 0
    k: int = 0

    def generator(self) -> np.random.Generator:
        """Random draws of the rule's own: the same at this address for ever."""
        return generator(self.seed, "updater", self.episode, self.t, self.k)


START = UpdateAddress()


@runtime_checkable
class Evaluate(Protocol):
    """J of a policy at this moment, with this moment's noise."""

    def __call__(self, policy: Any, *, differentiable: bool) -> tuple[Tensor, Tensor | None]:
        """J per particle (M,), and dJ/dpsi (W,) of its mean where it is asked for."""
        ...


class Objective:
    """J at s_t as a function of the weights, always with the same noise. Maximised."""

    def __init__(
        self,
        *,
        psi: Tensor,
        objectives: Tensor,
        gradient: Tensor,
        policy: AdaptablePolicy,
        evaluate: Evaluate,
        act: Callable[[AdaptablePolicy], Tensor],
    ) -> None:
        """At psi (W,) J per particle (M,) and its gradient (W,) are known already.

        `policy` is overwritten with whatever weights are asked about.
        """
        self._psi, self._objectives, self._gradient = psi, objectives, gradient
        self._policy, self._evaluate, self._act = policy, evaluate, act

    @property
    def psi(self) -> Tensor:
        """psi_k (W,), the weights before this update; a copy."""
        return self._psi.clone()

    def __call__(self, psi: Tensor) -> Tensor:
        """J per particle (M,), reward units."""
        if torch.equal(psi, self._psi):
            return self._objectives.clone()
        found, _ = self._evaluate(self._with(psi), differentiable=False)
        return found.detach()

    def mean(self, psi: Tensor) -> float:
        """J, the mean over the particles."""
        return float(self(psi).mean())

    def gradient(self, psi: Tensor) -> Tensor:
        """dJ/dpsi (W,), reward per weight. At psi_k it costs nothing."""
        if torch.equal(psi, self._psi):
            return self._gradient.clone()
        _, gradient = self._evaluate(self._with(psi), differentiable=True)
        if gradient is None:
            raise ValueError("the policy has no gradient")
        return gradient

    def action(self, psi: Tensor) -> Tensor:
        """pi_psi(s_t), (A,)."""
        with torch.inference_mode():
            return self._act(self._with(psi))[0].clone()

    def _with(self, psi: Tensor) -> AdaptablePolicy:
        if psi.shape != self._psi.shape:
            raise ValueError(
                f"weights of shape {tuple(psi.shape)}, not {tuple(self._psi.shape)}"
            )
        set_psi(self._policy, psi.detach())
        return self._policy


@runtime_checkable
class Updater(Protocol):
    """An update rule. The policy is a copy at psi_k: nothing that is done to it is kept."""

    def __call__(
        self, policy: AdaptablePolicy, objective: Objective, address: UpdateAddress
    ) -> tuple[Tensor, Mapping[str, float | str]]:
        """psi_{k+1} (W,), float32 and finite, and what the trace shall tell of this update."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a rule gave, checked; or why it is refused."""

    psi: Tensor | None
    """(W,); None where it is refused."""
    record: str
    """JSON object of the rule's facts, or {"refused": why}."""


def ask(
    program: Program, policy: AdaptablePolicy, objective: Objective, address: UpdateAddress
) -> Answer:
    """Call a rule with a copy of the policy. Whatever it does wrong is told, not raised."""
    reference = parse_reference(program.code.reference)
    try:
        with torch.enable_grad():
            found = program(copy.deepcopy(policy), objective, address)
        # What was returned may run code of its own when it is looked at.
        with guarded(reference):
            return _checked(found, objective.psi, reference.short)
    except ProgramError as error:
        return Answer(psi=None, record=_json({"refused": str(error)}))


def refusal(record: str) -> str:
    """Why the rule was refused, from its record; empty where it was not."""
    if '"refused"' not in record:
        return ""
    return str(json.loads(record).get("refused", ""))


def _checked(found: Any, psi: Tensor, name: str) -> Answer:
    if not isinstance(found, tuple) or len(found) != 2:
        raise ProgramError(
            f"{name} returned {type(found).__name__}", "return new weights and a record"
        )
    weights, facts = found
    if not isinstance(weights, Tensor):
        raise ProgramError(
            f"{name} returned {type(weights).__name__} for weights", "return a tensor"
        )
    if weights.dtype != psi.dtype or weights.shape != psi.shape:
        raise ProgramError(
            f"{name} returned weights of {_kind(weights)}", f"return {_kind(psi)}"
        )
    if not bool(torch.isfinite(weights).all()):
        raise ProgramError(f"{name} returned weights that are not finite", _MEND)
    return Answer(psi=weights.detach().clone(), record=_json(_facts(facts, name)))


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _facts(facts: Any, name: str) -> dict[str, float | str]:
    if not isinstance(facts, Mapping) or len(facts) > MOST_FACTS:
        raise ProgramError(
            f"the record of {name} is no dict of at most {MOST_FACTS} entries", _MEND
        )
    return {_name(key, name): _scalar(key, value, name) for key, value in facts.items()}


def _name(key: Any, name: str) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_NAME or key == "refused":
        raise ProgramError(
            f"the record of {name} has the key {key!r:.60}",
            f"name facts with up to {LONGEST_NAME} letters, but not `refused`",
        )
    return key


def _scalar(key: str, value: Any, name: str) -> float | str:
    if isinstance(value, Tensor | np.generic) and value.ndim == 0:
        value = value.item()
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    if not isinstance(value, int | float):
        raise ProgramError(
            f"{key} in the record of {name} is {type(value).__name__}",
            f"give a number, or a text of up to {LONGEST_TEXT} letters",
        )
    number = float(value)
    return number if math.isfinite(number) else str(number)


def _json(facts: Mapping[str, float | str]) -> str:
    """Canonical; no lone surrogate, which no file can hold."""
    clean = {
        key: v.encode(errors="replace").decode() if isinstance(v, str) else v
        for key, v in facts.items()
    }
    return json.dumps(clean, sort_keys=True, separators=(",", ":"))
