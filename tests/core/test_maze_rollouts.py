"""Many ants at once are the Gymnasium environment bit for bit; they go where they should."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.source import load_dataset
from core.envs.mujoco import Environment
from core.envs.poses import physics_layout
from core.errors import DataError
from core.pretraining.collect import collect
from core.pretraining.episodes import Recorded
from core.pretraining.parts import Part
from core.pretraining.walker import maze_rollouts
from core.pretraining.walker.canonical_frame import uprightness
from core.pretraining.walker.journeys import APART, NEAR, SPREAD, Journey, journey
from core.pretraining.walker.maze_rollouts import AFTER_FLIP as AFTER
from core.pretraining.walker.maze_rollouts import MazeRollouts
from core.pretraining.walker.planner import cell_of, free_cells
from core.pretraining.walker.walker import read_walker
from core.pretraining.walker.walks import Walks
from core.seeding import generator
from core.tasks import TASKS

UMAZE = TASKS["antmaze-umaze"]
assert UMAZE.maze is not None
MAZE = UMAZE.maze
GOAL = np.array(MAZE.centre(*MAZE.goal))
WALKER = Part(policy="antmaze-walker", noise=0.2, first_seed=500)


def ignore(_passed: int) -> None:
    """Nobody counts."""


def walks(
    quota: int, *, limit: int = 700, seed: int = 0, part: Part = WALKER, **changes: str
) -> list[Recorded]:
    """Episodes of `limit` environment steps at most, by their seed."""
    task = dataclasses.replace(UMAZE, episode_limit=limit)
    part = dataclasses.replace(part, **changes)  # type: ignore[arg-type]
    episodes = Walks(task, part, seed, 0).episodes(quota, ignore)
    return sorted(episodes, key=lambda episode: episode.seed)


def places(start: str, goals: str, number: int = 0) -> Journey:
    return journey(UMAZE, start, goals, generator(0, "test", number))


def test_a_batch_is_bit_for_bit_the_gymnasium_environment() -> None:
    def act(action: np.ndarray, draws: np.random.Generator) -> np.ndarray:
        noisy = action + 0.2 * draws.standard_normal(8)
        return np.clip(noisy, -1, 1).astype(np.float32)

    task = dataclasses.replace(UMAZE, episode_limit=80)
    rollouts = MazeRollouts(task, read_walker(), act, lambda i: places("any", "any", i))
    environment = Environment(UMAZE)
    layout = physics_layout(environment.model)
    environment.reset(0)
    start = environment.save()
    for episode in rollouts.run(160, ignore):
        physics = start.copy()
        physics[layout.qpos][:2] = episode.qpos[0, :2]
        states = [environment.restore(physics, 0)]
        states += [environment.apply(action).next_state for action in episode.actions]
        recorded = np.concatenate([episode.qpos, episode.qvel], axis=1)
        assert np.array_equal(np.array(states), recorded)
    environment.close()


def test_an_episode_does_not_depend_on_who_walks_beside_it() -> None:
    alone, among = walks(1, limit=60), walks(300, limit=60)
    assert len(alone) == 1
    assert len(among) == 5
    assert np.array_equal(alone[0].states, among[0].states)
    assert len({episode.states.tobytes() for episode in among}) == 5
    other = walks(1, limit=60, seed=1)[0]
    assert not np.array_equal(other.states, alone[0].states)


def test_episodes_are_numbered_by_their_seeds_and_reach_the_quota() -> None:
    passed: list[int] = []
    task = dataclasses.replace(UMAZE, episode_limit=20)
    episodes = list(Walks(task, WALKER, 0, 0).episodes(680, passed.append))
    assert sorted(episode.seed for episode in episodes) == list(range(500, 534))
    assert sum(passed) == sum(len(episode.rewards) for episode in episodes) == 680


def test_a_fixed_start_is_the_tasks_and_any_start_is_any_cell_but_the_goals() -> None:
    spots = np.array([places("fixed", "far", i).first_place() for i in range(100)])
    assert (np.abs(spots - MAZE.centre(*MAZE.start)) <= SPREAD).all()
    cells = {cell_of(MAZE, *places("any", "far", i).first_place()) for i in range(100)}
    assert cells == set(free_cells(MAZE)) - {MAZE.goal}


def test_whoever_starts_near_the_goal_is_beside_it_and_is_sent_to_it() -> None:
    for number in range(100):
        there = places("near", "task", number)
        position = there.first_place()
        assert 0.45 < np.linalg.norm(position - GOAL) <= 2**0.5 * NEAR
        assert np.array_equal(there.next_goal(position, 0), GOAL)


def test_far_goals_are_the_goals_cell_and_the_start_cell_in_turn() -> None:
    there = places("fixed", "far")
    position = there.first_place()
    for visits in range(6):
        position = there.next_goal(position, visits)
        assert cell_of(MAZE, *position) == (MAZE.start if visits % 2 else MAZE.goal)


@pytest.mark.parametrize("goals", ["far", "play", "any"])
def test_the_next_goal_is_another_place(goals: str) -> None:
    for number in range(50):
        there = places("any", goals, number)
        position = there.first_place()
        goal = there.next_goal(position, 0)
        assert np.linalg.norm(goal - position) > APART


def test_the_tasks_episode_ends_at_the_goal_and_is_terminated() -> None:
    episode = walks(1, goals="task", start="fixed")[0]
    distance = np.linalg.norm(episode.states[:, :2] - GOAL, axis=1)
    assert episode.terminated
    assert len(episode.rewards) < 700
    assert distance[-1] <= 0.45
    assert (distance[:-1] > 0.45).all()
    assert episode.rewards.tolist() == [0.0] * (len(episode.rewards) - 1) + [1.0]


def test_on_arrival_there_is_a_new_goal_until_the_time_limit() -> None:
    episode = walks(1, goals="far")[0]
    assert episode.goals is not None
    arrivals = np.flatnonzero(episode.rewards)
    assert len(episode.rewards) == 700
    assert not episode.terminated
    assert len(arrivals) >= 1
    changes = np.flatnonzero((np.diff(episode.goals, axis=0) != 0).any(axis=1))
    assert changes.tolist() == arrivals.tolist()
    for t in arrivals:
        assert np.linalg.norm(episode.states[t + 1, :2] - episode.goals[t]) <= 0.45 + 1e-6


def test_an_episode_is_cut_50_environment_steps_after_the_ant_flipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here an ant that hardly leans counts as flipped."""
    monkeypatch.setattr(maze_rollouts, "FLIPPED", 0.999)
    episode = walks(1, limit=200)[0]
    assert maze_rollouts.AFTER_FLIP == 50
    assert AFTER <= len(episode.rewards) < 200
    leans = uprightness(episode.states[1:].astype(np.float64)) < 0.999
    assert leans[-AFTER:].all()
    assert not leans[-AFTER - 1 : -AFTER].any()
    assert not episode.terminated


def test_who_gets_up_again_walks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maze_rollouts, "FLIPPED", 0.98)
    monkeypatch.setattr(maze_rollouts, "AFTER_FLIP", 40)
    episode = walks(1, limit=100)[0]
    leans = uprightness(episode.states[1:].astype(np.float64)) < 0.98
    assert leans.any()
    assert len(episode.rewards) == 100


def test_ctrl_c_keeps_the_finished_episodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    advance, calls = MazeRollouts._advance, iter(range(15))

    def interrupted(self: MazeRollouts, walks: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        advance(self, walks)

    monkeypatch.setattr(MazeRollouts, "_advance", interrupted)
    task = dataclasses.replace(UMAZE, episode_limit=10)
    name = "psiscope/antmaze-umaze/cut-v0"
    written = collect(task, (WALKER,), transitions=340, dataset_id=name)
    assert written == 320
    assert len(load_dataset(name, UMAZE)) == 320


@pytest.mark.parametrize(
    ("task", "start", "goals"),
    [("hopper", "any", "any"), ("antmaze-umaze", "here", "any"), ("antmaze-umaze", "any", "")],
)
def test_another_task_or_word_is_refused(task: str, start: str, goals: str) -> None:
    part = dataclasses.replace(WALKER, start=start, goals=goals)
    with pytest.raises(DataError) as caught:
        Walks(TASKS[task], part, 0, 0)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
