"""What the field knows of one environment: plain data, free of torch, gymnasium and MuJoCo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LARGEST_SIZE = 1024
"""Numbers of a state or an action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Alive means low < state[index] < high; `width` is the smooth rule's sigmoid width. All in
    the unit of the state."""

    index: int
    low: float = -float("inf")
    high: float = float("inf")
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A place to reach: the reward is 1 where the next (x, y), the first two numbers of the
    state, lies within `radius`, and the episode ends there. All in m."""

    x: float
    y: float
    radius: float = 0.45
    width: float = 0.1
    """Sigmoid width of the smooth reward and survival that the imagination uses."""


SQUARES = 4
"""Along the edge of a maze's cell: fields over a maze have one value a square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maze:
    """Walls as the environment has them, for start cells and the map from above."""

    rows: tuple[str, ...]
    """One text a row, from the top (largest y); `#` is a wall, a blank is free."""
    cell: float = 4.0
    """Edge of a cell, m. The maze is centred on (0, 0)."""
    start: tuple[int, int] = (1, 1)
    """Row and column of the cell an episode starts in (+-1 m of uniform noise)."""
    goal: tuple[int, int] = (1, 1)
    """Row and column of the goal's cell."""

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """(x, y) of a cell's centre, m."""
        width, height = len(self.rows[0]) * self.cell, len(self.rows) * self.cell
        return (column + 0.5) * self.cell - width / 2, height / 2 - (row + 0.5) * self.cell

    @property
    def squares(self) -> tuple[int, int]:
        """Rows and columns of a field over the maze: SQUARES to the edge of a cell."""
        return SQUARES * len(self.rows), SQUARES * len(self.rows[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A keyword argument of gymnasium.make: a number, text or truth value."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One environment and what the field knows of it."""

    name: str
    environment_id: str
    """An id of gymnasium's registry."""
    environment_arguments: tuple[Argument, ...] = ()
    state_size: int
    action_size: int
    episode_limit: int
    """Environment steps until truncation."""
    seconds_per_environment_step: float
    discount: float
    score_random: float = float("nan")
    score_expert: float = float("nan")
    """Reference returns of score 0 and 100 (D4RL's v2); NaN where the field knows none."""
    bounds: tuple[Bound, ...] = ()
    state_names: tuple[str, ...] = ()
    state_units: tuple[str, ...] = ()
    action_names: tuple[str, ...] = ()
    action_low: tuple[float, ...] = ()
    action_high: tuple[float, ...] = ()
    """The environment's range of actions, where it is not -1..1: models see -1..1."""
    has_pose: bool = True
    """Whether the state is [qpos[missing_root:], qvel]: only then has it a pose."""
    missing_root: int = 0
    """Leading coordinates of qpos that the state leaves out (the root's x)."""
    derived_quantities: bool = False
    """Whether the environment reads, between its steps, places and forces that MuJoCo derived
    during the last one: the physics state then holds them too."""
    goal: Goal | None = None
    maze: Maze | None = None
    critic_reward_scale: float = 1.0
    default_kind: str = "medium-replay"
    """The kind of data of the task's default checkpoint."""

    def score(self, episode_return: float) -> float:
        """D4RL score, 0 random .. 100 expert; NaN without references."""
        return (
            100.0
            * (episode_return - self.score_random)
            / (self.score_expert - self.score_random)
        )
