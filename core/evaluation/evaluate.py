"""Run the episodes of a plan, here or in worker processes, with the same result."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import cache
from threading import Thread

from core.errors import InputError
from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Unit
from core.evaluation.score import Episode

Runner = Callable[[Unit], Episode]
"""Runs one episode; may hold networks and a simulator."""
Prepare = Callable[[], Runner]
"""Makes a runner, once in each process: small, hashable, and importable by a worker."""
Episodes = Generator[Episode, None, None]


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
    units = kept.missing()
    episodes = _here(prepare, units) if jobs == 1 else _in_workers(prepare, units, jobs)
    with closing(episodes):
        for episode in episodes:
            kept.add(episode)
            on_episode(episode)
    return kept.episodes()


def _here(prepare: Prepare, units: list[Unit]) -> Episodes:
    if units:
        yield from map(prepare(), units)


def _in_workers(prepare: Prepare, units: list[Unit], jobs: int) -> Episodes:
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max(1, min(jobs, len(units))), mp_context=context)
    try:
        for future in as_completed(_submit(pool, prepare, units)):
            yield future.result()
        pool.shutdown()
    except BrokenProcessPool:
        raise InputError(
            "a worker process was killed", "it may need more memory: use fewer --jobs"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - before:
            worker.terminate()


def _submit(
    pool: ProcessPoolExecutor, prepare: Prepare, units: list[Unit]
) -> list[Future[Episode]]:
    """Workers start here and inherit that Ctrl+C is not for them: the parent ends them."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return [pool.submit(_run, prepare, unit) for unit in units]
    finally:
        signal.signal(signal.SIGINT, previous)


def _run(prepare: Prepare, unit: Unit) -> Episode:
    return _runner(prepare)(unit)


@cache
def _runner(prepare: Prepare) -> Runner:
    """One runner a worker, made at its first episode."""
    Thread(target=_end_with_parent, daemon=True).start()
    return prepare()


def _end_with_parent() -> None:
    """A killed parent must not leave a worker waiting for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
