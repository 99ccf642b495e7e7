"""Run the episodes of a plan, here or in worker processes, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Unit
from core.evaluation.score import Episode
from core.evaluation.workers import run_units

Runner = Callable[[Unit], Episode]
"""Runs one episode; may hold networks and a simulator."""
Prepare = Callable[[], Runner]
"""Makes a runner, once in each process: small, hashable, and importable by a worker."""


def evaluate(
    prepare: Prepare,
    kept: KeptEpisodes,
    *,
    jobs: int = 1,
    on_episode: Callable[[Episode], None] = lambda episode: None,
) -> list[Episode]:
    """Run every missing episode, keeping each as it ends; returns all, in the plan's order.

    Stopped by an exception (KeyboardInterrupt too), ``kept`` holds what was finished.
    """
    with closing(run_units(prepare, kept.missing(), jobs)) as episodes:
        for episode in episodes:
            kept.add(episode)
            on_episode(episode)
    return kept.episodes()
