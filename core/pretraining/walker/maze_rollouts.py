"""Many ants in a maze at once, on `mujoco.batch`: bit for bit the Gymnasium environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from core.envs.mujoco import Environment
from core.pretraining.walker.canonical_frame import Floats, uprightness
from core.pretraining.walker.journeys import Journey
from core.pretraining.walker.planner import Planner, Point
from core.pretraining.walker.walker import Walker
from core.tasks import Task

TOGETHER = 32
"""Ants at a time. No ant's path depends on the others."""
FLIPPED = 0.0
"""Uprightness below which an ant lies on its back."""
AFTER_FLIP = 50
"""Environment steps after which an episode is cut when the ant has flipped and stays so."""

Perturb = Callable[[Floats, np.random.Generator], NDArray[np.float32]]
"""What is done to an action (8,) before it is applied; the generator is the episode's own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MazeEpisode:
    """One episode of T environment steps."""

    number: int
    qpos: Floats
    """(T + 1, 15)."""
    qvel: Floats
    """(T + 1, 14)."""
    actions: NDArray[np.float32]
    """(T, 8)."""
    goals: Floats
    """(T + 1, 2) where the ant was sent at each state."""
    reached: NDArray[np.bool_]
    """(T,) whether the next state lies at goals[t]."""
    terminated: bool
    """It ended at the task's goal."""


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One ant on its way."""

    number: int
    journey: Journey
    planner: Planner
    draws: np.random.Generator
    goal: Point
    visits: int = 0
    flipped_for: int = 0
    states: list[Floats] = field(default_factory=list)
    actions: list[NDArray[np.float32]] = field(default_factory=list)
    goals: list[Point] = field(default_factory=list)
    reached: list[bool] = field(default_factory=list)


class MazeRollouts:
    """Episodes of one walker in one maze, numbered from 0; each is a pure function of its
    number."""

    def __init__(
        self,
        task: Task,
        walker: Walker,
        perturb: Perturb,
        journeys: Callable[[int], Journey],
    ) -> None:
        """journeys(number): the places and the generator of that episode."""
        self._task, self._walker, self._perturb = task, walker, perturb
        self._journeys = journeys
        environment = Environment(task)
        environment.reset(0)
        self._start = environment.save()
        self._batch = Batch(environment.model, TOGETHER, 1)
        seconds = environment.model.opt.timestep
        self._substeps = round(task.seconds_per_environment_step / seconds)
        environment.close()
        self._qpos, self._qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl = self._batch.bind("ctrl")

    def run(self, quota: int, passed: Callable[[int], Any]) -> Iterator[MazeEpisode]:
        """Finished episodes of at least `quota` transitions together, in order of their end.

        passed(n) is told of each n environment steps.
        """
        walks: dict[int, _Walk] = {}
        finished = started = 0
        while True:
            for slot in range(TOGETHER):
                planned = finished + len(walks) * self._task.episode_limit
                if slot not in walks and planned < quota:
                    walks[slot] = self._set_off(slot, started)
                    started += 1
            if not walks:
                return
            self._advance(walks)
            passed(len(walks))
            for slot in [slot for slot, walk in walks.items() if self._is_over(walk)]:
                episode = _episode(walks.pop(slot), self._state(slot))
                finished += len(episode.actions)
                yield episode

    def _set_off(self, slot: int, number: int) -> _Walk:
        journey = self._journeys(number)
        position = journey.first_place()
        self._batch.state[slot] = self._start
        self._qpos[slot, :2] = position
        goal = journey.next_goal(position, 0)
        planner = Planner(journey.maze, journey.draws, detours=journey.detours)
        planner.aim(position, goal)
        return _Walk(
            number=number, journey=journey, planner=planner, draws=journey.draws, goal=goal
        )

    def _advance(self, walks: dict[int, _Walk]) -> None:
        slots = sorted(walks)
        headings = np.array([walks[i].planner.heading(self._qpos[i, :2]) for i in slots])
        wanted = self._walker.act(self._qpos[slots], self._qvel[slots], headings)
        for slot, action in zip(slots, wanted, strict=True):
            walk = walks[slot]
            applied = self._perturb(action, walk.draws)
            self._ctrl[slot] = applied
            walk.states.append(self._state(slot))
            walk.actions.append(applied)
            walk.goals.append(walk.goal)
        self._batch.step(slots, nstep=self._substeps)
        for slot in slots:
            self._look(walks[slot], self._qpos[slot])

    def _look(self, walk: _Walk, qpos: Floats) -> None:
        position = qpos[:2].copy()
        distance = float(np.linalg.norm(position - walk.goal))
        arrived = distance <= walk.journey.goal.radius
        walk.reached.append(arrived)
        if arrived and not walk.journey.ends_at_goal:
            walk.visits += 1
            walk.goal = walk.journey.next_goal(position, walk.visits)
            walk.planner.aim(position, walk.goal)
        flipped = uprightness(qpos[None])[0] < FLIPPED
        walk.flipped_for = walk.flipped_for + 1 if flipped else 0

    def _is_over(self, walk: _Walk) -> bool:
        too_long = len(walk.actions) >= self._task.episode_limit
        return too_long or walk.flipped_for >= AFTER_FLIP or _is_there(walk)

    def _state(self, slot: int) -> Floats:
        return np.concatenate([self._qpos[slot], self._qvel[slot]])


def _is_there(walk: _Walk) -> bool:
    return walk.reached[-1] and walk.journey.ends_at_goal


def _episode(walk: _Walk, last: Floats) -> MazeEpisode:
    states = np.array([*walk.states, last])
    return MazeEpisode(
        number=walk.number,
        qpos=states[:, :15],
        qvel=states[:, 15:],
        actions=np.array(walk.actions),
        goals=np.array([*walk.goals, walk.goal]),
        reached=np.array(walk.reached),
        terminated=_is_there(walk),
    )
