"""Which ReBRAC coefficients go with which data. Free of torch."""

from __future__ import annotations

from pathlib import Path

from core.tasks import TASKS, Task

KINDS = ("random", "medium", "expert", "medium-expert", "medium-replay", "full-replay")
_BETAS: dict[str, tuple[tuple[float, float], ...]] = {
    "halfcheetah": (
        (0.001, 0.1), (0.001, 0.01), (0.01, 0.01), (0.01, 0.1), (0.01, 0.001), (0.001, 0.1),
    ),
    "hopper": (
        (0.001, 0.01), (0.01, 0.01), (0.1, 0.1), (0.1, 0.01), (0.05, 0.5), (0.01, 0.01),
    ),
    "walker2d": (
        (0.01, 0.0), (0.05, 0.1), (0.01, 0.5), (0.01, 0.01), (0.05, 0.01), (0.01, 0.01),
    ),
}  # fmt: skip
"""(beta_actor, beta_critic) in the order of KINDS: ReBRAC's official configs."""
MAZE_KINDS = ("play", "diverse")
_MAZE_BETAS: dict[str, tuple[tuple[float, float], ...]] = {
    "antmaze-umaze": ((0.003, 0.002), (0.003, 0.001)),
    "antmaze-medium": ((0.001, 0.0005), (0.001, 0.0)),
    "antmaze-large": ((0.002, 0.001), (0.002, 0.002)),
}
"""The same for AntMaze, in the order of MAZE_KINDS: recipe `paper` only."""
_MAZE_CPU_BETAS = (0.01, 0.005)
"""Recipe `cpu` on AntMaze: decision 15. The official ones are for 1M updates."""
UNKNOWN_BETA = 0.01
"""Of both penalties, where nobody knows better: in the middle of ReBRAC's own."""
KINDS_OF_NAMES = (
    "medium-replay", "full-replay", "medium-expert", "play", "diverse", "random", "medium",
    "expert",
)  # fmt: skip
"""As names are asked for them: what contains another comes before it, and `medium-play` is the
data of a medium maze."""


def coefficients(recipe: str, task: Task, kind: str) -> tuple[float, float] | None:
    """(beta_actor, beta_critic) for a kind of data; None where none are known."""
    if task.name not in TASKS:
        return None
    if task.maze is not None and recipe == "cpu":
        return _MAZE_CPU_BETAS
    kinds, table = (KINDS, _BETAS) if task.maze is None else (MAZE_KINDS, _MAZE_BETAS)
    return dict(zip(kinds, table.get(task.name, ()), strict=False)).get(kind)


def kind_of(dataset: str) -> str:
    """The kind of data that the name of a data set says; empty where it says none."""
    return next((kind for kind in KINDS_OF_NAMES if kind in Path(dataset).name), "")
