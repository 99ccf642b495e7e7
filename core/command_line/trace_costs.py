"""What a trace costs: milliseconds to write and to read a record, bytes an environment step."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from core.checkpoints.checkpoint import Checkpoint
from core.seeding import generator
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import EnvironmentStep, Record


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
