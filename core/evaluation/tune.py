"""Choose the step sizes of a checkpoint on seeds of their own, and store what was seen.

The paper's grid search of alpha is online tuning: its seeds are stored and never evaluated on
(contracts 3). The critic's gradient is smaller than that of the whole objective, so critic-only
is tuned separately.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.checkpoints.checkpoint import Checkpoint
from core.checkpoints.manifest import Tuned
from core.checkpoints.store import read_checkpoint, write_checkpoint
from core.evaluation.episode import from_checkpoint
from core.evaluation.evaluate import evaluate
from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Plan
from core.evaluation.score import Episode
from core.settings import Settings, preset

STEP_SIZES = (5e-7, 5e-6, 5e-5, 5e-4)
"""alpha, the paper's grid."""
DELTAS = (0.01, 0.02, 0.05, 0.1)
"""Action change per update, for critic-only; the adaptive controller keeps the preset's."""


def candidates() -> dict[str, Settings]:
    """Every setting that is tried, by name."""
    paper, safe = preset("paper"), preset("safe")
    tried: dict[str, Settings] = {}
    for controller in ("adaptive", "critic-only"):
        for alpha in STEP_SIZES:
            tried[f"{controller} step_size {alpha:g}"] = paper.replace(
                controller=controller, step_size=alpha
            )
    for delta in DELTAS:
        tried[f"critic-only delta {delta:g}"] = safe.replace(
            controller="critic-only", delta=delta
        )
    return tried


def tune(
    checkpoint: Checkpoint,
    seeds: Sequence[int],
    *,
    command: str,
    jobs: int = 1,
    on_episode: Callable[[Episode], None] = lambda episode: None,
) -> dict[str, Tuned]:
    """Try every candidate on the seeds; store the best in the checkpoint and return it."""
    tried = candidates()
    plan = Plan(
        checkpoint=checkpoint.manifest.name,
        digest=checkpoint.digest,
        task=checkpoint.task.name,
        seeds=tuple(seeds),
        settings=tried,
    )
    prepare = from_checkpoint(str(checkpoint.path), plan, trusted=checkpoint.trust.given)
    episodes = evaluate(prepare, KeptEpisodes(plan), jobs=jobs, on_episode=on_episode)
    means = mean_returns(episodes)
    tuned = {
        "adaptive": Tuned(step_size=best(means, tried, "adaptive step_size"), seeds=plan.seeds),
        "critic-only": Tuned(
            step_size=best(means, tried, "critic-only step_size"),
            delta=best(means, tried, "critic-only delta"),
            seeds=plan.seeds,
        ),
    }
    _store(checkpoint.path, tuned, means, command)
    return tuned


def mean_returns(episodes: Sequence[Episode]) -> dict[str, float]:
    """Mean episode return by candidate."""
    returns: dict[str, list[float]] = {}
    for episode in episodes:
        returns.setdefault(episode.controller, []).append(episode.episode_return)
    return {name: sum(values) / len(values) for name, values in returns.items()}


def best(means: Mapping[str, float], tried: Mapping[str, Settings], prefix: str) -> float:
    """The value of the best candidate under a prefix; on a tie the smaller step."""
    names = [name for name in tried if name.startswith(prefix)]
    winner = max(names, key=lambda name: means[name])
    settings = tried[winner]
    value = settings.step_size if settings.step_rule == "plain" else settings.delta
    return float(value or 0.0)


def _store(path: Path, tuned: dict[str, Tuned], means: dict[str, float], command: str) -> None:
    stored = read_checkpoint(path)
    evaluation: dict[str, Any] = {**stored.manifest.evaluation, "tuning_return_means": means}
    manifest = dataclasses.replace(
        stored.manifest,
        tuned=tuned,
        evaluation=evaluation,
        commands=(*stored.manifest.commands, command),
        files={},
    )
    write_checkpoint(path, manifest, stored.tensors, stored.programs)
