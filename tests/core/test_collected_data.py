"""Collecting: what is read back is what happened, whoever reads it; what is there is kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minari
import numpy as np
import pytest
import torch

from core.checkpoints.importers import read_sb3_policy
from core.data.dataset import OfflineDataset
from core.data.source import load_dataset, recipe_of
from core.envs.mujoco import Environment, Transition
from core.errors import DataError
from core.pretraining.collect import Part, collect
from core.tasks import TASKS
from tests.sb3_archives import sac_tensors, write_archive

HOPPER = TASKS["hopper"]
ID = "psiscope/hopper/random-v0"
RANDOM = Part(policy="random", first_seed=40)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data sets go to a folder of the test's own."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def collected(
    *parts: Part, transitions: int = 60, seed: int = 0, name: str = ID
) -> OfflineDataset:
    collect(HOPPER, parts or (RANDOM,), transitions=transitions, dataset_id=name, seed=seed)
    return load_dataset(name, HOPPER)


def test_what_is_read_back_is_what_the_simulator_does() -> None:
    written = collect(HOPPER, (RANDOM,), transitions=300, dataset_id=ID)
    dataset = load_dataset(ID, HOPPER)
    assert len(dataset) == written >= 300
    assert dataset.has_next_state.all()
    environment = Environment(HOPPER)
    for row in range(len(dataset)):
        if row in dataset.starts:
            state = environment.reset(40 + int(dataset.episodes[row]))
        assert np.array_equal(dataset.states[row], state.astype(np.float32))
        transition = environment.apply(dataset.actions[row])
        state = transition.next_state
        assert np.array_equal(dataset.next_states[row], state.astype(np.float32))
        assert dataset.rewards[row] == np.float32(transition.reward)
        assert dataset.terminated[row] == transition.terminated
        assert dataset.has_next_action[row] == (not transition.terminated)
    environment.close()


def test_minaris_own_reader_finds_whole_episodes() -> None:
    ours = collected(transitions=100)
    theirs = minari.load_dataset(ID)
    assert theirs.total_steps == len(ours)
    assert theirs.total_episodes == len(ours.starts)
    assert theirs.spec.env_spec is not None
    assert theirs.spec.env_spec.id == HOPPER.environment_id
    for number, episode in enumerate(theirs.iterate_episodes()):
        rows = ours.episodes == number
        assert len(episode.observations) == rows.sum() + 1
        assert np.array_equal(episode.observations[:-1].astype(np.float32), ours.states[rows])
        assert np.array_equal(episode.actions, ours.actions[rows])
        assert episode.terminations[-1]
        assert not episode.terminations[:-1].any()
        assert not episode.truncations.any()


def test_the_same_recipe_and_seed_give_the_same_arrays() -> None:
    digests = [
        collected(seed=seed, name=f"psiscope/hopper/random-v{number}").digest
        for number, seed in enumerate((0, 0, 1))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_parts_share_the_transitions_by_their_weights(place: Path) -> None:
    archive = write_archive(place / "walker.zip", sac_tensors())
    policy = Part(policy=str(archive), share=3.0, first_seed=7)
    dataset = collected(RANDOM, policy, transitions=400)
    with torch.inference_mode():
        chosen = read_sb3_policy(archive)(torch.from_numpy(dataset.states.copy())).numpy()
    own = np.isclose(dataset.actions, chosen, atol=1e-5).all(axis=1)
    first = int(np.flatnonzero(own)[0])
    assert own[first:].all()
    assert 100 <= first < 200
    assert 300 <= len(dataset) - first < 500


def test_noise_and_random_actions_stay_inside_the_bounds(place: Path) -> None:
    archive = write_archive(place / "walker.zip", sac_tensors())
    noisy = Part(policy=str(archive), noise=2.0, random_share=0.3)
    dataset = collected(noisy, transitions=100)
    assert (np.abs(dataset.actions) <= 1.0).all()
    assert (np.abs(dataset.actions) == 1.0).any()


def test_the_recipe_and_the_digests_of_the_policies_are_stored(place: Path) -> None:
    archive = write_archive(place / "walker.zip", sac_tensors())
    policy = Part(policy=str(archive), noise=0.1, share=2.0)
    stored = recipe_of(collected(RANDOM, policy, seed=5))
    assert stored["seed"] == 5
    random, walker = stored["parts"]
    assert random["policy"] == "random"
    assert "sha256" not in random
    assert (walker["policy"], walker["noise"], walker["share"]) == ("walker.zip", 0.1, 2.0)
    assert walker["sha256"] == read_sb3_policy(archive).sha256
    metadata = minari.load_dataset(ID).storage.metadata
    assert json.loads(metadata["psiscope_recipe"]) == stored
    assert str(place) not in metadata["psiscope_recipe"]


def test_a_taken_id_is_refused_and_what_is_there_stays() -> None:
    before = collected().digest
    with pytest.raises(DataError, match="already"):
        collect(HOPPER, (RANDOM,), transitions=10, dataset_id=ID)
    assert load_dataset(ID, HOPPER).digest == before


@pytest.mark.parametrize("name", ["", "hopper", "psiscope/hopper/random", "../up-v0", "a b-v0"])
def test_a_malformed_id_is_refused(place: Path, name: str) -> None:
    with pytest.raises(DataError):
        collect(HOPPER, (RANDOM,), transitions=10, dataset_id=name)
    assert not list(place.rglob("*.hdf5"))


def interrupted_after(count: int) -> Callable[[Environment, Any], Transition]:
    """Environment.apply, and Ctrl+C after so many environment steps."""
    apply, calls = Environment.apply, iter(range(count))

    def stopped(self: Environment, action: Any) -> Transition:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return apply(self, action)

    return stopped


def test_ctrl_c_keeps_the_finished_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = collected(transitions=100, name="psiscope/hopper/whole-v0")
    monkeypatch.setattr(Environment, "apply", interrupted_after(int(whole.starts[3]) + 2))
    kept = collected(transitions=10_000)
    assert len(kept) == whole.starts[3]
    assert np.array_equal(kept.states, whole.states[: len(kept)])
    assert kept.terminated[-1]


def test_ctrl_c_in_the_first_episode_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "apply", interrupted_after(3))
    with pytest.raises(DataError, match="no episode was finished"):
        collect(HOPPER, (RANDOM,), transitions=100, dataset_id=ID)
    assert not list(place.rglob("*.hdf5"))


def test_a_failed_write_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minari.dataset.minari_storage.MinariStorage.update_metadata", fail)
    with pytest.raises((OSError, DataError)):
        collect(HOPPER, (RANDOM,), transitions=10, dataset_id=ID)
    assert not list(place.rglob("*.hdf5"))


def test_a_data_set_that_is_missing_or_of_another_task_is_refused_in_one_line() -> None:
    collected()
    giant = dataclasses.replace(HOPPER, name="giant", state_size=17)
    for name, task in (("psiscope/hopper/missing-v0", HOPPER), (ID, giant)):
        with pytest.raises(DataError) as caught:
            load_dataset(name, task)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
