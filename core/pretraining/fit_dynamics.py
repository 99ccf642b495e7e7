"""Fit the diffusion dynamics (denoising score matching, EDM weighting), and the ensemble."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from core.data.dataset import OfflineDataset
from core.models.diffusion import DiffusionDynamics, precondition
from core.models.ensemble import DynamicsEnsemble
from core.models.initialize import initialize
from core.pretraining.open_loop import OpenLoop, open_loop_windows
from core.pretraining.rebrac import move_towards
from core.pretraining.regression import RegressionSettings, Supervised, rmse
from core.seeding import generator
from core.tasks import Task

LOG_SIGMA_MEAN = -0.7
LOG_SIGMA_STD = 1.5
AVERAGE_RATE = 1e-3
"""1 - decay of the exponential moving average of the weights."""
EVALUATION_LEVELS = 5
EVALUATION_HORIZON = 5


class FitDynamics:
    """The stage that fits f_theta. The averaged weights are what is kept."""

    name = "dynamics"

    def __init__(
        self, task: Task, dataset: OfflineDataset, settings: RegressionSettings, *, seed: int
    ) -> None:
        self.rows = Supervised(
            dataset, settings, seed=seed, purpose="dynamics", noise=task.state_size + 1
        )
        self.model = DiffusionDynamics(task.state_size, task.action_size)
        initialize(self.model, torch.Generator().manual_seed(seed))
        self.rows.fit_normalizers(self.model.states, self.model.changes)
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        self.networks = nn.ModuleDict({"model": self.model, "averaged": self.averaged})
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "model": torch.optim.Adam(self.model.parameters(), fused=True)
        }
        self._windows = open_loop_windows(dataset, self.rows.test_rows, EVALUATION_HORIZON)
        draws = generator(seed, "dynamics-evaluation").standard_normal
        count = max(len(self.rows.test_rows), len(self._windows.states))
        shape = (EVALUATION_HORIZON, EVALUATION_LEVELS, count, task.state_size)
        self._noise = torch.from_numpy(draws(shape, dtype="float32"))

    def update(self, number: int) -> dict[str, Tensor]:
        """One denoising update."""
        batch, noise = self.rows.batch(number)
        loss = denoising_loss(self.model, batch, noise)
        self.rows.descend(self.optimizers["model"], loss, number)
        move_towards(self.averaged, self.model, max(AVERAGE_RATE, 1 / (number + 1)))
        return {"dynamics_loss": loss}

    def evaluate(self) -> dict[str, float]:
        """On held-out episodes: one-step RMSE in change stds, H-step open-loop RMSE in state
        stds, and both raw."""
        batch = self.rows.take(self.rows.test_rows)
        with torch.inference_mode():
            imagined = self.averaged(
                batch["states"], batch["actions"], self._noise[0, :, : len(batch["states"])]
            )
            error = imagined - batch["next_states"]
            open_loop = self._imagine_windows(self._windows)
        return {
            "one_step_rmse": rmse(error / self.averaged.changes.std),
            "one_step_rmse_raw": rmse(error),
            "open_loop_rmse": rmse(open_loop / self.averaged.states.std),
            "open_loop_rmse_raw": rmse(open_loop),
            "open_loop_copy_rmse": rmse(
                (self._windows.states[:, 0] - self._windows.states[:, -1])
                / self.averaged.states.std
            ),
        }

    def _imagine_windows(self, windows: OpenLoop) -> Tensor:
        state = windows.states[:, 0]
        for j in range(EVALUATION_HORIZON):
            state = self.averaged(state, windows.actions[:, j], self._noise[j, :, : len(state)])
        return state - windows.states[:, -1]


def denoising_loss(model: DiffusionDynamics, batch: dict[str, Tensor], noise: Tensor) -> Tensor:
    """E (sigma^2 + 1) / sigma^2 |D(x + sigma n; sigma | s, a) - x|^2; EDM eq. 8.

    noise (N, S + 1): the last column draws sigma, the others n.
    """
    clean: Tensor = model.changes(batch["changes"])
    sigma = (LOG_SIGMA_MEAN + LOG_SIGMA_STD * noise[:, -1:]).exp()
    denoise = model.denoiser(model.states(batch["states"]), batch["actions"])
    denoised = denoise(clean + sigma * noise[:, :-1], precondition(sigma))
    return ((1 + sigma**-2) * (denoised - clean) ** 2).mean()


class FitEnsemble:
    """The stage that fits the ensemble: each member on batches of its own."""

    name = "ensemble"

    def __init__(
        self, task: Task, dataset: OfflineDataset, settings: RegressionSettings, *, seed: int
    ) -> None:
        self.model = DynamicsEnsemble(task.state_size, task.action_size)
        weights = torch.Generator().manual_seed(seed + 1)
        for weight in self.model.weights:
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=weights)
        self.members = len(self.model.weights[0])
        wide = RegressionSettings(
            updates=settings.updates,
            batch=settings.batch * self.members,
            learning_rate=settings.learning_rate,
        )
        self.rows = Supervised(dataset, wide, seed=seed, purpose="ensemble", noise=0)
        self.rows.fit_normalizers(self.model.states, self.model.changes)
        self.networks = nn.ModuleDict({"model": self.model})
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "model": torch.optim.Adam(self.model.parameters(), fused=True)
        }

    def update(self, number: int) -> dict[str, Tensor]:
        """One update of all members."""
        batch, _ = self.rows.batch(number)
        shaped = {
            name: batch[name].view(self.members, -1, batch[name].shape[1])
            for name in ("states", "actions", "changes")
        }
        error = self.model.changes_of(shaped["states"], shaped["actions"]) - self.model.changes(
            shaped["changes"]
        )
        loss = (error**2).mean(dim=(1, 2)).sum()
        self.rows.descend(self.optimizers["model"], loss, number)
        return {"ensemble_loss": loss / self.members}

    def evaluate(self) -> dict[str, float]:
        """On held-out episodes, in change stds: one-step RMSE of the mean, and mean spread."""
        batch = self.rows.take(self.rows.test_rows)
        with torch.inference_mode():
            mean = self.model.changes_of(batch["states"], batch["actions"]).mean(dim=0)
            spread = self.model(batch["states"], batch["actions"])
        return {
            "ensemble_rmse": rmse(mean - self.model.changes(batch["changes"])),
            "ensemble_spread": float(spread.mean()),
        }
