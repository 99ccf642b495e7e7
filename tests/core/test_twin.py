"""The frozen twin is the run of the frozen controller, whatever stands beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.adaptation.controllers import make_controller
from core.checkpoints.checkpoint import Checkpoint, load
from core.envs.mujoco import Environment
from core.evaluation.episode import run_episode
from core.evaluation.plan import Unit
from core.session.session import Session
from core.session.twin import FrozenTwin
from core.settings import Settings
from core.traces.trace import EnvironmentStep, EpisodeEnded
from core.traces.verify import compare_records
from tests.runnable_checkpoint import write_runnable

FROZEN = Settings(controller="frozen")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path: Path = tmp_path_factory.mktemp("checkpoint") / "tiny"
    return load(write_runnable(path))


@pytest.fixture
def twin(checkpoint: Checkpoint) -> FrozenTwin:
    return FrozenTwin(checkpoint.task, checkpoint.policy)


def frozen_episode(checkpoint: Checkpoint, seed: int) -> tuple[float, int]:
    episode = run_episode(
        make_controller(checkpoint, FROZEN), Environment(checkpoint.task), Unit("frozen", seed)
    )
    return episode.episode_return, episode.length


@pytest.mark.parametrize("seed", [0, 8])
def test_the_twin_is_the_frozen_controllers_episode_bit_for_bit(
    checkpoint: Checkpoint, twin: FrozenTwin, seed: int
) -> None:
    twin.reset(seed)
    twin.finish()
    assert (twin.episode_return, twin.length) == frozen_episode(checkpoint, seed)
    assert not twin.alive


def test_an_adaptive_session_reports_the_frozen_episode_of_its_seed(
    checkpoint: Checkpoint,
) -> None:
    settings = Settings(horizon=1, particles=1, denoising_levels=1)
    session = Session(checkpoint, settings, seed=3)
    records = iter(session.advance, None)
    ended = next(record for record in records if isinstance(record, EpisodeEnded))
    assert (ended.frozen_return, ended.frozen_length) == frozen_episode(checkpoint, 3)


def test_nothing_happens_to_the_twin_after_its_end(twin: FrozenTwin) -> None:
    twin.reset(0)
    twin.finish()
    before = (twin.episode_return, twin.length, twin.state.tobytes(), twin.save().tobytes())
    twin.apply()
    twin.finish()
    after = (twin.episode_return, twin.length, twin.state.tobytes(), twin.save().tobytes())
    assert after == before


def test_a_restored_twin_goes_on_bit_for_bit(checkpoint: Checkpoint, twin: FrozenTwin) -> None:
    twin.reset(2)
    for _ in range(5):
        twin.apply()
    saved = (twin.save(), twin.state, twin.length, twin.episode_return)
    twin.finish()
    other = FrozenTwin(checkpoint.task, checkpoint.policy)
    other.reset(99)
    physics, state, length, episode_return = saved
    other.restore(physics, state, length=length, episode_return=episode_return, alive=True)
    other.finish()
    assert (other.episode_return, other.length) == (twin.episode_return, twin.length)
    assert np.array_equal(other.state, twin.state)


@pytest.mark.parametrize("ended", [False, True])
def test_a_snapshot_holds_the_twin_ended_or_not(checkpoint: Checkpoint, ended: bool) -> None:
    settings = Settings(horizon=1, particles=1, denoising_levels=1)
    session, other = (Session(checkpoint, settings, seed=seed) for seed in (3, 4))
    while not isinstance(session.advance(), EnvironmentStep):
        pass
    if ended:
        session._reality.twin.finish()
    other.restore(session.snapshot())
    assert other._reality.twin.alive == (not ended)
    restored, snapshot = other.snapshot(), session.snapshot()
    assert compare_records(snapshot, restored, 1) is None


def test_a_reset_forgets_the_last_episode(checkpoint: Checkpoint, twin: FrozenTwin) -> None:
    twin.reset(1)
    twin.finish()
    twin.reset(4)
    assert (twin.episode_return, twin.length, twin.alive) == (0.0, 0, True)
    twin.finish()
    assert (twin.episode_return, twin.length) == frozen_episode(checkpoint, 4)
