"""A real trajectory, seen as states only, leads back to the true poses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.envs.poses import physics_layout, poses, position_size, root_path
from core.tasks import find_task

HOPPER = find_task("hopper")
HORIZON = 5
ROOT_TOLERANCE_M = 2e-3
"""Five steps of a body thrown about by random torques; a hopping policy stays within 0.6 mm."""


@pytest.fixture(scope="module")
def trajectory() -> Any:
    """(qpos, states, physics states, model) of a hopper under random torques."""
    env = gymnasium.make(HOPPER.environment_id).unwrapped
    rng = np.random.default_rng(3)
    state, _ = env.reset(seed=3)
    size = mujoco.mj_stateSize(env.model, mujoco.mjtState.mjSTATE_INTEGRATION.value)
    rows: list[tuple[Any, ...]] = []
    for _ in range(60):
        physics = np.empty(size)
        mujoco.mj_getState(
            env.model, env.data, physics, mujoco.mjtState.mjSTATE_INTEGRATION.value
        )
        rows.append((env.data.qpos.copy(), state, physics, env.data.qvel.copy()))
        state, *_ = env.step(rng.uniform(-1, 1, 3))
    qpos, states, physics_states, qvel = (np.array(part) for part in zip(*rows, strict=True))
    yield qpos, states, physics_states, qvel, env.model
    env.close()


def test_the_root_of_a_real_trajectory_is_found_again_to_two_millimetres(
    trajectory: Any,
) -> None:
    qpos, states, *_ = trajectory
    for t in range(len(qpos) - HORIZON):
        found = poses(HOPPER, states[t : t + HORIZON + 1], qpos[t, :1])
        true = qpos[t : t + HORIZON + 1]
        assert np.abs(found[:, 0] - true[:, 0]).max() < ROOT_TOLERANCE_M


def test_all_other_coordinates_of_a_real_trajectory_are_exact(trajectory: Any) -> None:
    qpos, states, *_ = trajectory
    assert np.array_equal(poses(HOPPER, states, qpos[0, :1])[:, 1:], qpos[:, 1:])


def test_positions_and_velocities_are_found_in_the_physics_state(trajectory: Any) -> None:
    qpos, _, physics, qvel, model = trajectory
    layout = physics_layout(model)
    assert layout.size == physics.shape[1]
    assert np.array_equal(physics[:, layout.qpos], qpos)
    assert np.array_equal(physics[:, layout.qvel], qvel)


def test_the_number_of_positions_follows_from_the_task(trajectory: Any) -> None:
    assert position_size(HOPPER) == trajectory[-1].nq


@given(
    velocity=st.floats(-5, 5),
    start=st.floats(-50, 50),
    shape=st.sampled_from([(), (4,), (2, 3)]),
)
def test_a_constant_velocity_moves_the_root_in_a_straight_line(
    velocity: float, start: float, shape: tuple[int, ...]
) -> None:
    states = np.zeros((*shape, HORIZON + 1, HOPPER.state_size))
    states[..., 5] = velocity
    path = root_path(HOPPER, states, start)
    seconds = HOPPER.seconds_per_environment_step * np.arange(HORIZON + 1)
    assert path.shape == (*shape, HORIZON + 1, 1)
    assert np.allclose(path[..., 0], start + velocity * seconds, atol=1e-9)


def test_states_of_another_task_are_refused() -> None:
    with pytest.raises(ValueError, match="hopper has 11"):
        poses(HOPPER, np.zeros((6, 17)))


def test_the_window_gets_poses_without_torch_and_without_mujoco() -> None:
    program = (
        "import sys, core.envs.poses;"
        "print([name for name in ('torch', 'mujoco') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
