"""ReBRAC (Tarasov et al. 2023): offline RL of the policy and the twin critic.

y      = r + gamma (1 - terminated) [ min_i Q'_i(s', a') - beta_critic |a' - a'_data|^2 ]
a'     = clip(pi'(s') + clip(noise, -c, c), -1, 1)
critic = sum_i mean (Q_i(s, a) - y)^2
policy = mean [ beta_actor |pi(s) - a|^2 - min_i Q_i(s, pi(s)) / mean |Q| ]
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.data.batches import Draws, row_numbers, tensors
from core.data.dataset import OfflineDataset
from core.models.critic import TwinCritic
from core.models.initialize import initialize_rebrac
from core.models.policy import MlpPolicy
from core.pretraining.regression import set_learning_rate
from core.pretraining.rollouts import QCheck, check_values
from core.seeding import TRAINING_SEEDS
from core.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class RebracSettings:
    """Hyperparameters: ReBRAC's official values unless the recipe says otherwise."""

    beta_actor: float
    beta_critic: float
    discount: float = 0.99
    learning_rate: float = 1e-3
    critic_learning_rate: float | None = None
    """None: that of the policy."""
    batch: int = 256
    tau: float = 0.02
    """Polyak rate of the target networks."""
    targets_every: int = 1
    """Updates between moves of the targets."""
    policy_every: int = 2
    target_noise: float = 0.2
    noise_clip: float = 0.5
    standardize: bool = False
    """Whether policy and critic see states in stds from the data's mean."""
    decay_updates: int = 0
    """The learning rate falls to zero by half a cosine over so many updates; 0: constant."""


class Rebrac:
    """The stage that fits policy and critic."""

    name = "ReBRAC"

    def __init__(
        self, task: Task, dataset: OfflineDataset, settings: RebracSettings, *, seed: int
    ) -> None:
        weights = torch.Generator().manual_seed(seed)
        policy = MlpPolicy(task.state_size, task.action_size)
        critic = TwinCritic(task.state_size, task.action_size)
        initialize_rebrac(policy.network, weights, last=1e-3)
        initialize_rebrac(critic.first, weights, last=3e-3)
        initialize_rebrac(critic.second, weights, last=3e-3)
        if settings.standardize:
            for normalizer in (policy.normalizer, critic.normalizer):
                normalizer.fit(torch.from_numpy(dataset.states.copy()))
        self.task, self.settings = task, settings
        self.policy, self.critic = policy, critic
        self.target_policy = copy.deepcopy(policy).requires_grad_(False)
        self.target_critic = copy.deepcopy(critic).requires_grad_(False)
        self.networks = nn.ModuleDict(
            {
                "policy": policy,
                "critic": critic,
                "target_policy": self.target_policy,
                "target_critic": self.target_critic,
            }
        )
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "policy": torch.optim.Adam(policy.parameters(), settings.learning_rate, fused=True),
            "critic": torch.optim.Adam(critic.parameters(), settings.learning_rate, fused=True),
        }
        self._rates = {
            "policy": settings.learning_rate,
            "critic": settings.critic_learning_rate or settings.learning_rate,
        }
        usable = dataset.has_next_state & dataset.has_next_action | dataset.terminated
        self._data = tensors(dataset)
        self._data["rewards"] *= task.critic_reward_scale
        self._draws = Draws(
            seed,
            "rebrac",
            rows=row_numbers(dataset, usable, "ReBRAC"),
            batch=settings.batch,
            noise=task.action_size,
        )

    def update(self, number: int) -> dict[str, Tensor]:
        """One critic update; every `policy_every`-th time a policy update too."""
        for name, optimizer in self.optimizers.items():
            set_learning_rate(optimizer, self._rates[name], number, self.settings.decay_updates)
        rows, noise = self._draws.at(number)
        batch = {name: column[rows] for name, column in self._data.items()}
        target = critic_target(
            self.target_policy, self.target_critic, batch, noise, self.settings
        )
        loss = critic_loss(self.critic, batch, target)
        _descend(self.optimizers["critic"], loss)
        measured = {"critic_loss": loss}
        if number % self.settings.policy_every == 0:
            self.critic.requires_grad_(False)
            loss, cloning = policy_loss(
                self.policy, self.critic, batch, self.settings.beta_actor
            )
            _descend(self.optimizers["policy"], loss)
            self.critic.requires_grad_(True)
            measured["cloning_penalty"] = cloning * self.settings.policy_every
        if number % self.settings.targets_every == 0:
            move_towards(self.target_policy, self.policy, self.settings.tau)
            move_towards(self.target_critic, self.critic, self.settings.tau)
        return measured

    def evaluate(self) -> dict[str, float]:
        """Return on TRAINING_SEEDS (success rate where there is a goal), and Q against
        the discounted Monte Carlo return."""
        check: QCheck = check_values(
            self.task,
            self.policy,
            self.critic,
            episodes=len(TRAINING_SEEDS),
            first_seed=TRAINING_SEEDS[0],
            penalty=self.critic_penalty(),
            discount=self.settings.discount,
        )
        return {
            "return_mean": check.return_mean,
            "return_std": check.return_std,
            "q_mean": check.q_mean,
            "monte_carlo_mean": check.monte_carlo_mean,
        }

    def critic_penalty(self) -> float:
        """What beta_critic takes from Q: gamma beta mean |pi(s') - a'_data|^2 / (1 - gamma)."""
        rows, _ = self._draws.at(0)
        with torch.inference_mode():
            gap = (
                self.policy(self._data["next_states"][rows]) - self._data["next_actions"][rows]
            )
        alive = ~self._data["terminated"][rows]
        each = float((gap**2).sum(-1)[alive].mean()) * self.settings.beta_critic
        return self.settings.discount * each / (1 - self.settings.discount)


def critic_target(
    policy: MlpPolicy,
    critic: TwinCritic,
    batch: dict[str, Tensor],
    noise: Tensor,
    settings: RebracSettings,
) -> Tensor:
    """y (N,), the formula above; the target networks ask for no gradient."""
    smoothing = (noise * settings.target_noise).clamp(-settings.noise_clip, settings.noise_clip)
    action = (policy(batch["next_states"]) + smoothing).clamp(-1.0, 1.0)
    penalty = ((action - batch["next_actions"]) ** 2).sum(dim=-1)
    value: Tensor = critic(batch["next_states"], action) - settings.beta_critic * penalty
    return batch["rewards"] + settings.discount * (~batch["terminated"]).float() * value


def critic_loss(critic: TwinCritic, batch: dict[str, Tensor], target: Tensor) -> Tensor:
    """Squared error of each twin, summed over twins."""
    return ((critic.twins(batch["states"], batch["actions"]) - target) ** 2).mean(dim=-1).sum()


def policy_loss(
    policy: MlpPolicy, critic: TwinCritic, batch: dict[str, Tensor], beta_actor: float
) -> tuple[Tensor, Tensor]:
    """The policy's loss, and the cloning penalty |pi(s) - a|^2 in it."""
    action = policy(batch["states"])
    cloning = ((action - batch["actions"]) ** 2).sum(dim=-1)
    value = critic(batch["states"], action)
    scale = value.detach().abs().mean().clamp_min(1e-8)
    return (beta_actor * cloning - value / scale).mean(), cloning.detach().mean()


def move_towards(target: nn.Module, source: nn.Module, rate: float) -> None:
    """target <- target + rate (source - target), in place."""
    torch._foreach_lerp_(
        [value.data for value in target.parameters()],
        [value.data for value in source.parameters()],
        rate,
    )


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
