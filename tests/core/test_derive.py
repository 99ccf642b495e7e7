"""Tasks derived from environments: by acting it is found out what the code cannot know."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.mujoco.inverted_pendulum_v5 import InvertedPendulumEnv
from gymnasium.spaces import Box, Dict

from core.checkpoints.task_facts import decode_task, parse_task, task_facts, task_json
from core.envs.action_range import to_environment, to_model
from core.envs.derive import derive_task, known_task
from core.envs.mujoco import Environment
from core.envs.physics import forget_derived
from core.errors import InputError
from core.tasks import TASKS, Argument, Task

FAKE = "PsiscopeTest-v0"
derived = functools.cache(derive_task)
CFRC = Argument(name="include_cfrc_ext_in_observation", value=False)


@pytest.mark.parametrize(
    ("identifier", "facts"),
    [
        ("InvertedPendulum-v5", ("invertedpendulum", 4, 1, 1000, 0.04, True, 0, False)),
        ("Swimmer-v5", ("swimmer", 8, 2, 1000, 0.04, True, 2, False)),
        ("Hopper-v4", ("Hopper-v4", 11, 3, 1000, 0.008, True, 1, False)),
        ("Reacher-v5", ("reacher", 10, 2, 50, 0.02, False, 0, True)),
        (
            "InvertedDoublePendulum-v5",
            ("inverteddoublependulum", 9, 1, 1000, 0.05, False, 0, 1),
        ),
        ("Ant-v5", ("ant", 27, 8, 1000, 0.05, True, 2, True)),
    ],
)
def test_sizes_times_and_the_meaning_of_the_state_are_found(
    identifier: str, facts: tuple[Any, ...]
) -> None:
    task = derived(identifier)
    assert facts == (
        task.name,
        task.state_size,
        task.action_size,
        task.episode_limit,
        task.seconds_per_environment_step,
        task.has_pose,
        task.missing_root,
        task.derived_quantities,
    )
    assert np.isnan(task.score(1.0))
    assert parse_task(task_json(task), "it") == task == decode_task(task_facts(task), "it")


@pytest.mark.parametrize("name", ["hopper", "walker2d", "halfcheetah"])
def test_what_is_found_is_what_is_written_by_hand(name: str) -> None:
    written, found = TASKS[name], derived(TASKS[name].environment_id)
    for fact in (
        "state_size",
        "action_size",
        "action_low",
        "episode_limit",
        "seconds_per_environment_step",
        "state_units",
        "missing_root",
        "has_pose",
        "derived_quantities",
    ):
        assert getattr(found, fact) == getattr(written, fact), fact


def test_states_and_actions_are_named_after_the_joints() -> None:
    task = derived("InvertedPendulum-v5")
    assert task.state_names == (
        "slider position",
        "hinge angle",
        "slider velocity",
        "hinge angular velocity",
    )
    assert task.state_units == ("m", "rad", "m/s", "rad/s")
    assert task.action_names == ("slide control",)
    assert derived("Ant-v5").state_names[:2] == ("root z", "root quaternion w")
    assert derived("Hopper-v4").action_names[0] == "thigh_joint control"
    assert derived("Reacher-v5").state_names[9] == "observation 9"


def test_observations_lose_forces_for_new_data_and_keep_them_for_recorded_ones() -> None:
    assert derived("Ant-v5").environment_arguments == (CFRC,)
    recorded = derive_task("Ant-v5", may_leave_out=False)
    assert (recorded.state_size, recorded.environment_arguments) == (105, ())
    assert recorded.derived_quantities
    assert not recorded.has_pose


@pytest.mark.parametrize("identifier", ["Reacher-v5", "Ant-v5"])
def test_a_moment_is_restored_with_what_the_simulator_derived(identifier: str) -> None:
    task = derived(identifier)
    one, other = Environment(task), Environment(task)
    one.reset(3)
    other.reset(77)
    actions = np.random.default_rng(0).uniform(-1, 1, (30, task.action_size))
    for action in actions[:9]:
        state = one.apply(action).next_state
    forget_derived(other.data)
    assert np.array_equal(other.restore(one.save(), 9), state)
    assert np.array_equal(other.save(), one.save())
    for action in actions[9:]:
        first, second = one.apply(action), other.apply(action)
        assert first.next_state.tobytes() == second.next_state.tobytes()
        assert (first.reward, first.terminated) == (second.reward, second.terminated)


def test_a_physics_state_of_another_body_is_refused() -> None:
    environment = Environment(derived("Swimmer-v5"))
    environment.reset(0)
    with pytest.raises(InputError, match="physics state"):
        environment.restore(environment.save()[:-1], 0)


def test_models_act_from_minus_one_to_one_whatever_the_environment_takes() -> None:
    task = derived("InvertedPendulum-v5")
    assert (task.action_low, task.action_high) == ((-3.0,), (3.0,))
    environment = Environment(task)
    environment.reset(0)
    environment.apply(np.array([0.5]))
    assert environment.data.ctrl[0] == 1.5
    actions = np.linspace(-1, 1, 7, dtype=np.float32)[:, None]
    in_range = to_environment(task, actions)
    assert in_range.dtype == np.float32
    assert (in_range.min(), in_range.max()) == (-3, 3)
    np.testing.assert_allclose(to_model(task, in_range), actions, atol=1e-7)


def test_a_known_environment_is_the_known_task_whatever_the_order_of_arguments() -> None:
    maze = TASKS["antmaze-umaze"]
    arguments = maze.environment_arguments[::-1]
    assert known_task(maze.environment_id, arguments) is maze
    assert known_task(maze.environment_id) is None
    assert known_task("Hopper-v5") is TASKS["hopper"]
    assert known_task("Hopper-v4") is None


class Pendulum(InvertedPendulumEnv):
    """What can go wrong, one at a time."""

    def __init__(self, fault: str = "", **options: Any) -> None:
        super().__init__(**options)
        self._calls, self.fault = 0, type(self).fault
        if self.fault == "parts":
            self.observation_space = Dict({"all": self.observation_space})
        if self.fault == "unbounded":
            self.action_space = Box(-np.inf, np.inf, (1,), np.float32)
        if self.fault == "huge":
            self.observation_space = Box(-1, 1, (2000,), np.float64)

    fault = ""

    def _get_obs(self) -> Any:
        self._calls += 1
        if self.fault == "breaks" and self._calls > 20:
            raise KeyError("main_body")
        remembers = self._calls * 1e-6 if self.fault == "remembers" else 0.0
        return super()._get_obs() + remembers  # type: ignore[no-untyped-call]


@pytest.fixture
def fake() -> Iterator[str]:
    gymnasium.register(id=FAKE, entry_point=Pendulum, max_episode_steps=70)
    yield FAKE
    del gymnasium.registry[FAKE]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("parts", "no flat vector"),
        ("unbounded", "finite range"),
        ("huge", "2000 numbers"),
        ("breaks", "main_body"),
        ("remembers", "cannot be put back"),
    ],
)
def test_what_cannot_be_handled_is_refused_with_the_reason(
    fake: str, fault: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pendulum, "fault", fault)
    with pytest.raises(InputError) as caught:
        derive_task(fake)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_time_limit_is_the_registry_s(fake: str) -> None:
    task = derive_task(fake)
    assert (task.name, task.episode_limit, task.state_size) == ("psiscopetest", 70, 4)
    assert isinstance(task, Task)


@pytest.mark.parametrize(
    ("identifier", "arguments", "words"),
    [
        ("CartPole-v1", (), "no MuJoCo environment"),
        ("Walker-v9", (), "gymnasium has no environment"),
        ("os:Hopper-v5", (), "gymnasium has no environment"),
        ("Hopper-v2", (), "cannot be made"),
        ("Hopper-v5", (Argument(name="xml_file", value="/etc/passwd"),), "'xml_file'"),
        ("Hopper-v5", (Argument(name="frame_skip", value=10**9),), "out of range"),
        ("Hopper-v5", (Argument(name="frame_skip", value=0),), "out of range"),
        ("Hopper-v5", (Argument(name="frame_skip", value=float("nan")),), "out of range"),
        ("Hopper-v5", (Argument(name="bogus", value=1),), "bogus"),
        ("Ant-v5", (Argument(name="main_body", value=999),), "check its arguments"),
    ],
)
def test_an_environment_that_is_none_of_mujoco_s_is_refused_in_one_line(
    identifier: str, arguments: tuple[Argument, ...], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        derive_task(identifier, arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "lie",
    [
        {"state_size": 5},
        {"action_size": 3},
        {"goal": TASKS["antmaze-umaze"].goal},
        {"maze": TASKS["antmaze-umaze"].maze},
        {"environment_arguments": (Argument(name="main_body", value=999),)},
        {"environment_id": "CartPole-v1"},
        {"environment_id": "AntMaze_UMaze-v5"},
    ],
)
def test_a_checkpoint_or_trace_that_lies_about_its_environment_is_refused(
    lie: dict[str, Any],
) -> None:
    with pytest.raises(InputError) as caught:
        Environment(dataclasses.replace(derived("Ant-v5"), **lie))
    assert "\n" not in str(caught.value)
