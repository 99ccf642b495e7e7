"""Training stages with networks of a few units: for tests of what is around them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.models.critic import TwinCritic
from core.models.diffusion import DiffusionDynamics
from core.models.ensemble import DynamicsEnsemble
from core.models.policy import MlpPolicy
from core.models.reward import RewardModel
from core.pretraining import fit_dynamics, fit_reward, rebrac
from core.pretraining.rollouts import check_values


@contextmanager
def small_stages() -> Iterator[pytest.MonkeyPatch]:
    """While it lasts, stages make small networks; the patch may take more."""
    dynamics = functools.partial(DiffusionDynamics, width=8, blocks=1)
    ensemble = functools.partial(DynamicsEnsemble, members=2, width=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebrac, "MlpPolicy", lambda s, a: MlpPolicy(s, a, (8, 8)))
        patch.setattr(rebrac, "TwinCritic", lambda s, a: TwinCritic(s, a, (8, 8)))
        patch.setattr(fit_reward, "RewardModel", lambda s, a: RewardModel(s, a, (8,)))
        patch.setattr(fit_dynamics, "DiffusionDynamics", dynamics)
        patch.setattr(fit_dynamics, "DynamicsEnsemble", ensemble)
        yield patch


@contextmanager
def small_training(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """The same, with data sets of its own and one real episode in an evaluation."""
    with small_stages() as patch:
        patch.setenv("MINARI_DATASETS_PATH", str(folder / "minari"))
        patch.setattr(
            rebrac, "check_values", lambda *n, **o: check_values(*n, **(o | {"episodes": 1}))
        )
        yield patch
