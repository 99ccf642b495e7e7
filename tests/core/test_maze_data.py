"""Data of a maze: one goal, found from the next place; ends are goals, never time limits."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from minari.data_collector.episode_buffer import EpisodeBuffer

from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.data.mazes import data_density
from core.data.source import load_dataset
from core.errors import DataError
from core.tasks import TASKS
from tests.maze_files import FAR_OFF, GOAL, ID, NEAR, UMAZE, Places, recorded, write

BEFORE = (-4.0 + 0.5, -4.0)
"""Just outside the goal's radius."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data sets go to a folder of the test's own."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def loaded(*walks: EpisodeBuffer, width: int = 27) -> OfflineDataset:
    write(walks, width=width)
    return load_dataset(ID, UMAZE)


def walked(places: Places) -> OfflineDataset:
    return loaded(recorded(0, places))


def test_the_row_whose_next_place_is_the_goal_is_rewarded_and_ends_the_episode() -> None:
    dataset = walked([FAR_OFF, BEFORE, NEAR])
    assert dataset.rewards.tolist() == [0.0, 1.0]
    assert dataset.terminated.tolist() == [False, True]
    assert dataset.has_next_state.all()
    assert dataset.next_states[1, :2] == pytest.approx(NEAR)
    assert dataset.has_next_action.tolist() == [True, False]


def test_the_radius_is_the_tasks() -> None:
    for x, reward in ((-4.0 + 0.4499, 1.0), (-4.0 + 0.4501, 0.0)):
        name = f"psiscope/antmaze-umaze/near{x:.4f}".replace(".", "") + "-v0"
        write([recorded(0, [BEFORE, (x, -4.0)])], name=name)
        assert load_dataset(name, UMAZE).rewards.tolist() == [reward]


def test_rows_that_start_at_the_goal_are_left_out_and_the_rest_is_another_episode() -> None:
    dataset = walked([FAR_OFF, NEAR, GOAL, NEAR, BEFORE, FAR_OFF, BEFORE, NEAR, BEFORE])
    assert dataset.states[:, 3].tolist() == [0, 4, 5, 6]
    assert dataset.next_states[:, 3].tolist() == [1, 5, 6, 7]
    assert dataset.episodes.tolist() == [0, 1, 1, 1]
    assert dataset.terminated.tolist() == [True, False, False, True]
    assert dataset.rewards.tolist() == [1, 0, 0, 1]
    assert dataset.episode_returns.tolist() == [1, 1]


def test_an_episode_that_starts_at_the_goal_starts_where_it_leaves_it() -> None:
    dataset = walked([GOAL, NEAR, BEFORE, FAR_OFF])
    assert dataset.states[:, 3].tolist() == [2]
    assert not dataset.rewards.any()


def test_a_time_limit_is_no_termination_even_beside_the_goal() -> None:
    dataset = walked([FAR_OFF, BEFORE, BEFORE])
    assert not dataset.terminated.any()
    assert dataset.has_next_state.all()
    assert dataset.has_next_action.tolist() == [True, False]


def test_what_the_source_says_of_rewards_and_ends_is_not_read() -> None:
    elsewhere = {"rewards": [0.0, 1.0], "terminations": [False, True]}
    dataset = loaded(recorded(0, [FAR_OFF, BEFORE, FAR_OFF], **elsewhere))
    assert not dataset.rewards.any()
    assert not dataset.terminated.any()


def test_a_set_that_goes_on_after_its_own_goal_stays_whole() -> None:
    goes_on = {"rewards": [1.0, 1.0, 0.0], "terminations": [True, True, False]}
    dataset = loaded(recorded(0, [FAR_OFF, FAR_OFF, BEFORE, BEFORE], **goes_on))
    assert len(dataset.starts) == 1
    assert not dataset.terminated.any()


def test_the_goal_that_an_observation_shows_does_not_matter() -> None:
    """With reset_target the row of arrival still shows the goal just left."""
    places = [FAR_OFF, BEFORE, NEAR, BEFORE, FAR_OFF]
    goals = np.array([GOAL, GOAL, GOAL, FAR_OFF, FAR_OFF])
    walk = recorded(0, places, rewards=[0.0, 0.0, 1.0, 0.0])
    assert isinstance(walk.observations, dict)
    walk.observations["desired_goal"] = goals
    plain = walked(places)
    write([walk], name="psiscope/antmaze-umaze/shown-v0")
    shown = load_dataset("psiscope/antmaze-umaze/shown-v0", UMAZE)
    assert shown.digest == plain.digest
    assert shown.rewards.tolist() == [0.0, 1.0, 0.0]


def test_no_transition_crosses_an_episode_or_a_cut() -> None:
    walks = [recorded(i, [FAR_OFF, BEFORE, NEAR, BEFORE, FAR_OFF]) for i in range(3)]
    dataset = loaded(*walks)
    assert (dataset.states[:, 2] == dataset.next_states[:, 2]).all()
    assert (dataset.next_states[:, 3] == dataset.states[:, 3] + 1).all()
    following = dataset.has_next_action[:-1]
    assert (dataset.next_states[:-1] == dataset.states[1:]).all(axis=1)[following].all()
    assert (np.diff(dataset.episodes) == ~following).all()


@pytest.mark.parametrize("width", [27, 105])
def test_the_state_is_place_then_27_numbers_and_contact_forces_are_dropped(width: int) -> None:
    walk = recorded(0, [FAR_OFF, BEFORE], width=width)
    assert isinstance(walk.observations, dict)
    walk.observations["observation"] = np.arange(2.0 * width).reshape(2, width)
    dataset = loaded(walk, width=width)
    assert dataset.states[0].tolist() == [*FAR_OFF, *range(27)]
    assert dataset.next_states[0, 2:].tolist() == list(range(width, width + 27))


def test_a_maze_of_another_observation_is_refused_in_one_line() -> None:
    with pytest.raises(DataError, match=r"27 or 105") as caught:
        loaded(recorded(0, [FAR_OFF, BEFORE], width=30), width=30)
    assert "\n" not in str(caught.value)


def flat(path: Path, shift: float) -> Path:
    """D4RL's layout: rows of 29 numbers."""
    rows = np.zeros((6, 29))
    rows[:, :2] = np.linspace(FAR_OFF, GOAL, 6) + shift
    with h5py.File(path, "w") as file:
        file["observations"], file["actions"] = rows, np.zeros((6, 8))
        file["rewards"] = np.array([0, 0, 0, 0, 0, 1.0])
        file["terminals"], file["timeouts"] = np.zeros(6, bool), np.arange(6) == 5
    return path


def test_a_flat_file_in_the_mazes_own_frame_is_read(place: Path) -> None:
    dataset = load_dataset(str(flat(place / "flat.hdf5", 0.0)), UMAZE)
    assert dataset.has_next_state.tolist() == [True] * 5
    assert dataset.rewards.tolist() == [0, 0, 0, 0, 1]
    assert dataset.terminated.tolist() == [False, False, False, False, True]


def test_d4rls_own_frame_and_another_maze_are_refused_with_the_reason(place: Path) -> None:
    with pytest.raises(DataError, match=r"lie in walls of antmaze-umaze.*D4RL"):
        load_dataset(str(flat(place / "flat.hdf5", 4.0)), UMAZE)
    write([recorded(0, [(-2.0, -2.0), (-2.1, -2.0)])])
    with pytest.raises(DataError, match="lie in walls of antmaze-medium"):
        load_dataset(ID, TASKS["antmaze-medium"])


def test_the_density_counts_rows_by_squares_from_the_top_left() -> None:
    states = np.zeros((4, 29))
    states[:, :2] = [(-9.7, 9.7), (-9.1, 9.1), (-30.0, 30.0), (9.6, -9.6)]
    zeros = np.zeros((4, 8))
    episode = Episode(states=states, actions=zeros, rewards=zeros[:, 0], terminated=False)
    density = np.array(data_density(from_episodes("x", UMAZE, [episode]), UMAZE))
    assert density.shape == (20, 20)
    assert density[0, 0] == pytest.approx(0.75)
    assert density[19, 19] == pytest.approx(0.25)
    assert density.sum() == pytest.approx(1.0)


def test_a_task_without_a_maze_has_no_density() -> None:
    dataset = walked([FAR_OFF, BEFORE])
    assert data_density(dataset, TASKS["hopper"]) == ()
