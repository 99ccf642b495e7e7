"""Psiscope from the command line: `python main.py --help`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# Before anything imports torch: threads that spin starve a second busy process.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands


def open_window(**options: Any) -> int:
    """Open the window; returns the exit code."""
    from app.gui import open_window

    return open_window(**options)


def benchmark_window(**options: Any) -> dict[str, Any]:
    """Measure the window; returns the figures."""
    from app.measuring.benchmark import run_window_benchmark

    figures: dict[str, Any] = run_window_benchmark(**options)
    return figures


def benchmark_trace(path: Path) -> dict[str, Any]:
    """Measure how a trace is opened, searched and shown; returns the figures."""
    from app.measuring.trace_benchmark import measure_trace

    return measure_trace(path)


if __name__ == "__main__":
    window = WindowCommands(
        open=open_window, benchmark=benchmark_window, benchmark_trace=benchmark_trace
    )
    sys.exit(dispatch(sys.argv[1:], window))
