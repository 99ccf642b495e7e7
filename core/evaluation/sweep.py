"""The frozen policy for several beta_actor: how much of a gain is only a badly chosen base.

Each point is ReBRAC alone, without a world model, from the same data, seed and recipe.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from core.data.source import load_dataset
from core.device import use_one_thread
from core.envs.mujoco import Environment
from core.errors import InputError
from core.evaluation.compare import bootstrap_interval
from core.evaluation.json_file import finite, read_json, write_json
from core.evaluation.score import check_return
from core.evaluation.sweep_file import read_point
from core.evaluation.workers import run_units
from core.pretraining.loop import run_stage
from core.pretraining.rebrac import Rebrac
from core.pretraining.recipes import Recipe
from core.pretraining.rollouts import run_episode
from core.pretraining.train import EVALUATE_EVERY, is_settled
from core.tasks import Task
from core.versions import versions

FORMAT = 1
PATIENCE = 20.0
"""Seconds that a worker may take to store its state at Ctrl+C."""
Point = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is trained and evaluated. Also makes the runner of a worker."""

    task: Task
    dataset_id: str
    recipe: Recipe
    """With the beta_critic of all points; beta_actor is replaced."""
    betas: tuple[float, ...]
    reset_seeds: tuple[int, ...]
    folder: Path
    """Of what is unfinished."""
    seed: int = 0
    default_beta: float | None = None
    """The one that `train` would take."""

    def identity(self) -> dict[str, Any]:
        """What all points share; kept points must agree on it."""
        rebrac = {k: v for k, v in asdict(self.recipe.rebrac).items() if k != "beta_actor"}
        return {
            "format": FORMAT,
            "task": self.task.name,
            "goal": self.task.goal is not None,
            "dataset": self.dataset_id,
            "recipe": self.recipe.name,
            "rebrac": rebrac,
            "updates": self.recipe.rebrac_updates,
            "training_seed": self.seed,
            "reset_seeds": list(self.reset_seeds),
        }

    def __call__(self) -> Callable[[float], Point]:
        """Load the data. One thread each: points are what runs side by side."""
        use_one_thread()
        dataset = load_dataset(self.dataset_id, self.task)

        def run(beta: float) -> Point:
            settings = replace(self.recipe.rebrac, beta_actor=beta)
            rebrac = Rebrac(self.task, dataset, settings, seed=self.seed)
            curves = run_stage(
                rebrac,
                updates=self.recipe.rebrac_updates,
                folder=self.folder / f"beta-{beta:g}",
                identity={
                    "data": dataset.digest,
                    "seed": self.seed,
                    "settings": asdict(settings),
                },
                evaluate_every=EVALUATE_EVERY,
                resume=True,
            )
            return {
                "beta_actor": beta,
                "dataset_digest": dataset.digest,
                **evaluate_policy(self.task, rebrac, self.reset_seeds),
                "q_mean": curves["q_mean"][-1],
                "monte_carlo_mean": curves["monte_carlo_mean"][-1],
                "settled": is_settled(curves),
                "curves": curves,
            }

        return run


def evaluate_policy(task: Task, rebrac: Rebrac, reset_seeds: tuple[int, ...]) -> Point:
    """Real episodes of the policy: returns and successes by reset seed, and their summary."""
    environment = Environment(task)
    returns, successes = [], []
    for seed in reset_seeds:
        _, rewards, truncated = run_episode(environment, rebrac.policy, seed)
        returns.append(float(rewards.sum()))
        check_return(returns[-1], seed)
        successes.append(int(truncated != (task.goal is not None)))
    environment.close()
    mean = fmean(returns)
    return {
        "returns": returns,
        "successes": successes,
        "return_mean": mean,
        "return_std": stdev(returns) if len(returns) > 1 else 0.0,
        "return_ci95": bootstrap_interval(np.array(returns)),
        "score": task.score(mean),
        "success_rate": fmean(successes),
    }


class KeptPoints:
    """The finished points of a sweep, in its folder or in the result of an earlier one."""

    def __init__(self, sweep: Sweep, result: Path, *, resume: bool) -> None:
        """Raises InputError where another sweep is there, or any without `resume`."""
        self._sweep = sweep
        self._file = sweep.folder / "points.json"
        self._points: dict[float, Point] = {}
        if sweep.folder.exists() and not resume:
            raise InputError(
                f"{sweep.folder} holds a stopped sweep", "go on with --resume, or delete it"
            )
        for path in (self._file, result) if resume else ():
            if path.exists():
                self._read(path)
        if not self._file.exists():
            # Before the first point is trained: its state alone does not say whose it is.
            self._write()

    def add(self, point: Point) -> None:
        """Keep a point; the file is replaced as a whole.

        Raises InputError where the data are no longer those of the points before.
        """
        digest = point["dataset_digest"]
        if any(each["dataset_digest"] != digest for each in self._points.values()):
            raise InputError(
                f"the data set {self._sweep.dataset_id} is not what it was", "sweep afresh"
            )
        self._points[point["beta_actor"]] = point
        self._write()

    def missing(self) -> list[float]:
        """The betas that have no point yet."""
        return [beta for beta in self._sweep.betas if beta not in self._points]

    def result(self) -> dict[str, Any]:
        """The JSON of the sweep; the betas of earlier sweeps of the same kind are in it."""
        found: dict[str, Any] = finite(
            {
                **self._sweep.identity(),
                "default_beta_actor": self._sweep.default_beta,
                "points": [self._points[beta] for beta in sorted(self._points)],
                "versions": versions(),
            }
        )
        return found

    def _write(self) -> None:
        write_json(self._file, self.result())

    def _read(self, path: Path) -> None:
        values = read_json(path)
        for name, value in self._sweep.identity().items():
            if values.get(name) != finite(value):
                raise InputError(
                    f"{path} was made with another {name.replace('_', ' ')}",
                    "repeat that command, delete the file, or name another --json FILE",
                )
        try:
            points = values.get("points")
            if not isinstance(points, list):
                raise ValueError("there are no points")
            for point in points:
                read_point(point, len(self._sweep.reset_seeds))
                self._points[float(point["beta_actor"])] = point
        except ValueError as error:
            raise InputError(
                f"{path} is damaged ({error})", "delete it and start again"
            ) from error


def run_sweep(
    sweep: Sweep,
    kept: KeptPoints,
    *,
    jobs: int = 1,
    on_point: Callable[[Point], None] = lambda point: None,
) -> dict[str, Any]:
    """Train and evaluate every missing point; the result.

    Stopped by an exception (KeyboardInterrupt too), finished points and the training states of
    the others lie in sweep.folder; finished, the folder is the caller's to `forget`.
    """
    with closing(run_units(sweep, kept.missing(), jobs, patience=PATIENCE)) as points:
        for point in points:
            kept.add(point)
            on_point(point)
    return kept.result()


def forget(sweep: Sweep) -> None:
    """Delete what was kept, once the result is written."""
    shutil.rmtree(sweep.folder, ignore_errors=True)
