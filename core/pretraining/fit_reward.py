"""Fit the reward model by regression on (s, a)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.data.dataset import OfflineDataset
from core.models.initialize import initialize
from core.models.reward import RewardModel
from core.pretraining.regression import RegressionSettings, Supervised, rmse
from core.tasks import Task


class FitReward:
    """The stage that fits r_xi."""

    name = "reward"

    def __init__(
        self, task: Task, dataset: OfflineDataset, settings: RegressionSettings, *, seed: int
    ) -> None:
        self.rows = Supervised(dataset, settings, seed=seed, purpose="reward", noise=0)
        self.model = RewardModel(task.state_size, task.action_size)
        initialize(self.model, torch.Generator().manual_seed(seed + 2))
        train = self.rows.take(self.rows.rows)
        self.model.states.fit(train["states"])
        self.model.rewards.fit(train["rewards"][:, None])
        self.networks = nn.ModuleDict({"model": self.model})
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "model": torch.optim.Adam(self.model.parameters(), fused=True)
        }

    def update(self, number: int) -> dict[str, Tensor]:
        """One regression update."""
        batch, _ = self.rows.batch(number)
        loss = reward_loss(self.model, batch)
        self.rows.descend(self.optimizers["model"], loss, number)
        return {"reward_loss": loss}

    def evaluate(self) -> dict[str, float]:
        """RMSE in reward units and R^2 on held-out episodes."""
        batch = self.rows.take(self.rows.test_rows)
        with torch.inference_mode():
            error = self.model(batch["states"], batch["actions"]) - batch["rewards"]
        variance = float(batch["rewards"].var())
        return {
            "reward_rmse": rmse(error),
            "reward_r2": 1 - rmse(error) ** 2 / max(variance, 1e-12),
        }


def reward_loss(model: RewardModel, batch: dict[str, Tensor]) -> Tensor:
    """Mean squared error in standardised reward units."""
    wanted: Tensor = model.rewards(batch["rewards"][:, None]).squeeze(1)
    return ((model.standardized(batch["states"], batch["actions"]) - wanted) ** 2).mean()
