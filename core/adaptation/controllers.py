"""Controllers: what acts at each environment step; without trace and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from core.adaptation.ascent import Adaptation
from core.adaptation.noise import imagination_noise
from core.adaptation.updater import UpdateAddress, refusal
from core.checkpoints.checkpoint import Checkpoint
from core.errors import InputError
from core.models.interfaces import Policy
from core.settings import Settings
from core.trust import ProgramError


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Wall times of the last act, milliseconds."""

    imagine_ms: float
    backward_ms: float


@runtime_checkable
class Controller(Protocol):
    """Acts; forgets between episodes."""

    timings: Timings

    def reset(self, episode_seed: int) -> None:
        """Start an episode from the pretrained weights; noise comes from the seed."""
        ...

    def act(self, state: NDArray[np.float64], t: int) -> NDArray[np.float32]:
        """The action (A,) at state (S,), environment step t."""
        ...


class AdaptiveController:
    """Frozen, critic-only and adaptive: the settings say which."""

    def __init__(self, checkpoint: Checkpoint, settings: Settings) -> None:
        self.settings = checkpoint.settle(settings)
        self.timings = Timings(imagine_ms=0.0, backward_ms=0.0)
        self._seed = 0
        self._adaptation = make_adaptation(checkpoint, self.settings)

    def reset(self, episode_seed: int) -> None:
        self._seed = episode_seed
        self._adaptation.reset()

    def act(self, state: NDArray[np.float64], t: int) -> NDArray[np.float32]:
        rows = torch.from_numpy(state).float()[None]
        noise = imagination_noise(self.settings, rows.shape[1], seed=self._seed, episode=0, t=t)
        imagine_ms = backward_ms = 0.0
        action = rows.new_zeros(0)
        for update in self._adaptation.updates(
            rows,
            noise,
            self.settings,
            observe_last=False,
            address=UpdateAddress(seed=self._seed, t=t),
        ):
            imagine_ms += update.imagine_ms
            backward_ms += update.backward_ms
            action = update.action
            if not update.finite:
                _raise_refusal(update.updater_record)
                action = torch.from_numpy(
                    pretrained_action(self._adaptation.pretrained, state)
                )[None]
        if self.settings.reset_mode == "step":
            self._adaptation.reset()
        self.timings = Timings(imagine_ms=imagine_ms, backward_ms=backward_ms)
        result: NDArray[np.float32] = action[0].numpy()
        return result


def pretrained_action(policy: Policy, state: NDArray[np.float64]) -> NDArray[np.float32]:
    """The action (A,) at state (S,). Raises InputError where it is not finite: nothing is left
    to act with."""
    with torch.inference_mode():
        action: NDArray[np.float32] = policy(torch.from_numpy(state).float()[None])[0].numpy()
    if not np.isfinite(action).all():
        raise InputError(
            "the pretrained policy gives an action that is not finite",
            "train or import it again",
        )
    return action


def _raise_refusal(record: str) -> None:
    """A figure of an update rule that does not work would be one of another rule."""
    refused = refusal(record)
    if refused:
        raise ProgramError(refused)


def make_adaptation(checkpoint: Checkpoint, settings: Settings) -> Adaptation:
    """The adaptation of a checkpoint's policy under these settings."""
    return Adaptation(
        pretrained=checkpoint.policy,
        model=checkpoint.world_model(settings),
        critic=checkpoint.critic,
        discount=checkpoint.task.discount,
        critic_reward_scale=checkpoint.manifest.critic_reward_scale,
        updater=checkpoint.updater(settings),
    )


def refit(adaptation: Adaptation, checkpoint: Checkpoint, old: Settings, new: Settings) -> None:
    """Give an adaptation what other settings ask for; its weights stay."""
    if new.survival != old.survival:
        adaptation.model = checkpoint.world_model(new)
    if new.updater != old.updater:
        adaptation.updater = checkpoint.updater(new)


def make_controller(checkpoint: Checkpoint, settings: Settings, seed: int = 0) -> Controller:
    """A controller, ready to act; `seed` stands until the first reset."""
    controller = AdaptiveController(checkpoint, settings)
    controller.reset(seed)
    return controller
