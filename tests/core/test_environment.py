"""The real environment: saving and restoring are exact; what ends an episode."""

from __future__ import annotations

import gc
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.envs.mujoco import Environment, Transition
from core.tasks import TASKS, Task

HOPPER, WALKER = TASKS["hopper"], TASKS["walker2d"]
NAMES = ("hopper", "walker2d", "halfcheetah", "antmaze-umaze", "antmaze-large")
MOST_GROWTH = 4 * 2**20
"""Bytes of 120 resets and 6 simulators."""
Actions = NDArray[np.float64]


@pytest.fixture(scope="module", params=NAMES)
def environment(request: pytest.FixtureRequest) -> Iterator[Environment]:
    made = Environment(TASKS[request.param])
    yield made
    made.close()


@pytest.fixture(scope="module")
def hopper() -> Iterator[Environment]:
    made = Environment(HOPPER)
    yield made
    made.close()


def actions(count: int, seed: int, task: Task = HOPPER) -> Actions:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, task.action_size))


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


@pytest.mark.parametrize("seed", range(2))
def test_a_restored_moment_has_the_same_future_bit_for_bit(
    environment: Environment, seed: int
) -> None:
    task = environment.task
    environment.reset(seed)
    play(environment, actions(7 + seed, seed, task))
    physics, elapsed = environment.save(), environment.elapsed
    future = play(environment, actions(50, 100 + seed, task))

    play(environment, actions(3, 200, task))
    environment.restore(physics, elapsed)
    assert environment.elapsed == elapsed
    assert play(environment, actions(50, 100 + seed, task)) == future


def test_a_moment_goes_over_into_another_simulator_bit_for_bit(
    environment: Environment,
) -> None:
    task = environment.task
    environment.reset(5)
    play(environment, actions(9, 5, task))
    physics = environment.save()
    future = play(environment, actions(50, 6, task))
    other = Environment(task)
    other.reset(77)
    play(other, actions(21, 7, task))
    other.restore(physics, 9)
    assert play(other, actions(50, 6, task)) == future
    other.close()


def test_restoring_returns_the_state_that_was_saved(environment: Environment) -> None:
    environment.reset(1)
    before = environment.apply(actions(1, 1, environment.task)[0]).next_state
    physics = environment.save()
    play(environment, actions(4, 2, environment.task))
    assert np.array_equal(environment.restore(physics, 1), before)
    assert np.array_equal(environment.save(), physics)


def test_a_seed_is_a_start_state(environment: Environment) -> None:
    first = environment.reset(3)
    play(environment, actions(5, 3, environment.task))
    assert np.array_equal(environment.reset(3), first)
    assert not np.array_equal(environment.reset(4), first)
    assert environment.elapsed == 0
    assert first.shape == (environment.task.state_size,)


def test_the_time_limit_truncates_and_never_a_step_earlier(environment: Environment) -> None:
    limit = environment.task.episode_limit
    environment.reset(0)
    physics = environment.save()
    still = np.zeros(environment.task.action_size)
    ends = []
    for elapsed in range(limit - 3, limit):
        environment.restore(physics, elapsed)
        ends.append(environment.apply(still).truncated)
    assert ends == [False, False, True]


@pytest.mark.parametrize("task", [HOPPER, WALKER], ids=lambda task: task.name)
def test_termination_is_the_bounds_rule_of_the_task(task: Task) -> None:
    environment, ended = Environment(task), 0
    for seed in range(20):
        environment.reset(seed)
        for action in actions(200, 300 + seed, task):
            transition = environment.apply(action)
            assert transition.terminated is not is_alive(task, transition.next_state)
            ended += transition.terminated
            if transition.terminated:
                break
    environment.close()
    assert ended == 20


def test_a_cheetah_on_its_back_goes_on() -> None:
    cheetah = Environment(TASKS["halfcheetah"])
    cheetah.reset(0)
    cheetah.data.qpos[2] = np.pi
    ends = [cheetah.apply(action) for action in actions(100, 1, cheetah.task)]
    cheetah.close()
    assert not any(end.terminated or end.truncated for end in ends)


def test_each_finite_bound_ends_an_episode_by_itself(hopper: Environment) -> None:
    hopper.reset(0)
    still = np.zeros(HOPPER.action_size)
    physics = hopper.save()
    assert not hopper.apply(still).terminated
    for coordinate, value in ((1, 0.5), (2, 0.4), (2, -0.4)):
        hopper.restore(physics, 0)
        hopper.data.qpos[coordinate] = value
        transition = hopper.apply(still)
        assert transition.terminated
        assert not is_alive(HOPPER, transition.next_state)


def test_a_termination_at_the_time_limit_is_not_a_truncation(hopper: Environment) -> None:
    hopper.reset(0)
    before = [hopper.save()]
    for action in actions(100, 0):
        if hopper.apply(action).terminated:
            break
        before.append(hopper.save())
    hopper.restore(before[-1], HOPPER.episode_limit - 1)
    last = hopper.apply(action)
    assert (last.terminated, last.truncated) == (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_making_a_simulator_prints_nothing_and_leaves_no_file(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Environment(TASKS[name]).close()
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_many_resets_and_many_simulators_leave_the_memory_flat(
    environment: Environment,
) -> None:
    def use(count: int) -> None:
        for seed in range(count):
            environment.reset(seed)
            environment.apply(np.zeros(environment.task.action_size))
        for _ in range(count // 20):
            Environment(environment.task).close()
        gc.collect()

    use(60)
    settled = _memory()
    use(120)
    assert _memory() - settled < MOST_GROWTH


def _memory() -> int:
    """Bytes of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
