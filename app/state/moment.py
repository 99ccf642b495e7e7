"""What every view shows: a moment (t, k) and the history of its episode. Plain data, no Qt."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.state.walk import Walk
from core.settings import Settings
from core.tasks import Task
from core.traces.origin import is_foreign
from core.traces.trace import (
    EnvironmentStep,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    RunStarted,
)

Column = NDArray[np.float64]
NOT_RECORDED = "not recorded by this loop"
"""What stands where a foreign trace has nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moment:
    """One moment of a run: updates, then the action proposed, then what it did."""

    run: RunStarted
    task: Task
    settings: Settings
    """In effect at this t."""
    updates: tuple[GradientUpdate, ...]
    """The updates of t made so far, k rising from 0; empty before the first."""
    proposal: Proposal | None = None
    """None while the updates of t go on. Known before the action is applied."""
    environment_step: EnvironmentStep | None
    """None until the action was applied."""
    k: int
    """The gradient update under the cursor."""
    live: bool
    """Whether the cursor follows the newest record."""
    branch: int = 0
    """The branch that is looked at; what it shares with its parents is recorded as theirs."""
    episode_started: EpisodeStarted | None = None
    """The start of the episode; None where nobody asks where it began."""
    layer_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = json.loads(self.run.layer_names) if self.run.layer_names else []
        object.__setattr__(self, "layer_names", tuple(str(name) for name in names))

    @property
    def foreign(self) -> bool:
        """Whether a loop that is not ours wrote the trace: it may lack anything."""
        return is_foreign(self.run)

    @property
    def t(self) -> int:
        """Environment step; 0 before anything happened."""
        source = self._any_record
        return 0 if source is None else source.t

    @property
    def episode(self) -> int:
        """Episode; -1 before anything happened."""
        source = self._any_record
        return -1 if source is None else source.episode

    @property
    def before(self) -> GradientUpdate | None:
        """The record at k = 0: psi before any update at this t."""
        return self.updates[0] if self.updates else None

    @property
    def after(self) -> GradientUpdate | None:
        """The record at the cursor k, or the last one there is up to it."""
        at_cursor = [update for update in self.updates if update.k <= self.k]
        return at_cursor[-1] if at_cursor else self.before

    @property
    def ascent_steps(self) -> int:
        """E at this t: known once the action is proposed, from the settings until then."""
        if self.proposal is not None:
            return self.proposal.k
        if not self.updates:
            return self.settings.updates
        last = self.updates[-1]
        return last.k if last.last else max(last.k, self.settings.updates)

    @property
    def acting_k(self) -> int | None:
        """The update whose weights act; None while it is not known yet."""
        if self.proposal is not None:
            return self.proposal.k
        return self.updates[-1].k if self.updates and self.updates[-1].last else None

    @property
    def _any_record(self) -> GradientUpdate | Proposal | EnvironmentStep | None:
        return self.environment_step or self.proposal or self.before


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Columns of the episode under the cursor, one row per environment step, t rising."""

    t: Column
    seq: Column
    reward: Column
    episode_return: Column
    frozen_return: Column
    objective_gain: Column
    true_gain: Column
    model_error: Column
    action_change: Column
    drift: Column
    trust_factor: Column
    total_ms: Column
    simulate_ms: Column
    imagine_ms: Column
    backward_ms: Column
    other_ms: Column
    walk: Walk = field(default_factory=Walk.empty)
    """Where the body went; empty where the task has no maze."""

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in HISTORY_COLUMNS}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def empty(cls) -> History:
        """No environment step yet."""
        return cls.from_columns({})

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, NDArray[Any]], walk: Walk | None = None
    ) -> History:
        """From columns by name; one that is missing is NaN."""
        length = max((len(column) for column in columns.values()), default=0)
        missing = np.full(length, np.nan)
        return cls(
            **{
                name: np.asarray(columns.get(name, missing), dtype=np.float64)
                for name in HISTORY_COLUMNS
            },
            walk=Walk.empty() if walk is None else walk,
        )


HISTORY_COLUMNS: tuple[str, ...] = tuple(
    f.name for f in dataclasses.fields(History) if f.name != "walk"
)
"""The columns a History is made of: `seq`, and those below, named as in the records."""
STEP_COLUMNS: tuple[str, ...] = (
    "reward", "episode_return", "frozen_return",
    "total_ms", "simulate_ms", "imagine_ms", "backward_ms", "other_ms",
)  # fmt: skip
"""Of EnvironmentStep; NaN where the action is proposed and not applied yet."""
PROPOSAL_COLUMNS: tuple[str, ...] = (
    "objective_gain", "true_gain", "model_error", "action_change", "drift", "trust_factor",
)  # fmt: skip
"""Of Proposal."""
