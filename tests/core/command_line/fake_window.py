"""A window that only notes what it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands
from core.traces.reader import TraceReader

SMALL = ("--horizon", "2", "--particles", "2", "--denoising-levels", "2")
"""Settings that make an environment step cheap."""


FAST: dict[str, Any] = {
    "open_s": 0.1,
    "seek_cold_p99_ms": 7.0,
    "seek_p99_ms": 5.0,
    "seek_cold_read_in_one_go_ms": 5.0,
    "search_s": 0.2,
    "window": {"open_s": 0.5, "memory_mb": 170.0, "stall_p99_ms": 20.0},
}
"""What a window says that meets every aim."""


class FakeWindow:
    """Notes what it is asked for."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.asked: dict[str, Any] = {}
        self.failure = failure
        self.trace_figures = FAST

    def open(self, **options: Any) -> int:
        self.asked = options
        if self.failure is not None:
            raise self.failure
        return 0

    def benchmark(self, **options: Any) -> dict[str, Any]:
        self.asked = options
        return {"frames_per_second": 30.0, "stall_ms": {"p99": 12.0}}

    def benchmark_trace(self, path: Path) -> dict[str, Any]:
        with TraceReader(path) as reader:
            self.asked = {"records": reader.last_seq(), "branches": len(reader.branches())}
        return dict(self.trace_figures)

    def commands(self) -> WindowCommands:
        return WindowCommands(
            open=self.open, benchmark=self.benchmark, benchmark_trace=self.benchmark_trace
        )


def command_line(*words: object, window: FakeWindow | None = None) -> int:
    """Run a command line in this process; returns the exit code."""
    return dispatch([str(word) for word in words], (window or FakeWindow()).commands())
