"""The value field of a maze and the density of its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core.checkpoints.checkpoint import load
from core.diagnosis.value_field import (
    density_field,
    free_squares,
    square_centres,
    value_field,
)
from core.errors import CheckpointError
from core.session.session import Session
from core.settings import Settings
from core.tasks import TASKS, Task
from core.traces.trace import EpisodeStarted
from tests.checkpoint_files import small_manifest
from tests.untrained import write_untrained

UMAZE, LARGE = TASKS["antmaze-umaze"], TASKS["antmaze-large"]


def upright(state: Tensor) -> Tensor:
    """An action that says where the body stands and how."""
    return state[:, :8] / 100


def linear(state: Tensor, action: Tensor) -> Tensor:
    """x + 1000 y + a joint's angle, and what the policy did."""
    assert torch.equal(action, upright(state))
    return 100 * (state[:, 0] + 1000 * state[:, 1] + state[:, 10])


def test_the_field_is_the_critic_at_each_free_square_with_the_posture_of_the_state() -> None:
    state = np.arange(29, dtype=np.float64)
    field = value_field(UMAZE, upright, linear, state, critic_reward_scale=100.0)
    assert (field.shape, field.dtype) == (UMAZE.maze.squares, np.float32)
    centres, free = square_centres(UMAZE.maze), free_squares(UMAZE.maze)
    expected = centres[..., 0] + 1000 * centres[..., 1] + 10.0
    np.testing.assert_allclose(field[free], expected[free], rtol=1e-6)
    assert np.isnan(field[~free]).all()


@pytest.mark.parametrize("task", [UMAZE, LARGE], ids=lambda task: task.name)
def test_squares_lie_in_their_cells_from_the_top_left(task: Task) -> None:
    maze = task.maze
    centres, free = square_centres(maze), free_squares(maze)
    for row, text in enumerate(maze.rows):
        for column, cell in enumerate(text):
            part = np.s_[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            np.testing.assert_allclose(
                centres[part].mean(axis=(0, 1)), maze.centre(row, column), atol=1e-12
            )
            assert np.ptp(centres[part][..., 0]) == 3.0
            assert (free[part] == (cell == " ")).all()


def test_a_task_without_a_maze_has_no_field() -> None:
    def never(*_: Tensor) -> Tensor:
        raise AssertionError

    field = value_field(TASKS["hopper"], never, never, np.zeros(11), critic_reward_scale=1.0)
    assert field.shape == (0, 0)
    assert density_field(TASKS["hopper"], ((1.0,),)).shape == (0, 0)


def test_the_density_is_that_of_the_manifest_and_may_be_missing() -> None:
    rows, columns = UMAZE.maze.squares
    stored = tuple(tuple(1.0 / (1 + r + c) for c in range(columns)) for r in range(rows))
    np.testing.assert_array_equal(density_field(UMAZE, stored), np.float32(stored))
    assert density_field(UMAZE, ()).shape == (0, 0)


@pytest.mark.parametrize(
    ("density", "fact"),
    [
        (((0.5, 0.5),), "fits no maze"),
        (((1.5,) * 20,) * 20, "share of its data is 1.5"),
        (((-0.1,) * 20,) * 20, "share of its data is -0.1"),
    ],
)
def test_a_density_that_cannot_be_one_is_refused(
    density: tuple[tuple[float, ...], ...], fact: str
) -> None:
    values = {"task": "antmaze-umaze", "state_size": 29, "action_size": 8}
    with pytest.raises(CheckpointError, match=fact):
        small_manifest(**values, data_density=density)


def test_a_task_without_a_maze_takes_no_density() -> None:
    with pytest.raises(CheckpointError, match="fits no maze"):
        small_manifest(data_density=((1.0,),))


def test_an_episode_begins_with_the_field_of_its_start_and_without_diagnostics_with_none(
    tmp_path: Path,
) -> None:
    checkpoint = load(write_untrained(tmp_path / "umaze", UMAZE))
    settings = Settings(step_rule="plain", step_size=1e-4)
    started = Session(checkpoint, settings, seed=3).advance()
    assert isinstance(started, EpisodeStarted)
    expected = value_field(
        UMAZE,
        checkpoint.policy,
        checkpoint.critic,
        started.state,
        critic_reward_scale=UMAZE.critic_reward_scale,
    )
    np.testing.assert_array_equal(started.value_field, expected)
    assert started.data_density.shape == (0, 0)
    bare = Session(checkpoint, settings, seed=3, diagnostics=False).advance()
    assert isinstance(bare, EpisodeStarted)
    assert bare.value_field.shape == (0, 0)
