"""Find out by acting what an environment's observations are, and whether it can be restored."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from core.envs.mujoco import Environment, Transition, Vector
from core.envs.physics import forget_derived
from core.seeding import generator
from core.tasks import Task

_FREE, _SLIDE, _HINGE = (
    int(mujoco.mjtJoint.mjJNT_FREE),
    int(mujoco.mjtJoint.mjJNT_SLIDE),
    int(mujoco.mjtJoint.mjJNT_HINGE),
)
STEPS = 180
"""Environment steps of a probe, over as many episodes as they take."""
LONGEST = 60
"""Environment steps of one episode of a probe."""
APART = 7
"""Environment steps between two moments that are restored elsewhere."""
MOST_MISSING = 16
_SPOILING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a probe showed."""

    seconds: float
    """Simulated time of an environment step."""
    same_state: bool
    """A restored moment had the same state, bit for bit."""
    same_future: bool
    """So had the environment steps after it, with their rewards and ends."""
    missing_root: int | None
    """The state is [qpos[missing_root:], qvel]; None: it is something else."""


class _Rows:
    def __init__(self) -> None:
        self.states: list[Vector] = []
        self.positions: list[Vector] = []
        self.velocities: list[Vector] = []

    def add(self, environment: Environment, state: Vector) -> None:
        self.states.append(np.array(state))
        self.positions.append(np.array(environment.data.qpos))
        self.velocities.append(np.array(environment.data.qvel))


def probe(task: Task) -> Found:
    """Act in one simulator, restore its moments in another one, and compare bits."""
    real, copy = Environment(task), Environment(task)
    rows, same_state, same_future, seconds = _Rows(), True, True, 0.0
    draws = generator(0, "probe")
    taken = episode = 0
    while taken < STEPS:
        rows.add(real, real.reset(episode))
        copy.reset(1000 + episode)
        clock = float(real.data.time)
        for t in range(LONGEST):
            action = _action(task, episode, draws)
            if t % APART == 0:
                _spoil(copy, task, draws)
                state = copy.restore(real.save(), real.elapsed)
                same_state &= state.tobytes() == rows.states[-1].tobytes()
            first, second = real.apply(action), copy.apply(action)
            same_future &= _bits(first) == _bits(second)
            rows.add(real, first.next_state)
            taken += 1
            seconds = seconds or float(real.data.time) - clock
            if first.terminated:
                break
        episode += 1
    missing = _missing_root(real, rows)
    real.close()
    copy.close()
    return Found(
        seconds=round(seconds, 9),
        same_state=same_state,
        same_future=same_future,
        missing_root=missing,
    )


def _action(task: Task, episode: int, draws: np.random.Generator) -> NDArray[np.float64]:
    """Random ones; in every third episode each joint is driven to its end."""
    drawn = draws.uniform(-1.0, 1.0, task.action_size)
    held = np.where(np.arange(task.action_size) % 2 == episode // 3 % 2, 1.0, -1.0)
    return held if episode % 3 == 2 else drawn


def _spoil(copy: Environment, task: Task, draws: np.random.Generator) -> None:
    """Whatever the copy remembered must be gone; what MuJoCo derived is then NaN."""
    for _ in range(_SPOILING):
        if copy.apply(draws.uniform(-1.0, 1.0, task.action_size)).terminated:
            copy.reset(2000)
    forget_derived(copy.data)


def _bits(transition: Transition) -> bytes:
    ends = (transition.reward, transition.terminated, transition.truncated)
    return transition.next_state.tobytes() + np.array(ends, np.float64).tobytes()


def _missing_root(environment: Environment, rows: _Rows) -> int | None:
    model = environment.model
    states, positions = np.array(rows.states), np.array(rows.positions)
    missing = int(model.nq + model.nv - states.shape[1])
    if not 0 <= missing < min(model.nq, MOST_MISSING) or not _root_fits(model, missing):
        return None
    seen = model.nq - missing
    velocities = np.array(rows.velocities)
    largest = np.abs(states[:, seen:]).max()
    same = np.array_equal(states[:, :seen], positions[:, missing:]) and np.array_equal(
        states[:, seen:], np.clip(velocities, -largest, largest)
    )
    return missing if same else None


def _root_fits(model: mujoco.MjModel, missing: int) -> bool:
    """Whether each position has one velocity, a free joint at the root aside."""
    kinds = [int(kind) for kind in model.jnt_type]
    free = bool(kinds) and kinds[0] == _FREE
    rest = kinds[1:] if free else kinds
    return all(kind in (_SLIDE, _HINGE) for kind in rest) and (not free or missing <= 3)
