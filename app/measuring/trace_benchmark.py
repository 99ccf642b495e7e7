"""Measures a long trace: `python main.py benchmark --trace`.

What reads is measured in this process; the window is another one, as it is in use, without
torch and without a screen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from app.bridge.recorded_run import RecordedRun
from app.state.cursor import Address
from app.state.target import PROJECT_ROOT
from core.errors import InputError
from core.traces.quantities import search_condition
from core.traces.reader import TraceReader
from core.traces.search import find_moments

ROUNDS = 3
SEEKS = 500
WINDOW_SEEKS = 200
CONDITIONS = ("true_gain < 0 and reward > 0", "gradient_norm > 60 and q_spread < 5")
"""Of environment steps, and of gradient updates."""
CHILD_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode of a branch, as far as it is recorded."""

    branch: int
    episode: int
    length: int
    """Environment steps, with those of the branches it goes on from."""


def measure_trace(
    path: Path, *, seeks: int = SEEKS, window_seeks: int = WINDOW_SEEKS
) -> dict[str, Any]:
    """Opening, seeking, searching, and a window that shows the trace."""
    rounds = [_round(path, seeks) for _ in range(ROUNDS)]
    with TraceReader(path) as reader:
        branches = range(len(reader.branches()))
        expressions = [search_condition(condition) for condition in CONDITIONS]
        found = [
            sum(len(find_moments(reader, each, branch=b)) for b in branches)
            for each in expressions
        ]
    return {
        **{name: median(each[name] for each in rounds) for name in rounds[0]},
        "seeks": seeks,
        "conditions": dict(zip(CONDITIONS, found, strict=True)),
        "window": _window(path, window_seeks),
        "rounds": rounds,
    }


def recorded_episodes(path: Path) -> tuple[Episode, ...]:
    """Every episode of every branch."""
    run, found = RecordedRun(path), []
    try:
        for branch in range(len(run.branches())):
            episode = 0
            while (last := run.last_t(branch, episode)) is not None:
                found.append(Episode(branch=branch, episode=episode, length=last + 1))
                episode += 1
    finally:
        run.close()
    return tuple(found)


def random_addresses(episodes: Sequence[Episode], count: int, seed: int) -> list[Address]:
    """Random moments (t, k); each environment step of each branch is as likely."""
    rng = np.random.default_rng(seed)
    lengths = np.array([episode.length for episode in episodes])
    chosen = rng.choice(len(episodes), size=count, p=lengths / lengths.sum())
    return [
        Address(
            branch=episodes[i].branch,
            episode=episodes[i].episode,
            t=int(rng.integers(episodes[i].length)),
            k=int(rng.integers(2)),
        )
        for i in chosen
    ]


def _round(path: Path, seeks: int) -> dict[str, float]:
    """Seconds and milliseconds. Cold: the file is not in the system's memory."""
    _leave_cache(path)
    began = perf_counter()
    run = RecordedRun(path)
    try:
        run.refresh()
        newest = run.newest()
        if newest is None:
            raise InputError(f"{path} holds no gradient update", "record a longer run")
        run.moment(Address(branch=newest[0], episode=newest[1], t=newest[2]), live=True)
        run.history(*newest[:2])
        opened = perf_counter() - began
    finally:
        run.close()
    addresses = random_addresses(recorded_episodes(path), seeks, seed=0)
    _leave_cache(path)
    cold, warm = _seek(path, addresses), _seek(path, addresses)
    return {
        "open_s": opened,
        **{f"seek_cold_{name}": value for name, value in cold.items()},
        **{f"seek_{name}": value for name, value in warm.items()},
        "search_s": max(_search_seconds(path)),
    }


def _seek(path: Path, addresses: Sequence[Address]) -> dict[str, float]:
    """A moment and the whole history of its episode, as a person sees them.

    read_in_one_go_ms: the longest that the window's thread would compute without a pause.
    """
    times, longest = [], 0.0
    run = RecordedRun(path)
    try:
        run.refresh()
        for address in addresses:
            began, complete = perf_counter(), False
            worked = thread_time()
            run.moment(address, live=False)
            while not complete:
                _, complete = run.history_part(address.branch, address.episode)
                longest = max(longest, thread_time() - worked)
                worked = thread_time()
            times.append(1e3 * (perf_counter() - began))
    finally:
        run.close()
    p50, p99, largest = (float(each) for each in np.percentile(times, [50, 99, 100]))
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": largest,
        "read_in_one_go_ms": 1e3 * longest,
    }


def _search_seconds(path: Path) -> list[float]:
    """Each condition over all environment steps of all branches."""
    seconds = []
    with TraceReader(path) as reader:
        for condition in CONDITIONS:
            began = perf_counter()
            expression = search_condition(condition)
            for branch in range(len(reader.branches())):
                find_moments(reader, expression, branch=branch)
            seconds.append(perf_counter() - began)
    return seconds


def _leave_cache(path: Path) -> None:
    """Ask the system to forget the file, so that it is read from disk."""
    if not hasattr(os, "posix_fadvise"):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _window(path: Path, seeks: int) -> dict[str, float]:
    """The figures of a window process that shows the trace."""
    code = (
        "import sys; from app.measuring.trace_window import watch;"
        " sys.exit(watch(*sys.argv[1:]))"
    )
    episodes = [asdict(episode) for episode in recorded_episodes(path)]
    done = subprocess.run(  # noqa: S603  our own interpreter, our own code
        [sys.executable, "-c", code, str(path.absolute()), json.dumps(episodes), str(seeks)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=CHILD_SECONDS,
    )
    try:
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        reason = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise InputError(
            f"the window could not be measured ({reason})", "run `python main.py doctor`"
        ) from None
    return figures
