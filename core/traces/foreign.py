"""A trace from any training or control loop, in ten lines: the window opens it.

    with ForeignTrace("mine.trace", task="hopper", name="my loop") as trace:
        trace.start_episode(state, seed=0)
        ...
        trace.update(objective=objective, gradient_norm=norm)    # for each gradient update
        trace.environment_step(action, next_state, reward, terminated, truncated)

What a loop does not know it leaves out: the window then says so. Free of torch; see
docs/own-trace.md. What cannot be recorded raises ValueError naming the field, a disk or file
that refuses TraceError.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import SupportsFloat, Unpack

import numpy as np
from numpy.typing import ArrayLike

from core.checkpoints.task_facts import parse_task, task_json
from core.errors import CheckpointError
from core.settings import Settings
from core.tasks import TASKS, Task, find_task
from core.traces.archive import TraceWriter
from core.traces.field import Array
from core.traces.foreign_facts import (
    Sizes,
    StepFacts,
    UpdateFacts,
    actions,
    flag,
    numbers,
    physics,
    whole,
)
from core.traces.foreign_records import (
    ALL_LAYERS,
    Address,
    acting,
    blank,
    make_environment_step,
    make_proposal,
    make_update,
)
from core.traces.trace import (
    FORMAT_VERSION,
    OURS,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    RunStarted,
)
from core.versions import versions

__all__ = ["ForeignTrace", "StepFacts", "UpdateFacts", "own_task"]

NO_SEED = -1
"""In place of a seed that was not given."""
_LONGEST_NAME = 64
_SETTINGS = Settings(ascent_steps=0, trust_radius=None)
"""A trace must name some; of a foreign loop they are not shown."""


def own_task(
    name: str,
    *,
    state_size: int,
    action_size: int,
    state_names: Sequence[str] = (),
    action_names: Sequence[str] = (),
    seconds_per_environment_step: float = 1.0,
    discount: float = 0.99,
) -> Task:
    """A task known by its sizes alone: numbers are shown, no body is drawn.

    Actions are from -1 to 1. Raises ValueError in one line.
    """
    if name in TASKS:
        raise ValueError(
            f"name is {name!r}, a task that Psiscope knows: give it as task={name!r}"
        )
    task = Task(
        name=name,
        environment_id=name,
        state_size=state_size,
        action_size=action_size,
        state_names=tuple(state_names),
        action_names=tuple(action_names),
        seconds_per_environment_step=float(seconds_per_environment_step),
        episode_limit=10**6,
        discount=discount,
        has_pose=False,
    )
    try:
        parse_task(task_json(task), "own_task")
    except CheckpointError as error:
        raise ValueError(error.fact) from error
    return task


class ForeignTrace:
    """The writer. Each environment step is committed when it is complete: a window that has
    the trace open follows, and a loop that crashes loses at most the step it was in."""

    def __init__(
        self, path: str | Path, *, task: Task | str, name: str, layer_names: Sequence[str] = ()
    ) -> None:
        """A new file. task: the name of one that Psiscope knows, or `own_task`. name: of the
        loop, as the window shows it. layer_names: of the policy, for norms by layer."""
        self.task = find_task(task) if isinstance(task, str) else task
        layers = tuple(layer_names) or ALL_LAYERS
        self._sizes = Sizes(
            state=self.task.state_size, action=self.task.action_size, layers=len(layers)
        )
        self._address = Address(episode=-1, t=0)
        self._state: Array | None = None
        self._updates: list[GradientUpdate] = []
        self._physics: Array = np.zeros(0)
        self._seed, self._return, self._since = NO_SEED, 0.0, 0.0
        self._writer = TraceWriter.create(
            Path(path), _started(self.task, name, layers, self._sizes)
        )

    def start_episode(
        self,
        state: ArrayLike,
        *,
        seed: int | None = None,
        physics_state: ArrayLike | None = None,
    ) -> None:
        """The reset: state s_0 (S,), its seed, and MuJoCo's mjSTATE_INTEGRATION where known."""
        first = numbers("state", state, (self._sizes.state,))
        whole_seed = NO_SEED if seed is None else whole("seed", seed)
        body = physics("physics_state", physics_state)
        self._flush()
        self._address = Address(episode=self._address.episode + 1, t=0)
        self._state, self._physics, self._seed, self._return = first, body, whole_seed, 0.0
        self._writer.append(
            EpisodeStarted(
                **blank("EpisodeStarted", self._sizes)
                | {
                    "episode": self._address.episode,
                    "seed": whole_seed,
                    "state": first,
                    "physics_state": body,
                }
            )
        )
        self._since = time.perf_counter()

    def update(self, **facts: Unpack[UpdateFacts]) -> None:
        """What the loop knows of its weights after k updates at this t; k counts from 0.

        The first call at a t tells of the weights before any update there, the last one of
        those that act. Without a call one is recorded that knows nothing but the action.
        """
        self._running()
        k = len(self._updates)
        self._updates.append(make_update(self._address, k, facts, self._sizes))

    def environment_step(
        self,
        action: ArrayLike,
        next_state: ArrayLike,
        reward: SupportsFloat,
        terminated: ArrayLike,
        truncated: ArrayLike,
        **facts: Unpack[StepFacts],
    ) -> None:
        """The action (A,), -1 to 1, applied at t and what came of it, in the order of
        gymnasium's step.

        next_state is s_{t+1} (S,). The episode ends where terminated or truncated is true:
        a bool of any library, or 0 or 1.
        """
        state = self._running()
        sizes, now = self._sizes, time.perf_counter()
        applied = actions("action", numbers("action", action, (sizes.action,)))
        arrived = numbers("next_state", next_state, (sizes.state,))
        paid = float(numbers("reward", reward, ()))
        ends = flag("terminated", terminated), flag("truncated", truncated)
        body = physics("next_physics_state", facts.get("next_physics_state"))
        known: StepFacts = {"total_ms": 1e3 * (now - self._since), **facts}
        made = self._updates or [make_update(self._address, 0, {}, sizes)]
        updates = [*made[:-1], acting(made[-1], applied)]
        proposal = make_proposal(
            self._address,
            updates,
            known,
            sizes,
            state=state,
            action=applied,
            body=self._physics,
        )
        total = self._return + paid
        step = make_environment_step(
            self._address, known, sizes, reward=paid, episode_return=total, next_state=arrived,
            ends=ends, updates=updates,
        )  # fmt: skip
        over = step.terminated or step.truncated
        ended = (self._ended(step.terminated, total),) if over else ()
        self._writer.append(*updates, proposal, step, *ended)
        self._updates = []
        self._physics = body
        self._return, self._state = total, None if over else arrived
        self._address = Address(episode=self._address.episode, t=self._address.t + 1)
        self._since = time.perf_counter()

    def close(self) -> None:
        """Leave one file; the updates of an environment step that was not made are kept."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def __enter__(self) -> ForeignTrace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _running(self) -> Array:
        if self._state is None:
            raise ValueError("no episode runs: call start_episode first")
        return self._state

    def _flush(self) -> None:
        """Updates whose environment step never came: a loop that crashed or was reset."""
        updates, self._updates = self._updates, []
        if updates:
            self._writer.append(*updates)

    def _ended(self, terminated: bool, total: float) -> EpisodeEnded:
        return EpisodeEnded(
            **blank("EpisodeEnded", self._sizes)
            | {
                "episode": self._address.episode,
                "t": self._address.t + 1,
                "seed": self._seed,
                "reason": "terminated" if terminated else "truncated",
                "episode_return": total,
                "score": self.task.score(total),
            }
        )


def _started(task: Task, name: str, layers: tuple[str, ...], sizes: Sizes) -> RunStarted:
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable() or name == OURS:
        raise ValueError(
            f"name is {name!r:.80}: give 1 to 64 printable characters, other than {OURS}"
        )
    return RunStarted(
        **blank("RunStarted", sizes)
        | {
            "format_version": FORMAT_VERSION,
            "origin": name,
            "task": task.name,
            "task_facts": task_json(task),
            "seed": NO_SEED,
            "settings": _SETTINGS.to_json(),
            "layer_names": json.dumps(layers),
            "tuned": "{}",
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": json.dumps(versions()),
            "fingerprint": "{}",
        }
    )
