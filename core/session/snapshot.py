"""Snapshots: everything a session needs to go on, beside the checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import get_type_hints

import numpy as np
import torch

from core.adaptation.ascent import Adaptation, Moments
from core.adaptation.weights import psi_of, set_psi
from core.errors import TraceError
from core.settings import Settings
from core.traces.trace import SNAPSHOT_EVERY, Snapshot
from core.traces.values import DAMAGE

_WORK_BETWEEN = 600
"""Denoising calls, a millisecond each, that may have to be repeated to come to an address."""
_PARTICLES_OF_A_CALL = 50
"""Particles that cost in a denoising call as much again as the call itself."""


def snapshot_every(settings: Settings) -> int:
    """Environment steps between snapshots, so that any address is reached within a second."""
    calls = (settings.updates + 1) * settings.imagined_steps * settings.denoising_levels
    work = calls * (1.0 + settings.particles / _PARTICLES_OF_A_CALL)
    return min(SNAPSHOT_EVERY, max(1, int(_WORK_BETWEEN / max(work, 1.0))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The scalars of a session between two environment steps."""

    settings: str
    """Settings in effect, canonical JSON."""
    pending: str
    """Settings from the next environment step on, canonical JSON."""
    reset_seed: int
    """Seed of the episode's reset."""
    episode_return: float
    twin_return: float
    twin_length: int
    twin_alive: bool
    abandon_at: int | None
    """The environment step before which the next episode begins, where it was asked for."""
    moments_count: int

    def to_json(self) -> str:
        """Canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Standing:
        """The inverse; TraceError on anything else."""
        try:
            standing = cls(**json.loads(text))
        except (ValueError, TypeError, RecursionError) as error:
            why = f"{error!s:.200}"
            raise TraceError("a snapshot of the trace is damaged", why) from error
        for name, kind in get_type_hints(cls).items():
            if not isinstance(getattr(standing, name), kind):
                raise TraceError(f"a snapshot of the trace is damaged in {name}", DAMAGE)
        return standing


def weights_of(adaptation: Adaptation, *, kept: bool) -> tuple[np.ndarray, np.ndarray]:
    """(W,) weights and (2, W) moments; both empty where the weights are reset at every step."""
    moments = adaptation.moments
    first, second = moments.first, moments.second
    weights = psi_of(adaptation.policy).numpy() if kept else np.zeros(0, np.float32)
    if not kept or first is None or second is None:
        return weights, np.zeros((0, 0), np.float32)
    return weights, torch.stack([first, second]).numpy()


def restore_weights(adaptation: Adaptation, snapshot: Snapshot, count: int) -> None:
    """The inverse of weights_of, bit for bit."""
    weights, moments = snapshot.policy_weights, snapshot.optimizer_moments
    adaptation.reset()
    if not len(weights):
        return
    if len(weights) != len(adaptation.psi_0):
        raise TraceError(
            "a snapshot has weights of another policy",
            "replay with the checkpoint of the trace",
        )
    set_psi(adaptation.policy, torch.from_numpy(weights.copy()))
    if len(moments):
        first, second = torch.from_numpy(moments.copy())
        adaptation.moments = Moments(first=first, second=second, count=count)
