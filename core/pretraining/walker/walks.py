"""The ant's walker as a source of data: an `antmaze-walker` part of a recipe."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.pretraining.episodes import Passed, Recorded
from core.pretraining.parts import Part, perturb
from core.pretraining.walker.canonical_frame import Floats
from core.pretraining.walker.journeys import Journey, journey
from core.pretraining.walker.maze_rollouts import MazeEpisode, MazeRollouts
from core.pretraining.walker.walker import read_walker
from core.seeding import generator
from core.tasks import Task


class Walks:
    """Episodes of the walker. Each is a pure function of the recipe's seed, its part and its
    own seed, whichever ants walk beside it."""

    def __init__(self, task: Task, part: Part, seed: int, number: int) -> None:
        """Raises DataError where the task is no maze of ours or a word is unknown."""
        self._task, self._part = task, part
        self._address = (seed, number)
        self._walker = read_walker()
        self.sha256 = self._walker.sha256
        self._journey(0)

    def episodes(self, quota: int, passed: Passed) -> Iterator[Recorded]:
        """Finished episodes of at least `quota` transitions together."""
        rollouts = MazeRollouts(self._task, self._walker, self._applied, self._journey)
        for episode in rollouts.run(quota, passed):
            yield self._recorded(episode)

    def _journey(self, episode: int) -> Journey:
        seed, number = self._address
        draws = generator(seed, "walk", number, self._part.first_seed + episode)
        part = self._part
        return journey(self._task, part.start, part.goals, draws, detours=part.detours)

    def _applied(self, action: Floats, draws: np.random.Generator) -> NDArray[np.float32]:
        return perturb(action, self._part, draws)

    def _recorded(self, episode: MazeEpisode) -> Recorded:
        states = np.concatenate([episode.qpos, episode.qvel], axis=1)
        return Recorded(
            seed=self._part.first_seed + episode.number,
            states=states.astype(np.float32),
            actions=episode.actions,
            rewards=episode.reached.astype(np.float64),
            terminated=episode.terminated,
            goals=episode.goals.astype(np.float32),
        )
