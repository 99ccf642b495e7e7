"""docs/checkpoints.md from the checkpoints themselves: data, curves, errors, commands."""

from __future__ import annotations

import json
from collections.abc import Iterable

from core.checkpoints.evaluated import evaluation_table
from core.checkpoints.figures import is_figure
from core.checkpoints.manifest import DatasetFacts, Manifest

CURVES = ("updates", "return_mean", "return_std", "q_mean", "monte_carlo_mean", "critic_loss")
_HEADINGS = ("updates", "return", "std", "Q", "Monte Carlo", "critic loss")


def document(manifests: Iterable[Manifest]) -> str:
    """The page as Markdown."""
    head = (
        "# Checkpoints\n\n"
        "Written by `python main.py checkpoints --markdown`; every figure is read from the"
        " checkpoint's own JSON.\n"
    )
    return "\n".join([head, *(_section(manifest) for manifest in manifests)])


def _section(manifest: Manifest) -> str:
    parts = [f"## {manifest.name}\n", *_data(manifest), *_models(manifest), *_rebrac(manifest)]
    parts += _evaluation(manifest)
    parts += ["### Commands\n", *(f"    {command}" for command in manifest.commands), ""]
    if manifest.tuned:
        parts += _tuning(manifest)
    return "\n".join(parts)


def _data(manifest: Manifest) -> list[str]:
    data = manifest.dataset
    if data is None:
        return []
    return [
        f"Task {manifest.task}. Data `{data.id}`: {data.transitions:,} transitions in"
        f" {data.episodes:,} episodes, mean return {_number(data.mean_return)}, best"
        f" {_number(data.best_return)}, digest `{data.digest}`. One trained policy, seeds"
        f" {json.dumps(manifest.seeds)}.\n",
        *_collecting(manifest.task, data),
    ]


def _collecting(task: str, data: DatasetFacts) -> list[str]:
    recipe = data.recipe
    if not isinstance(recipe, dict) or not isinstance(recipe.get("parts"), list):
        return []
    return [
        "Collected, with FILE holding these parts, by\n",
        f"    python main.py collect {task} --recipe FILE --steps {recipe.get('transitions')}"
        f" --seed {recipe.get('seed')} --dataset {data.id}\n",
        *(f"    {json.dumps(part, sort_keys=True)}" for part in recipe["parts"]),
        "",
    ]


def _models(manifest: Manifest) -> list[str]:
    errors = manifest.model_errors
    if errors is None:
        return []
    reward = "given by the goal" if errors.reward is None else f"RMSE {errors.reward:.3f}"
    return [
        "### World model, on held-out episodes\n",
        f"One-step RMSE {errors.one_step_standardised:.3f} change stds"
        f" ({errors.one_step_raw:.3f} raw); {errors.horizon} steps open loop"
        f" {errors.horizon_standardised:.3f} state stds ({errors.horizon_raw:.3f} raw)"
        f"{_copying(manifest)}; reward {reward}.\n",
    ]


def _copying(manifest: Manifest) -> str:
    copying = manifest.curves.get("dynamics.open_loop_copy_rmse")
    return f", {copying[-1]:.3f} for copying the state" if copying else ""


def _rebrac(manifest: Manifest) -> list[str]:
    columns = [manifest.curves.get(f"rebrac.{name}", ()) for name in CURVES]
    if not all(columns) or len({len(column) for column in columns}) > 1:
        return []
    rows = [
        "| " + " | ".join(_number(number) for number in row) + " |"
        for row in zip(*columns, strict=True)
    ]
    rebrac = manifest.hyperparameters.get("rebrac", {})
    settled = "settled" if manifest.evaluation.get("settled") else "**not settled**"
    return [
        "### ReBRAC\n",
        f"Recipe `{manifest.hyperparameters.get('name')}`:"
        f" {json.dumps(rebrac, sort_keys=True)}. At the end the policy is {settled} (the last"
        " three returns within 10 % of each other, mean Q within 15 % of the discounted Monte"
        " Carlo return from the same states, the critic penalty added back).\n",
        "| " + " | ".join(_HEADINGS) + " |",
        "|" + "---:|" * len(_HEADINGS),
        *rows,
        "",
    ]


def _evaluation(manifest: Manifest) -> list[str]:
    lines = evaluation_table(manifest)
    head = "### Evaluation, by `python main.py evaluate --store`\n"
    return [head, *lines] if lines else []


def _tuning(manifest: Manifest) -> list[str]:
    chosen = [
        f"- {name}: step size {tuned.step_size}, delta {tuned.delta}, chosen on seeds"
        f" {list(tuned.seeds)}"
        for name, tuned in sorted(manifest.tuned.items())
    ]
    means = manifest.evaluation.get("tuning_return_means")
    told = means.items() if isinstance(means, dict) else ()
    rows = [f"| {name} | {_number(mean)} |" for name, mean in told if is_figure(mean)]
    return [
        "### Step sizes\n",
        *chosen,
        "",
        "| tried | mean return on those seeds |",
        "|---|---:|",
        *rows,
        "",
    ]


def _number(value: float) -> str:
    """Three digits of what is small: a success rate is no whole number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
