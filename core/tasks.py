"""The registry of tasks: plain data, free of torch, gymnasium and MuJoCo."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Alive means low < state[index] < high; `width` is the smooth rule's sigmoid width. All in
    the unit of the state."""

    index: int
    low: float
    high: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One environment and what the field knows of it."""

    name: str
    environment_id: str
    state_size: int
    action_size: int
    episode_limit: int
    """Environment steps until truncation."""
    seconds_per_environment_step: float
    discount: float
    score_random: float
    score_expert: float
    """D4RL's v2 reference returns (random, expert); the score stands beside the raw return."""
    bounds: tuple[Bound, ...] = ()
    state_names: tuple[str, ...] = ()
    state_units: tuple[str, ...] = ()
    action_names: tuple[str, ...] = ()
    missing_root: int = 0
    """Leading coordinates of qpos that the state leaves out (the root's x)."""
    critic_reward_scale: float = 1.0

    def score(self, episode_return: float) -> float:
        """D4RL score, 0 random .. 100 expert, against the v2 references."""
        return (
            100.0
            * (episode_return - self.score_random)
            / (self.score_expert - self.score_random)
        )


_HOPPER_STATES = (
    "torso height", "torso angle", "thigh angle", "leg angle", "foot angle",
    "torso x velocity", "torso z velocity", "torso angular velocity",
    "thigh angular velocity", "leg angular velocity", "foot angular velocity",
)  # fmt: skip

TASKS: dict[str, Task] = {
    "hopper": Task(
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
            Bound(index=0, low=0.7, high=float("inf"), width=0.01),
            Bound(index=1, low=-0.2, high=0.2, width=0.01),
            *(Bound(index=i, low=-100.0, high=100.0, width=1.0) for i in range(2, 11)),
        ),
        state_names=_HOPPER_STATES,
        state_units=(
            "m",
            "rad",
            "rad",
            "rad",
            "rad",
            "m/s",
            "m/s",
            "rad/s",
            "rad/s",
            "rad/s",
            "rad/s",
        ),
        action_names=("thigh torque", "leg torque", "foot torque"),
        missing_root=1,
    ),
}


def find_task(name: str) -> Task:
    """The task of that name; raises InputError naming the known ones."""
    try:
        return TASKS[name]
    except KeyError:
        raise InputError(
            f"there is no task {name!r}", f"known tasks: {', '.join(sorted(TASKS))}"
        ) from None
