"""The names that conditions may use (core/expressions.py), and where their values come from.

docs/conditions.md is generated from this table (core/traces/condition_reference.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.expressions import Expression, ExpressionError, parse_expression
from core.traces.trace import GradientUpdate, Proposal

Kind = Literal["Address", "GradientUpdate", "Proposal", "EnvironmentStep"]
"""The record that knows it; an address is known to each."""
Numbers = NDArray[np.float64]
Values = dict[str, float]
"""Quantities at a moment; NaN where missing, a boolean as 0 or 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One name."""

    name: str
    kind: Kind
    columns: tuple[str, ...]
    """The fields of the record that it is made of; mostly one."""
    unit: str
    meaning: str
    boolean: bool = False
    observed: bool = False
    """Whether it differs from one time to the next, as a timing does."""
    derive: Callable[..., Any] | None = None
    """How it is made of the columns; None: it is the column."""

    @property
    def before_action(self) -> bool:
        """Whether it is known before the action is applied, so that a breakpoint can ask."""
        return self.kind != "EnvironmentStep"

    def numbers(self, columns: Mapping[str, Any]) -> Numbers:
        """Its values, from the columns of its records."""
        sources = [columns[name] for name in self.columns]
        found = sources[0] if self.derive is None else self.derive(*sources)
        return np.asarray(found, np.float64)


def _shrunk(factor: Any) -> Any:
    return np.less(factor, 1.0)


def _given(reason: Any) -> Any:
    return np.asarray(reason, np.object_) != ""


def _quantity(name: str, kind: Kind, unit: str, meaning: str, **options: Any) -> Quantity:
    options.setdefault("columns", (name,))
    return Quantity(name=name, kind=kind, unit=unit, meaning=meaning, **options)


_ADDRESS = (
    _quantity("t", "Address", "environment steps", "environment step, from 0 in each episode"),
    _quantity("episode", "Address", "1", "episode, from 0"),
    _quantity("branch", "Address", "1", "branch whose record it is; 0 is the first"),
)
_UPDATE = (
    _quantity("k", "GradientUpdate", "gradient updates", "gradient update, 0 before any"),
    _quantity("objective", "GradientUpdate", "reward", "J(psi_k), mean over all particles"),
    _quantity(
        "objective_std", "GradientUpdate", "reward", "standard deviation of J over particles"
    ),
    _quantity(
        "gradient_norm",
        "GradientUpdate",
        "reward/weight",
        "|dJ/dpsi| at psi_k before clipping; missing at k = E",
    ),
    _quantity(
        "gradient_cosine",
        "GradientUpdate",
        "1",
        "cosine of the gradients at k and k - 1; missing at k = 0 and k = E",
    ),
    _quantity(
        "step_size",
        "GradientUpdate",
        "weight^2/reward",
        "alpha that leads from k to k + 1; missing at k = E",
    ),
    _quantity(
        "drift", "GradientUpdate", "weight", "|psi_k - psi_0|, psi_0 the pretrained policy"
    ),
    _quantity(
        "ensemble_spread",
        "GradientUpdate",
        "1",
        "ensemble disagreement, in change stds, mean over imagined steps; missing at H = 0",
        columns=("ensemble_spread_mean",),
    ),
    _quantity(
        "q_spread",
        "GradientUpdate",
        "reward",
        "|Q_1 - Q_2| at the end of the imagination, mean over particles",
    ),
    _quantity(
        "finite",
        "GradientUpdate",
        "",
        "whether objective and gradient were finite",
        boolean=True,
    ),
)
_PROPOSAL = (
    _quantity("objective_before", "Proposal", "reward", "J at k = 0"),
    _quantity("objective_after", "Proposal", "reward", "J of the weights that act"),
    _quantity(
        "objective_gain", "Proposal", "reward", "objective_after - objective_before, predicted"
    ),
    _quantity(
        "true_gain",
        "Proposal",
        "reward",
        "the same in the true futures; missing without diagnostics",
    ),
    _quantity(
        "predicted_reward",
        "Proposal",
        "reward",
        "imagined reward of (s_t, a_t); missing at H = 0",
    ),
    _quantity(
        "action_change",
        "Proposal",
        "action",
        "largest change of an action's component against the pretrained policy",
    ),
    _quantity(
        "model_error",
        "Proposal",
        "1",
        "one-step error of the model, in change stds; missing without diagnostics",
    ),
    _quantity("trust_factor", "Proposal", "1", "c of the trust region; below 1: shrunk by it"),
    _quantity(
        "refused",
        "Proposal",
        "",
        "whether the trust region shrank the update: trust_factor < 1",
        columns=("trust_factor",),
        boolean=True,
        derive=_shrunk,
    ),
    _quantity(
        "fell_back",
        "Proposal",
        "",
        "whether the pretrained policy acts instead",
        columns=("fallback",),
        boolean=True,
        derive=_given,
    ),
    _quantity(
        "milliseconds",
        "Proposal",
        "ms",
        "wall time of this environment step up to the action",
        columns=("elapsed_ms",),
        observed=True,
    ),
)
_ENVIRONMENT_STEP = (
    _quantity("reward", "EnvironmentStep", "reward", "reward of this environment step"),
    _quantity(
        "episode_return", "EnvironmentStep", "reward", "sum of rewards up to and with this t"
    ),
    _quantity(
        "frozen_return",
        "EnvironmentStep",
        "reward",
        "the same of the frozen twin; missing without diagnostics",
    ),
    _quantity(
        "gap",
        "EnvironmentStep",
        "reward",
        "episode_return - frozen_return; below 0: the adapted policy is behind",
        columns=("episode_return", "frozen_return"),
        derive=np.subtract,
    ),
    _quantity(
        "terminated", "EnvironmentStep", "", "whether the task's rule ended it", boolean=True
    ),
    _quantity(
        "truncated", "EnvironmentStep", "", "whether the time limit ended it", boolean=True
    ),
    _quantity(
        "total_ms",
        "EnvironmentStep",
        "ms",
        "wall time of this environment step",
        observed=True,
    ),
)
_ALL = (*_ADDRESS, *_UPDATE, *_PROPOSAL, *_ENVIRONMENT_STEP)
QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
"""By name, in the order in which they become known."""
OF_THE_GRADIENT = frozenset({"gradient_norm", "gradient_cosine", "step_size"})
"""What k = E lacks; before the action it is taken from the update before."""
WHOLE = frozenset({"t", "episode", "branch", "k"})
"""What is counted."""


def search_condition(text: str) -> Expression:
    """Read a condition over every quantity. Raises ExpressionError in one line."""
    booleans = [quantity.name for quantity in _ALL if quantity.boolean]
    return parse_expression(text, QUANTITIES, booleans)


def breakpoint_condition(text: str) -> Expression:
    """The same over what is known before the action is applied."""
    expression = search_condition(text)
    for name in sorted(expression.names):
        if not QUANTITIES[name].before_action:
            place = re.search(rf"\b{name}\b", text)
            raise ExpressionError(
                f"{name} is known only after the action",
                1 + (place.start() if place else 0),
                "a breakpoint cannot wait for it, a search can use it",
            )
    return expression


def update_values(update: GradientUpdate) -> Values:
    """What is known at a gradient update, by name."""
    return _values(update, _ADDRESS) | _values(update, _UPDATE)


def proposal_values(
    update: GradientUpdate | None, proposal: Proposal, previous: GradientUpdate | None = None
) -> Values:
    """What is known before an action is applied, by name: the update is the one that acts.

    What the update lacks as it has no gradient, the previous one (k - 1) of the branch gives.
    """
    values = dict.fromkeys((quantity.name for quantity in _UPDATE), math.nan)
    if update is not None:
        values |= _values(update, _UPDATE)
    if previous is not None and math.isnan(values["gradient_norm"]):
        values |= _values(previous, [QUANTITIES[name] for name in OF_THE_GRADIENT])
    return _values(proposal, _ADDRESS) | values | _values(proposal, _PROPOSAL)


def plain_value(name: str, value: float) -> bool | int | float | None:
    """A value as JSON knows it; None where it is missing."""
    if math.isnan(value):
        return None
    if QUANTITIES[name].boolean:
        return bool(value)
    return int(value) if name in WHOLE else float(value)


def _values(record: GradientUpdate | Proposal, quantities: Iterable[Quantity]) -> Values:
    values = {}
    for quantity in quantities:
        columns = {column: getattr(record, column) for column in quantity.columns}
        values[quantity.name] = float(quantity.numbers(columns))
    return values
