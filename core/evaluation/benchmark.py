"""How long one act of a controller takes, against a matrix-product floor of the same run.

Absolute times drift by 20 to 50 % on a shared machine (contracts 9). So the floor, the time
that the controller's matrix products alone would take, is measured beside each controller, and
medians of three rounds are reported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from core.adaptation.controllers import Controller, make_controller
from core.checkpoints.checkpoint import Checkpoint
from core.envs.mujoco import Environment
from core.settings import Settings

ROUNDS = 3
WIDTH = 256
"""Of the matrix product whose rate makes the floor: a layer of the networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerTiming:
    """Medians over the rounds."""

    ms_per_step: float
    """Controller and simulator, per environment step."""
    floor_ms: float
    """The controller's matrix products at the rate measured in the same round."""
    ratio: float
    """ms_per_step / floor_ms; the median of the rounds' ratios."""
    gflop: float
    """Of one act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One run of the benchmark."""

    controllers: dict[str, ControllerTiming]
    matrix_gflops: float
    """10^9 floating-point operations per second; the median of the rounds."""
    load: float
    """Processes waiting for a core, mean over the last minute, before the start."""


def measure_controllers(
    checkpoint: Checkpoint, settings: Mapping[str, Settings], *, seconds: float
) -> Benchmark:
    """Measure for about `seconds` in all, controllers interleaved in each round."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    environment = Environment(checkpoint.task)
    controllers = {name: make_controller(checkpoint, s) for name, s in settings.items()}
    gflop = {name: count_gflop(c, environment.reset(0)) for name, c in controllers.items()}
    share = seconds / (ROUNDS * (len(controllers) + 1))
    rates: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in controllers}
    for _ in range(ROUNDS):
        rates.append(matrix_rate(settings_rows(settings), seconds=share))
        for name, controller in controllers.items():
            times[name].append(act_ms(controller, environment, seconds=share))
    environment.close()
    return Benchmark(
        controllers={n: _timing(times[n], rates, gflop[n]) for n in controllers},
        matrix_gflops=median(rates),
        load=load,
    )


def settings_rows(settings: Mapping[str, Settings]) -> int:
    """Rows of the matrix product: the particles, which is how wide every product is."""
    return max(s.particles for s in settings.values())


def matrix_rate(rows: int, *, seconds: float) -> float:
    """10^9 floating-point operations per second at (rows, 256) x (256, 256), one thread."""
    left, right = torch.ones(rows, WIDTH), torch.full((WIDTH, WIDTH), 1.0 / WIDTH)
    out = torch.empty(rows, WIDTH)
    count, began = 0, perf_counter()
    while (elapsed := perf_counter() - began) < seconds or count == 0:
        for _ in range(100):
            torch.mm(left, right, out=out)
        count += 100
    return float(2e-9 * rows * WIDTH**2 * count / elapsed)


def count_gflop(controller: Controller, state: NDArray[np.float64]) -> float:
    """10^9 floating-point operations of the matrix products in one act."""
    with FlopCounterMode(display=False) as counter:
        controller.act(state, 0)
    controller.reset(0)
    operations: int = counter.get_total_flops()
    return 1e-9 * operations


def act_ms(controller: Controller, environment: Environment, *, seconds: float) -> float:
    """Milliseconds per environment step, for at least one step."""
    seed, t, steps = 0, 0, 0
    controller.reset(seed)
    state = environment.reset(seed)
    controller.act(state, 0)
    began = perf_counter()
    while (elapsed := perf_counter() - began) < seconds or steps == 0:
        transition = environment.apply(controller.act(state, t))
        state, t, steps = transition.next_state, t + 1, steps + 1
        if transition.terminated or transition.truncated:
            seed, t = seed + 1, 0
            controller.reset(seed)
            state = environment.reset(seed)
    return 1e3 * elapsed / steps


def _timing(milliseconds: list[float], rates: list[float], gflop: float) -> ControllerTiming:
    floors = [1e3 * gflop / rate for rate in rates]
    ratios = [ms / floor for ms, floor in zip(milliseconds, floors, strict=True)]
    return ControllerTiming(
        ms_per_step=median(milliseconds),
        floor_ms=median(floors),
        ratio=median(ratios),
        gflop=gflop,
    )
