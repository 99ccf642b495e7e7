"""Pretraining: data set -> ReBRAC, reward, dynamics, ensemble -> checkpoint."""

from __future__ import annotations

import dataclasses
import datetime
import math
import shutil
from pathlib import Path
from typing import Any

from torch import nn

from core.checkpoints.checkpoint import architecture
from core.checkpoints.manifest import DatasetFacts, Manifest, ModelErrors
from core.checkpoints.store import write_checkpoint
from core.checkpoints.task_facts import task_facts
from core.checkpoints.training import FROM_DATASET, TrainingRequest, training_folder
from core.data.dataset import OfflineDataset
from core.data.mazes import data_density
from core.data.source import load_dataset, recipe_of
from core.device import use_one_thread
from core.pretraining.fit_dynamics import EVALUATION_HORIZON, FitDynamics, FitEnsemble
from core.pretraining.fit_reward import FitReward
from core.pretraining.loop import Curves, Stage, run_stage
from core.pretraining.progress import followed
from core.pretraining.rebrac import Rebrac
from core.pretraining.recipes import Recipe
from core.seeding import TRAINING_SEEDS
from core.tasks import TASKS, Task
from core.versions import versions

EVALUATE_EVERY = 5000


def train(
    task: Task,
    *,
    dataset_id: str,
    dataset: OfflineDataset | None = None,
    output: Path,
    recipe: Recipe,
    seed: int = 0,
    resume: bool = False,
    commands: tuple[str, ...] = (),
) -> Path:
    """Fit everything and write the checkpoint folder `output`; returns it.

    Unfinished work lies in `<output>.training`, with `progress.json` for whoever watches. It is
    kept on Ctrl+C, which raises loop.Interrupted, and gone once the checkpoint is written;
    `resume` goes on from it with bitwise the result of an uninterrupted run. dataset: what
    dataset_id means, where it is loaded already.
    """
    use_one_thread()
    dataset = load_dataset(dataset_id, task) if dataset is None else dataset
    rebrac = Rebrac(task, dataset, recipe.rebrac, seed=seed)
    dynamics = FitDynamics(task, dataset, recipe.dynamics, seed=seed)
    ensemble = FitEnsemble(task, dataset, recipe.ensemble, seed=seed)
    hyperparameters = dataclasses.asdict(recipe)
    reward: tuple[FitReward, ...] = ()
    if task.goal is None:
        reward = (FitReward(task, dataset, recipe.reward, seed=seed),)
    else:
        del hyperparameters["reward"]
    curves: dict[str, Curves] = {}
    stages: tuple[Stage, ...] = (dynamics, *reward, ensemble, rebrac)
    scratch = training_folder(output)
    updates = [(stage.name, recipe.updates(stage.name)) for stage in stages]
    request = TrainingRequest(
        task=task.name if task.name in TASKS else FROM_DATASET,
        dataset=dataset_id,
        recipe=recipe.name,
        beta_actor=recipe.rebrac.beta_actor,
        beta_critic=recipe.rebrac.beta_critic,
        updates=max(count for _, count in updates),
        seed=seed,
    )
    with followed(scratch, request, updates, command=" ".join(commands)) as progress:
        for stage in stages:
            curves[stage.name] = run_stage(
                stage,
                updates=recipe.updates(stage.name),
                folder=scratch / stage.name.lower(),
                identity={
                    "data": dataset.digest,
                    "seed": seed,
                    "settings": hyperparameters[stage.name.lower()],
                },
                evaluate_every=EVALUATE_EVERY,
                resume=resume,
                watcher=progress,
            )
            progress.end_stage()
        networks: dict[str, nn.Module] = {
            "policy": rebrac.policy,
            "critic": rebrac.critic,
            "dynamics": dynamics.averaged,
            "ensemble": ensemble.model,
            **{stage.name: stage.model for stage in reward},
        }
        manifest = Manifest(
            name=output.name,
            task=task.name,
            task_facts=None if task.name in TASKS else task_facts(task),
            state_size=task.state_size,
            action_size=task.action_size,
            networks={name: architecture(network) for name, network in networks.items()},
            critic_reward_scale=task.critic_reward_scale,
            dataset=_facts(dataset),
            data_density=data_density(dataset, task),
            hyperparameters=hyperparameters,
            curves=_flat(curves),
            model_errors=_errors(curves),
            evaluation=_evaluation(task, curves["ReBRAC"]),
            seeds={"training": seed},
            commands=commands,
            versions=versions(),
            created_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        write_checkpoint(
            output, manifest, {name: net.state_dict() for name, net in networks.items()}
        )
    shutil.rmtree(scratch, ignore_errors=True)
    return output


def is_settled(curves: Curves) -> bool:
    """The last three mean returns within 10 % of each other, and mean Q (penalty added back)
    within 15 % of the discounted Monte Carlo return from the same states."""
    returns = curves.get("return_mean", [])[-3:]
    if len(returns) < 3 or curves["updates"][-1] < 30_000:
        return False
    together = max(returns) - min(returns) <= 0.1 * abs(max(returns))
    q, truth = curves["q_mean"][-1], curves["monte_carlo_mean"][-1]
    return together and abs(q - truth) <= 0.15 * abs(truth)


def _facts(dataset: OfflineDataset) -> DatasetFacts:
    returns = dataset.episode_returns
    return DatasetFacts(
        id=dataset.dataset_id,
        digest=dataset.digest,
        transitions=len(dataset),
        episodes=len(returns),
        mean_return=float(returns.mean()),
        best_return=float(returns.max()),
        recipe=recipe_of(dataset),
    )


def _flat(curves: dict[str, Curves]) -> dict[str, tuple[float, ...]]:
    return {
        f"{stage.lower()}.{name}": tuple(values)
        for stage, columns in curves.items()
        for name, values in columns.items()
    }


def _errors(curves: dict[str, Curves]) -> ModelErrors:
    last: dict[str, Any] = {name: values[-1] for name, values in curves["dynamics"].items()}
    return ModelErrors(
        one_step_raw=last["one_step_rmse_raw"],
        one_step_standardised=last["one_step_rmse"],
        horizon=EVALUATION_HORIZON,
        horizon_raw=last["open_loop_rmse_raw"],
        horizon_standardised=last["open_loop_rmse"],
        reward=curves["reward"]["reward_rmse"][-1] if "reward" in curves else None,
    )


def _evaluation(task: Task, curves: Curves) -> dict[str, Any]:
    mean = curves["return_mean"][-1]
    score = task.score(mean)
    return {
        "frozen": {
            "return_mean": mean,
            "return_std": curves["return_std"][-1],
            **({} if math.isnan(score) else {"score": score}),
            "episodes": len(TRAINING_SEEDS),
            "first_seed": TRAINING_SEEDS[0],
        },
        "settled": is_settled(curves),
        "rebrac_updates": curves["updates"][-1],
    }
