"""The real environment: saving and restoring are exact; what ends an episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from core.envs.mujoco import Environment, Transition
from core.tasks import TASKS, Task

HOPPER = TASKS["hopper"]
Actions = NDArray[np.float64]


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    made = Environment(HOPPER)
    yield made
    made.close()


def actions(count: int, seed: int) -> Actions:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, HOPPER.action_size))


def play(environment: Environment, chosen: Actions) -> list[bytes]:
    """What each action led to, and the physics after it, as bits."""
    return [
        _bits(environment.apply(action)) + environment.save().tobytes() for action in chosen
    ]


def _bits(transition: Transition) -> bytes:
    ends = (transition.reward, transition.terminated, transition.truncated)
    return transition.next_state.tobytes() + np.array(ends, np.float64).tobytes()


def is_alive(task: Task, state: NDArray[np.float64]) -> bool:
    return all(b.low < state[b.index] < b.high for b in task.bounds)


@pytest.mark.parametrize("seed", range(4))
def test_a_restored_moment_has_the_same_future_bit_for_bit(
    environment: Environment, seed: int
) -> None:
    environment.reset(seed)
    play(environment, actions(7 + seed, seed))
    physics, elapsed = environment.save(), environment.elapsed
    future = play(environment, actions(50, 100 + seed))

    play(environment, actions(3, 200))
    environment.restore(physics, elapsed)
    assert environment.elapsed == elapsed
    assert play(environment, actions(50, 100 + seed)) == future


def test_a_moment_goes_over_into_another_simulator_bit_for_bit(
    environment: Environment,
) -> None:
    environment.reset(5)
    play(environment, actions(9, 5))
    physics = environment.save()
    future = play(environment, actions(50, 6))
    other = Environment(HOPPER)
    other.reset(77)
    play(other, actions(21, 7))
    other.restore(physics, 9)
    assert play(other, actions(50, 6)) == future
    other.close()


def test_restoring_returns_the_state_that_was_saved(environment: Environment) -> None:
    environment.reset(1)
    before = environment.apply(actions(1, 1)[0]).next_state
    physics = environment.save()
    play(environment, actions(4, 2))
    assert np.array_equal(environment.restore(physics, 1), before)
    assert np.array_equal(environment.save(), physics)


def test_a_seed_is_a_start_state(environment: Environment) -> None:
    first = environment.reset(3)
    play(environment, actions(5, 3))
    assert np.array_equal(environment.reset(3), first)
    assert not np.array_equal(environment.reset(4), first)
    assert environment.elapsed == 0


def test_termination_is_the_bounds_rule_of_the_task(environment: Environment) -> None:
    ended = 0
    for seed in range(20):
        environment.reset(seed)
        for action in actions(200, 300 + seed):
            transition = environment.apply(action)
            assert transition.terminated is not is_alive(HOPPER, transition.next_state)
            ended += transition.terminated
            if transition.terminated:
                break
    assert ended == 20


def test_each_finite_bound_ends_an_episode_by_itself(environment: Environment) -> None:
    environment.reset(0)
    still = np.zeros(HOPPER.action_size)
    physics = environment.save()
    assert not environment.apply(still).terminated
    for coordinate, value in ((1, 0.5), (2, 0.4), (2, -0.4)):
        environment.restore(physics, 0)
        environment.data.qpos[coordinate] = value
        transition = environment.apply(still)
        assert transition.terminated
        assert not is_alive(HOPPER, transition.next_state)


def test_the_time_limit_truncates_and_never_a_step_earlier(environment: Environment) -> None:
    environment.reset(0)
    physics = environment.save()
    still = np.zeros(HOPPER.action_size)
    ends = []
    for elapsed in range(HOPPER.episode_limit - 3, HOPPER.episode_limit):
        environment.restore(physics, elapsed)
        ends.append(environment.apply(still).truncated)
    assert ends == [False, False, True]


def test_a_termination_at_the_time_limit_is_not_a_truncation(environment: Environment) -> None:
    environment.reset(0)
    before = [environment.save()]
    for action in actions(100, 0):
        if environment.apply(action).terminated:
            break
        before.append(environment.save())
    environment.restore(before[-1], HOPPER.episode_limit - 1)
    last = environment.apply(action)
    assert (last.terminated, last.truncated) == (True, False)
