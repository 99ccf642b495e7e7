"""What a trace costs: a record to write and to read, and a long trace to look at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from core.checkpoints.checkpoint import Checkpoint
from core.command_line import long_trace
from core.seeding import generator
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import EnvironmentStep, Record

LIMITS = {
    "open_s": 1.0,
    "seek_p99_ms": 50.0,
    "read_in_one_go_ms": 16.0,
    "search_s": 2.0,
    "window_memory_mb": 400.0,
    "window_open_s": 1.0,
    "window_stall_p99_ms": 33.0,
}
"""What a trace of 10,000 environment steps must stay below; the worse of cold and warm."""


def measure_long_trace(
    checkpoint: Checkpoint, settings: Settings, measure: Callable[[Path], dict[str, Any]]
) -> dict[str, Any]:
    """Make a long trace, let the window's side measure it, and hold it against LIMITS."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    stretch = long_trace.record_stretch(checkpoint, settings)
    with tempfile.TemporaryDirectory(prefix="psiscope-benchmark-") as folder:
        path = Path(folder) / "long.trace"
        began = perf_counter()
        records = long_trace.write_long_trace(
            path, stretch, long_trace.EPISODES, long_trace.FORKS
        )
        written = perf_counter() - began
        size = path.stat().st_size
        figures = measure(path)
    held = _held(figures)
    return {
        "made_of": (
            f"{len(stretch.by_t)} real environment steps of {checkpoint.manifest.name}, "
            "repeated with other addresses and varied numbers"
        ),
        "environment_steps": sum(long_trace.EPISODES) + sum(f[3] for f in long_trace.FORKS),
        "episodes": list(long_trace.EPISODES),
        "branches": 1 + len(long_trace.FORKS),
        "records": records,
        "bytes": size,
        "write_s": written,
        **figures,
        "load": load,
        "limits": LIMITS,
        "held": held,
        "meets": {name: held[name] < limit for name, limit in LIMITS.items()},
    }


def _held(figures: dict[str, Any]) -> dict[str, float]:
    """The figure of each limit."""
    window = figures["window"]
    return {
        "open_s": figures["open_s"],
        "seek_p99_ms": max(figures["seek_p99_ms"], figures["seek_cold_p99_ms"]),
        "read_in_one_go_ms": figures["seek_cold_read_in_one_go_ms"],
        "search_s": figures["search_s"],
        "window_memory_mb": window["memory_mb"],
        "window_open_s": window["open_s"],
        "window_stall_p99_ms": window["stall_p99_ms"],
    }


def measure_trace(
    checkpoint: Checkpoint, settings: Settings, *, seconds: float
) -> dict[str, Any]:
    """Record a real run for half of `seconds`, then write it, then read it at random."""
    session = Session(checkpoint, settings, seed=0)
    records, began = [session.advance()], perf_counter()
    while perf_counter() - began < seconds / 2 or not isinstance(records[-1], EnvironmentStep):
        records.append(session.advance())
    with tempfile.TemporaryDirectory(prefix="psiscope-benchmark-") as folder:
        path = Path(folder) / "benchmark.trace"
        with TraceWriter.create(path, session.started()) as writer, TraceReader(path) as reader:
            writes, newest = _write(writer, reader, records)
        with TraceReader(path) as reader:
            seeks = _seek(reader, len(records))
        size = path.stat().st_size
    environment_steps = sum(isinstance(record, EnvironmentStep) for record in records)
    return {
        "records": len(records),
        "write_ms": _spread(writes),
        "read_newest_ms": _spread(newest),
        "seek_ms": _spread(seeks),
        "bytes_per_environment_step": size / environment_steps,
    }


def _write(
    writer: TraceWriter, reader: TraceReader, records: list[Record]
) -> tuple[list[float], list[float]]:
    """Times of each commit, and of reading it back through another connection."""
    writes, reads = [], []
    for record in records:
        began = perf_counter()
        seq = writer.append(record)
        written = perf_counter()
        reader.read(seq)
        reads.append(1e3 * (perf_counter() - written))
        writes.append(1e3 * (written - began))
    return writes, reads


def _seek(reader: TraceReader, count: int) -> list[float]:
    times = []
    for seq in generator(0, "benchmark").integers(1, count + 2, size=200):
        began = perf_counter()
        reader.read(int(seq))
        times.append(1e3 * (perf_counter() - began))
    return times


def _spread(milliseconds: list[float]) -> dict[str, float]:
    return {"median": median(milliseconds), "p99": float(np.percentile(milliseconds, 99))}
