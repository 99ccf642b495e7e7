"""Units of work, none of which needs another, here or in worker processes: the same results."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import cache
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any, TypeVar

from core.errors import InputError

Unit = TypeVar("Unit")
Result = TypeVar("Result")
Prepare = Callable[[], Callable[[Unit], Result]]
"""Makes what does a unit, once in each process: small, hashable, importable by a worker."""


def run_units(
    prepare: Prepare[Unit, Result], units: list[Unit], jobs: int, *, patience: float = 0.0
) -> Generator[Result, None, None]:
    """The results as they come. Closed or interrupted, it ends its workers, after `patience`
    seconds in which they may store what they are at.

    Raises InputError where a worker was killed.
    """
    if jobs > 1:
        yield from _in_workers(prepare, units, jobs, patience)
    elif units:
        yield from map(prepare(), units)


def _in_workers(
    prepare: Prepare[Unit, Result], units: list[Unit], jobs: int, patience: float
) -> Generator[Result, None, None]:
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
        _end(set(multiprocessing.active_children()) - before, patience)


def _end(workers: Iterable[BaseProcess], patience: float) -> None:
    workers = list(workers)
    for worker in workers if patience else ():
        if worker.pid is not None:
            # What trains hears it; what does not, ignores it.
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGINT)
    for worker in workers:
        if patience:
            worker.join(patience)
        worker.terminate()


def _submit(
    pool: ProcessPoolExecutor, prepare: Prepare[Unit, Result], units: list[Unit]
) -> list[Future[Result]]:
    """Workers start here and inherit that Ctrl+C is not for them: the parent ends them."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return [pool.submit(_run, prepare, unit) for unit in units]
    finally:
        signal.signal(signal.SIGINT, previous)


def _run(prepare: Prepare[Unit, Result], unit: Unit) -> Result:
    result: Result = _runner(prepare)(unit)
    return result


@cache
def _runner(prepare: Callable[[], Any]) -> Any:
    """One runner a worker, made at its first unit."""
    Thread(target=_end_with_parent, daemon=True).start()
    return prepare()


def _end_with_parent() -> None:
    """A killed parent must not leave a worker waiting for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
