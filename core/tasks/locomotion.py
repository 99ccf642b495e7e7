"""Hopper, Walker2d and HalfCheetah: the planar bodies of D4RL's Gym-MuJoCo tasks."""

from __future__ import annotations

from core.tasks.task import Bound, Task

_ROOT = ("torso x velocity", "torso z velocity", "torso angular velocity")


def _states(height: str, joints: tuple[str, ...]) -> tuple[str, ...]:
    """[height, root angle, joint angles, root velocities, joint velocities]."""
    angles = tuple(f"{joint} angle" for joint in joints)
    velocities = tuple(f"{joint} angular velocity" for joint in joints)
    return (height, "torso angle", *angles, *_ROOT, *velocities)


def _units(joints: tuple[str, ...]) -> tuple[str, ...]:
    count = len(joints) + 1
    return ("m", *("rad",) * count, "m/s", "m/s", *("rad/s",) * count)


_HOPPER = ("thigh", "leg", "foot")
_WALKER = ("right thigh", "right leg", "right foot", "left thigh", "left leg", "left foot")
_CHEETAH = ("back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot")

HOPPER = Task(
    name="hopper",
    environment_id="Hopper-v5",
    state_size=11,
    action_size=3,
    episode_limit=1000,
    seconds_per_environment_step=0.008,
    discount=0.99,
    score_random=-20.272305,
    score_expert=3234.3,
    bounds=(
        Bound(index=0, low=0.7, width=0.01),
        Bound(index=1, low=-0.2, high=0.2, width=0.01),
        *(Bound(index=i, low=-100.0, high=100.0, width=1.0) for i in range(2, 11)),
    ),
    state_names=_states("torso height", _HOPPER),
    state_units=_units(_HOPPER),
    action_names=tuple(f"{joint} torque" for joint in _HOPPER),
    missing_root=1,
)

WALKER2D = Task(
    name="walker2d",
    environment_id="Walker2d-v5",
    state_size=17,
    action_size=6,
    episode_limit=1000,
    seconds_per_environment_step=0.008,
    discount=0.99,
    score_random=1.629008,
    score_expert=4592.3,
    bounds=(
        Bound(index=0, low=0.8, high=2.0, width=0.01),
        Bound(index=1, low=-1.0, high=1.0, width=0.01),
    ),
    state_names=_states("torso height", _WALKER),
    state_units=_units(_WALKER),
    action_names=tuple(f"{joint} torque" for joint in _WALKER),
    missing_root=1,
)

HALFCHEETAH = Task(
    name="halfcheetah",
    environment_id="HalfCheetah-v5",
    state_size=17,
    action_size=6,
    episode_limit=1000,
    seconds_per_environment_step=0.05,
    discount=0.99,
    score_random=-280.178953,
    score_expert=12135.0,
    state_names=_states("torso height", _CHEETAH),
    state_units=_units(_CHEETAH),
    action_names=tuple(f"{joint} torque" for joint in _CHEETAH),
    missing_root=1,
)
