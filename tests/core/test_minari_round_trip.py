"""Minari's own functions read what we write, and we read what they write."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path

import minari
import numpy as np
import pytest
from gymnasium.spaces import Box
from minari.data_collector.episode_buffer import EpisodeBuffer

from core.data.source import load_dataset, recipe_of
from core.envs.mujoco import Environment
from core.errors import DataError
from core.pretraining.collect import Part, collect
from core.tasks import TASKS
from tests.maze_files import FAR_OFF, NEAR, UMAZE, recorded, write

HOPPER = TASKS["hopper"]
WALKED = "psiscope/antmaze-umaze/short-v0"
HOPPED = "psiscope/hopper/short-v0"
WALKER = Part(policy="antmaze-walker", noise=0.2, start="any", goals="any", first_seed=7)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data sets go to a folder of the test's own."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def walk(transitions: int = 60) -> None:
    task = dataclasses.replace(UMAZE, episode_limit=30)
    collect(task, (WALKER,), transitions=transitions, dataset_id=WALKED)


def test_a_maze_that_we_collect_is_one_of_minaris_own_kind() -> None:
    walk()
    ours, theirs = load_dataset(WALKED, UMAZE), minari.load_dataset(WALKED)
    assert (theirs.total_episodes, theirs.total_steps) == (2, 60) == (2, len(ours))
    assert set(theirs.observation_space.spaces) == {
        "observation", "achieved_goal", "desired_goal",
    }  # fmt: skip
    for number, episode in enumerate(theirs.iterate_episodes()):
        rows = ours.episodes == number
        seen = episode.observations
        states = np.concatenate([seen["achieved_goal"], seen["observation"]], axis=1)
        assert states.dtype == seen["desired_goal"].dtype == np.float32
        assert states.shape == (31, 29)
        assert np.array_equal(states[:-1], ours.states[rows])
        assert np.array_equal(states[1:], ours.next_states[rows])
        assert np.array_equal(episode.actions, ours.actions[rows])
        assert episode.truncations.tolist() == [False] * 29 + [True]
        assert not episode.terminations.any()


def test_minari_recovers_the_environment_of_a_maze_with_our_arguments() -> None:
    walk()
    environment = minari.load_dataset(WALKED).recover_environment()
    assert environment.spec is not None
    assert environment.spec.id == UMAZE.environment_id
    assert environment.spec.max_episode_steps == 30
    observation, _ = environment.reset(seed=0)
    assert observation["observation"].shape == (27,)
    *_, truncated, _ = environment.step(np.zeros(8, np.float32))
    assert not truncated
    assert environment.unwrapped.continuing_task is False  # type: ignore[attr-defined]
    Path(environment.unwrapped.tmp_xml_file_path).unlink()  # type: ignore[attr-defined]
    environment.close()


def test_minari_recovers_the_environment_and_a_recorded_episode_happens_again() -> None:
    collect(HOPPER, (Part(policy="random"),), transitions=20, dataset_id=HOPPED)
    theirs = minari.load_dataset(HOPPED)
    environment = theirs.recover_environment()
    episode = next(iter(theirs.iterate_episodes()))
    metadata = next(iter(theirs.storage.get_episode_metadata([0])))
    states = [environment.reset(seed=metadata["seed"])[0]]
    states += [environment.step(action)[0] for action in episode.actions]
    assert np.array_equal(np.array(states), episode.observations)
    environment.close()


def test_recipe_and_digest_of_the_walker_are_stored() -> None:
    walk()
    stored = recipe_of(load_dataset(WALKED, UMAZE))
    part = stored["parts"][0]
    assert (part["policy"], part["start"], part["goals"]) == ("antmaze-walker", "any", "any")
    assert len(part["sha256"]) == 64
    assert json.loads(minari.load_dataset(WALKED).storage.metadata["psiscope_recipe"]) == stored


def test_a_maze_that_random_actions_walk_is_stored_the_same_way() -> None:
    task = dataclasses.replace(UMAZE, episode_limit=10)
    collect(task, (Part(policy="random"),), transitions=10, dataset_id=WALKED)
    dataset = load_dataset(WALKED, UMAZE)
    environment = Environment(UMAZE)
    assert np.array_equal(dataset.states[0], environment.reset(0).astype(np.float32))
    environment.close()
    goals = next(iter(minari.load_dataset(WALKED).iterate_episodes())).observations
    assert UMAZE.goal is not None
    assert (goals["desired_goal"] == (UMAZE.goal.x, UMAZE.goal.y)).all()


def test_what_minari_writes_of_a_plain_task_is_read_row_by_row() -> None:
    states = np.arange(6.0)[:, None] * np.ones(11)
    actions = np.full((5, 3), 0.5, np.float32)
    buffer = EpisodeBuffer(
        observations=list(states),
        actions=list(actions),
        rewards=[0.0, 1.0, 2.0, 3.0, 4.0],
        terminations=[False] * 4 + [True],
        truncations=[False] * 5,
        infos={},
    )
    with warnings.catch_warnings():  # it misses an author, an address, an environment
        warnings.simplefilter("ignore")
        minari.create_dataset_from_buffers(
            HOPPED,
            [buffer],
            observation_space=Box(-np.inf, np.inf, (11,)),
            action_space=Box(-1.0, 1.0, (3,)),
        )
    dataset = load_dataset(HOPPED, HOPPER)
    assert dataset.states[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert dataset.next_states[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert dataset.rewards.tolist() == [0, 1, 2, 3, 4]
    assert dataset.terminated.tolist() == [False] * 4 + [True]
    assert dataset.has_next_state.all()
    with pytest.raises(DataError, match="needs"):
        load_dataset(HOPPED, TASKS["walker2d"])


def test_episodes_that_go_on_after_a_termination_are_refused_where_no_goal_cuts_them() -> None:
    write([recorded(0, [FAR_OFF] * 4, terminations=[False, True, False])])
    blind = dataclasses.replace(UMAZE, goal=None)
    with pytest.raises(DataError, match="goes on after a termination"):
        load_dataset("psiscope/antmaze-umaze/walked-v0", blind)


def test_sets_that_minari_combines_are_read_in_order() -> None:
    for name, places in (("first", [FAR_OFF, FAR_OFF, NEAR]), ("second", [FAR_OFF] * 3)):
        write([recorded(0, places)], name=f"psiscope/antmaze-umaze/{name}-v0")
    parts = [minari.load_dataset(f"psiscope/antmaze-umaze/{n}-v0") for n in ("first", "second")]
    minari.combine_datasets(parts, "psiscope/antmaze-umaze/both-v0")
    dataset = load_dataset("psiscope/antmaze-umaze/both-v0", UMAZE)
    assert dataset.episodes.tolist() == [0, 0, 1, 1]
    assert dataset.terminated.tolist() == [False, True, False, False]
