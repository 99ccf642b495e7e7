"""The training loop: progress, interruption, bitwise resume.

Every random number of a stage is a pure function of (seed, update), so weights, optimiser
state and the update's number are all there is to store.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from tqdm import tqdm

from core.checkpoints.store import STATE_FILE, read_state, write_state
from core.errors import DataError, PsiscopeError
from core.pretraining.progress import Unwatched, Watcher

Curves = dict[str, list[float]]
Sums = dict[str, Tensor]
"""Of what was measured since the last evaluation, one number each."""


@runtime_checkable
class Stage(Protocol):
    """One model being fitted."""

    name: str
    networks: nn.ModuleDict
    """Everything with weights, targets and averages included."""
    optimizers: dict[str, torch.optim.Optimizer]

    def update(self, number: int) -> dict[str, Tensor]:
        """One gradient update; returns scalars worth plotting."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Slower measurements, taken now and then."""
        ...


class Interrupted(PsiscopeError, KeyboardInterrupt):
    """Ctrl+C: the state is stored, and the line says how to go on."""


def run_stage(
    stage: Stage,
    *,
    updates: int,
    folder: Path,
    identity: dict[str, Any],
    evaluate_every: int = 5000,
    resume: bool = False,
    watcher: Watcher | None = None,
) -> Curves:
    """Fit until `updates`; returns the curves.

    The state lies in `folder`, written at each evaluation and on Ctrl+C (which then raises
    Interrupted). identity: what must be the same on resume (data digest, seed, settings).
    watcher is told of every update and every evaluation. Raises DataError where the stage
    diverges.
    """
    number, curves, sums = 0, Curves(), Sums()
    if resume and (folder / STATE_FILE).exists():
        number, curves, sums = _load(stage, folder, identity)
    watching = watcher or Unwatched()
    watching.begin(number, curves)
    with (
        tqdm(
            total=updates,
            initial=number,
            unit=" updates",
            desc=stage.name,
            smoothing=0.05,
            disable=None,
        ) as bar,
        _between_updates() as interrupted,
    ):
        while number < updates:
            for name, scalar in stage.update(number).items():
                sums[name] = sums.get(name, torch.zeros(())) + scalar.detach()
            number += 1
            bar.update()
            watching.advance(number)
            if number % evaluate_every == 0 or number == updates:
                _record(curves, number, sums, stage, evaluate_every)
                sums = Sums()
                bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in curves.items()})
                _save(stage, folder, number, curves, sums, identity)
                watching.note(number, curves)
            if interrupted:
                _save(stage, folder, number, curves, sums, identity)
                raise Interrupted(
                    f"{stage.name} stopped after {number} updates", "go on with --resume"
                )
    return curves


@contextmanager
def _between_updates() -> Iterator[list[int]]:
    """Ctrl+C takes effect between updates, so that no state is half moved: it adds an entry."""
    interrupted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, lambda number, _: interrupted.append(number))
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _record(curves: Curves, number: int, sums: Sums, stage: Stage, count: int) -> None:
    since = number % count or count
    means = {name: float(total) / since for name, total in sums.items()}
    _refuse_divergence(stage, number, means)
    measured = stage.evaluate()
    _refuse_divergence(stage, number, measured)
    for name, scalar in ({"updates": float(number)} | means | measured).items():
        curves.setdefault(name, []).append(scalar)


def _refuse_divergence(stage: Stage, number: int, values: dict[str, float]) -> None:
    """Weights that are not finite neither act in a simulator nor come back."""
    for name, scalar in values.items():
        if not math.isfinite(scalar):
            raise DataError(
                f"{stage.name} diverged: its {name.replace('_', ' ')} is {scalar:g} "
                f"after {number} updates",
                "look for huge states or rewards in the data",
            )


def _save(
    stage: Stage,
    folder: Path,
    number: int,
    curves: Curves,
    sums: Sums,
    identity: dict[str, Any],
) -> None:
    state = {f"weights.{name}": value for name, value in stage.networks.state_dict().items()}
    for optimizer_name, optimizer in stage.optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            for slot, value in slots.items():
                state[f"optimizer.{optimizer_name}.{index}.{slot}"] = torch.as_tensor(value)
    state |= {f"sums.{name}": value for name, value in sums.items()}
    contiguous = {name: value.detach().clone().contiguous() for name, value in state.items()}
    write_state(folder, contiguous, {"updates": number, "curves": curves, "identity": identity})


def _load(stage: Stage, folder: Path, identity: dict[str, Any]) -> tuple[int, Curves, Sums]:
    state, values = read_state(folder)
    if values["identity"] != identity:
        raise DataError(
            f"the interrupted training in {folder} had other data or settings",
            "repeat the command that began it, delete it, or choose another output",
        )
    stage.networks.load_state_dict(_below(state, "weights."))
    for name, optimizer in stage.optimizers.items():
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(state, f"optimizer.{name}.").items():
            index, slot = key.split(".", 1)
            slots.setdefault(int(index), {})[slot] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
    return int(values["updates"]), dict(values["curves"]), _below(state, "sums.")


def _below(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value
        for key, value in state.items()
        if key.startswith(prefix)
    }
