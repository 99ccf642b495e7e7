"""Tiny Minari data sets, written with Minari itself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import minari
import numpy as np
import pytest
from minari.data_collector.episode_buffer import EpisodeBuffer

HOPPER = "psiscope/hopper/medium-replay-v0"


def write_hopper(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    dataset_id: str = HOPPER,
    rewards: Sequence[Sequence[float]] = ((1.0, 2.0), (3.0,), (0.0, 0.5, 0.5)),
    environment: str | None = "Hopper-v5",
) -> Path:
    """A data set of Hopper's shapes with these rewards, one list an episode; its folder."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(root))
    draw = np.random.default_rng(0)
    buffers = [
        EpisodeBuffer(
            id=number,
            seed=number,
            observations=draw.normal(size=(len(row) + 1, 11)),
            actions=draw.uniform(-1, 1, (len(row), 3)).astype(np.float32),
            rewards=list(row),
            terminations=[False] * (len(row) - 1) + [True],
            truncations=[False] * len(row),
            infos={},
        )
        for number, row in enumerate(rewards)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        minari.create_dataset_from_buffers(
            dataset_id,
            buffers,
            env=environment,
            algorithm_name="tests",
            observation_space=gymnasium.spaces.Box(-np.inf, np.inf, (11,), np.float64),
            action_space=gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32),
        )
    return root / dataset_id
