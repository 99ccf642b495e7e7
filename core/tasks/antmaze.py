"""AntMaze: an ant that walks through a maze to one fixed goal (gymnasium-robotics, version 5).

The goal is the same for every episode, so the state needs no goal: [qpos, qvel], which is
[achieved_goal, observation[:27]] of the environment. Torque, time step and frame differ from
D4RL's: scores do not compare with published tables.
"""

from __future__ import annotations

from core.tasks.task import Argument, Goal, Maze, Task

_JOINTS = tuple(f"{part} {leg}" for leg in range(1, 5) for part in ("hip", "ankle"))
_ACTUATED = tuple(f"{part} {leg}" for leg in (4, 1, 2, 3) for part in ("hip", "ankle"))
_UMAZE = Maze(
    rows=(
        "#####",
        "#   #",
        "### #",
        "#   #",
        "#####",
    ),
    start=(1, 1),
    goal=(3, 1),
)
_MEDIUM = Maze(
    rows=(
        "########",
        "#  ##  #",
        "#  #   #",
        "##   ###",
        "#  #   #",
        "# #  # #",
        "#   #  #",
        "########",
    ),
    start=(1, 1),
    goal=(6, 6),
)
_LARGE = Maze(
    rows=(
        "############",
        "#    #     #",
        "# ## # # # #",
        "#      #   #",
        "# #### ### #",
        "#  # #     #",
        "## # # # ###",
        "#  #   #   #",
        "############",
    ),
    start=(1, 1),
    goal=(7, 9),
)


def _antmaze(size: str, maze: Maze, *, episode_limit: int, discount: float) -> Task:
    x, y = maze.centre(*maze.goal)
    return Task(
        name=f"antmaze-{size.lower()}",
        environment_id=f"AntMaze_{size}-v5",
        environment_arguments=(
            Argument(name="continuing_task", value=False),
            Argument(name="include_cfrc_ext_in_observation", value=False),
        ),
        state_size=29,
        action_size=8,
        episode_limit=episode_limit,
        seconds_per_environment_step=0.05,
        discount=discount,
        score_random=0.0,
        score_expert=1.0,
        state_names=(
            "torso x", "torso y", "torso z",
            *(f"torso quaternion {axis}" for axis in "wxyz"),
            *(f"{joint} angle" for joint in _JOINTS),
            *(f"torso {axis} velocity" for axis in "xyz"),
            *(f"torso {axis} angular velocity" for axis in "xyz"),
            *(f"{joint} angular velocity" for joint in _JOINTS),
        ),
        state_units=(
            *("m",) * 3, *("",) * 4, *("rad",) * 8, *("m/s",) * 3, *("rad/s",) * 11,
        ),
        action_names=tuple(f"{joint} torque" for joint in _ACTUATED),
        goal=Goal(x=x, y=y),
        maze=maze,
        critic_reward_scale=100.0,
        default_kind="" if size == "UMaze" else "play",
    )  # fmt: skip


ANTMAZE = (
    _antmaze("UMaze", _UMAZE, episode_limit=700, discount=0.995),
    _antmaze("Medium", _MEDIUM, episode_limit=1000, discount=0.997),
    _antmaze("Large", _LARGE, episode_limit=1000, discount=0.998),
)
